"""A result that covers part of the clip is charged for the rest of it, in proportion."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import path, smooth

from compare.association import stands_for
from compare.scoring import score
from trajectory import io
from trajectory.model import Provenance, Trajectory
from trajectory.resample import at_times

N, FPS = 61, 30.0
u = np.linspace(0, 1, N)[:, None]
DOLLY = path(u * [0, 0, 2.0], 0 * u * [1, 1, 1], time_s=np.arange(N) / FPS)
PROTOCOLS = ("strict", "cinetechbench-fixed")


def only(clip: Trajectory, rows: np.ndarray) -> Trajectory:
    """The file that has these rows and no others."""
    return Trajectory(world_from_cam=clip.world_from_cam[rows], time_s=clip.time_s[rows], valid=clip.valid[rows])


def row(a: Trajectory, b: Trajectory, protocol: str = "strict") -> tuple[dict, dict]:
    said = score({"x": a}, {"x": b}, protocol=protocol).to_json()
    return said["clips"]["x"], said["rows"]["x"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_pose_against_sixty_is_the_worst_there_is(protocol: str) -> None:
    clip, more = row(DOLLY, only(DOLLY, np.array([0])), protocol)
    half_turn = 180.0 if protocol == "strict" else np.pi
    assert clip["RotErr"] > 0.96 * half_turn
    assert clip["TransErr"] > 1.94
    assert more["compared"] < 0.04


@pytest.mark.parametrize(
    ("rows", "covered"),
    [
        (np.arange(N // 3), 1 / 3),
        (np.arange(0, N, 10), 7 / N),
        (np.array([0, N - 1]), 2 / N),
        (np.r_[0:20, 40:N], 41 / N),
        (np.r_[0:30, 31:N], 60 / N),
    ],
    ids=["first third", "every tenth", "two keyframes", "a hole", "one frame"],
)
def test_what_is_missing_is_charged_in_proportion(rows: np.ndarray, covered: float) -> None:
    clip, more = row(DOLLY, only(DOLLY, rows))
    assert more["compared"] == pytest.approx(covered, abs=0.03)
    assert clip["RotErr"] == pytest.approx(180 * (1 - more["compared"]), abs=1e-6)
    assert clip["TransErr"] >= 2 * (1 - more["compared"]) - 1e-9


def test_a_lower_frame_rate_is_no_truncation() -> None:
    for step in (2, 3, 5):
        clip, more = row(DOLLY, only(DOLLY, np.arange(0, N, step)))
        assert more["compared"] == 1
        assert clip["TransErr"] == pytest.approx(0, abs=1e-9)


def test_the_last_frame_lasts_as_long_as_the_others() -> None:
    _, more = row(DOLLY, only(DOLLY, np.arange(N - 1)))
    assert more["compared"] == 1
    _, more = row(DOLLY, only(DOLLY, np.arange(N - 3)))
    assert more["compared"] < 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(st.integers(0, 2**32 - 1), st.sets(st.integers(1, 48), min_size=1, max_size=48))
@settings(max_examples=15, deadline=None)
def test_removing_frames_never_improves_a_score(protocol: str, seed: int, removed: set[int]) -> None:
    # The first frame stays: a file that begins later has another zero of its clock, and is another clip.
    a, b = smooth(seed, 49, duration=2.0), smooth(seed + 1, 49, duration=2.0)
    kept = np.array([k for k in range(49) if k not in removed])
    if len(kept) > 1 and np.ptp(np.diff(kept)) == 0 and kept[-1] == 48:
        return  # evenly thinned out it is a clip of another rate
    full, less = row(a, b, protocol)[0], row(a, only(b, kept), protocol)[0]
    for metric in ("RotErr", "TransErr", "CamMC"):
        assert less[metric] >= full[metric] - 1e-9


def test_frames_that_we_could_not_place_are_charged_to_nobody() -> None:
    valid = np.ones(N, dtype=bool)
    valid[30:] = False
    made = Provenance(backend="auto", evidence={"status": "partial"})
    lost = tuple("" if v else "not linked" for v in valid)
    clip, more = row(DOLLY, DOLLY.replace(valid=valid, reason=lost, provenance=made))
    assert clip["RotErr"] == pytest.approx(0, abs=1e-9)
    assert more["compared"] == pytest.approx(0.5, abs=0.03)
    assert more["undetermined"] == pytest.approx(0.5, abs=0.03)
    clip, _ = row(DOLLY, DOLLY.replace(valid=valid))  # a file without an estimator's word is what was delivered
    assert clip["RotErr"] > 85


def test_a_reference_that_stands_still_has_no_direction_to_miss() -> None:
    still = path(np.zeros((N, 3)), np.zeros((N, 3)), time_s=np.arange(N) / FPS)
    assert "does not translate" in row(still, only(still, np.array([0])))[0]["DirErr"]["undefined"]
    assert row(DOLLY, only(DOLLY, np.array([0])))[0]["DirErr"] == 180


def test_the_first_version_compares_what_both_cover() -> None:
    assert row(DOLLY, only(DOLLY, np.array([0])), "strict-1")[0]["RotErr"] == 0


@pytest.mark.parametrize("protocol", ["auc", "cameractrl", "strict-1"])
def test_what_no_point_of_comparison_covers_is_not_told_as_compared(protocol: str) -> None:
    _, more = row(DOLLY, only(DOLLY, np.arange(21)), protocol)
    assert more["compared"] == pytest.approx(21 / N, abs=0.02)


ONE_ROW = only(DOLLY, np.array([0]))
ONE_OF_MANY = DOLLY.replace(valid=np.arange(N) == 0)
LOST = ONE_OF_MANY.replace(provenance=Provenance(backend="auto", evidence={"status": "partial"}))
SELDOM = DOLLY.replace(valid=np.isin(np.arange(N), [0, 7]))
"""The second pose lies between the points of comparison."""


@pytest.mark.parametrize("protocol", ["gauge-ate", "mind-rpe", "ate-rpe", "monst3r-ate-rpe"])
@pytest.mark.parametrize("clip", [ONE_ROW, ONE_OF_MANY], ids=["one row", "one of many"])
def test_one_pose_is_a_failure_of_the_model_where_two_are_needed(protocol: str, clip: Trajectory) -> None:
    said = score({"x": smooth(1, N)}, {"x": clip}, protocol=protocol).to_json()
    assert "pose" in said["clips"]["x"]["failed"]
    assert said["summary"]["faults"] == {"model": ["x"], "instrument": [], "unmatched": []}
    said = score({"x": ONE_OF_MANY}, {"x": ONE_ROW}, protocol=protocol).to_json()
    assert said["summary"]["faults"]["model"] == []  # the reference tells no more


@pytest.mark.parametrize("protocol", ["cami2v-rel", "cami2v-abs", "cameractrl", "worldscore", "relative-mean"])
def test_one_pose_is_no_perfect_score_where_frames_meet_by_number(protocol: str) -> None:
    """It is the anchor, without an error: a model that delivers a single frame came first."""
    for clip in (ONE_ROW, ONE_OF_MANY):
        said = score({"x": smooth(1, N)}, {"x": clip}, protocol=protocol).to_json()
        assert said["clips"]["x"] == {"failed": "the generated clip has one pose only, which fits any reference"}
        assert said["summary"]["faults"]["model"] == ["x"]
    faults = score({"x": DOLLY}, {"x": LOST}, protocol=protocol).to_json()["summary"]["faults"]
    assert faults["instrument"] == ["x"]
    assert "failed" not in row(DOLLY, only(DOLLY, np.arange(2)), protocol)[0]
    assert "failed" not in row(ONE_ROW, ONE_ROW, protocol)[0]


def test_one_pose_says_nothing_of_how_far_the_reference_goes() -> None:
    metres = {"x": smooth(1, N).replace(scale="metric")}
    said = score(metres, {"x": ONE_ROW.replace(scale="metric")}, protocol="strict-1").to_json()["clips"]["x"]
    assert said["MotionRatio"]["undefined"] == "fewer than two points have a pose in both clips"


def test_the_published_script_gives_one_pose_no_error_and_a_note_says_so() -> None:
    clip, more = row(smooth(1, N), ONE_ROW, "cinetechbench-compat")
    assert clip["RotErr"] == 0
    assert "the generated clip has one pose only, which the script gives no error" in more["notes"]


def test_one_pose_does_not_better_a_mean_under_a_gauge() -> None:
    references = {"x": smooth(1, N), "y": smooth(3, N)}
    alone = score(references, {"x": smooth(2, N)}, protocol="gauge-ate").to_json()["summary"]
    more = score(references, {"x": smooth(2, N), "y": ONE_ROW}, protocol="gauge-ate").to_json()["summary"]
    assert more["RotErr"] == alone["RotErr"] > 1
    assert more["policies"]["worst"]["RotErr"] == alone["policies"]["worst"]["RotErr"]
    two = only(DOLLY, np.array([0, 30]))
    assert "failed" not in score({"x": DOLLY}, {"x": two}, protocol="gauge-ate").to_json()["clips"]["x"]
    assert score({"x": DOLLY}, {"x": SELDOM}, protocol="gauge-ate").to_json()["summary"]["faults"]["model"] == ["x"]


def test_poses_that_we_could_not_find_are_no_fault_of_the_model_under_a_gauge() -> None:
    for protocol, a, b in (("gauge-ate", DOLLY, LOST), ("ate-rpe", DOLLY, LOST), ("gauge-ate", SELDOM, DOLLY)):
        said = score({"x": a}, {"x": b}, protocol=protocol).to_json()
        assert said["summary"]["faults"]["instrument"] == ["x"]


def test_a_shorter_file_is_no_better_in_pairs_of_frames() -> None:
    for clip in (ONE_ROW, ONE_OF_MANY):
        result = score({"x": smooth(1, N)}, {"x": clip}, protocol="auc").to_json()
        assert set(result["clips"]["x"].values()) == {0.0}
    assert "undefined" in row(ONE_ROW, ONE_ROW, "auc")[0]["AUC@30"]
    assert "undefined" in row(DOLLY, LOST, "auc")[0]["AUC@30"]
    assert "undefined" in row(DOLLY, ONE_ROW, "auc-published")[0]["AUC@30"]


def test_what_has_no_worst_value_is_said_to_charge_nothing() -> None:
    lens = np.tile([[500.0, 0, 320], [0, 500, 180], [0, 0, 1]], (N, 1, 1))
    whole = DOLLY.replace(intrinsics_px=lens, image_hw=(360, 640))
    clip, more = row(whole, whole.replace(valid=ONE_OF_MANY.valid))
    assert clip["ZoomErr"] == 0
    assert any(
        "98% of the points, for which ZoomErr" in note and "nothing is charged" in note for note in more["notes"]
    )
    assert not any("worst value" in note for note in row(whole, whole)[1]["notes"])


def test_poses_stand_for_the_time_around_them() -> None:
    at = np.linspace(0, 1, 101)
    none = np.zeros(101)
    assert stands_for(np.linspace(0, 1, 9), at, 1 / 24, 0.25, none).all()
    assert not stands_for(np.array([]), at, 1 / 24, 0.25, none).any()
    poses = np.r_[np.arange(0, 0.3, 0.1), np.arange(0.7, 1.01, 0.1)]
    hole = stands_for(poses, at, 1 / 24, 0.25, none)
    assert not hole[26:65].any()
    assert hole[:25].all()
    assert hole[66:].all()
    assert stands_for(poses, at, 1 / 24, 0.25, np.full(101, 0.5)).all()  # the reference has none there either


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(st.integers(0, 2**32 - 1), st.lists(st.floats(0.01, 0.24), min_size=5, max_size=60))
@settings(max_examples=15, deadline=None)
def test_a_path_against_itself_is_right_whatever_its_clock(protocol: str, seed: int, steps: list[float]) -> None:
    """Phones drop frames, animations hold them: what the reference lacks is never charged."""
    clip = smooth(seed, len(steps) + 1).replace(time_s=np.cumsum([0.0, *steps]))
    for reference in (clip, only(clip, np.r_[0:2, 4 : len(clip)])):
        found, more = row(reference, reference, protocol)
        assert more["compared"] == 1
        assert found["RotErr"] == pytest.approx(0, abs=1e-6)


def test_the_frames_of_an_estimate_are_all_that_the_clip_has() -> None:
    """Against an even clock: a film of uneven steps lacks nothing, a file with these gaps may."""
    steps = np.tile([1 / 30, 1 / 30, 1 / 30, 2 / 30], 12)
    film = smooth(3, len(steps) + 1).replace(time_s=np.cumsum(np.r_[0.0, steps]))
    even = at_times(film, np.arange(0, film.time_s[-1], 1 / 30))
    made = film.replace(provenance=Provenance(backend="auto", evidence={"status": "ok"}))
    assert row(even, made)[1]["compared"] == 1
    assert row(even, film)[1]["compared"] < 0.9
    both = score({"a": even, "b": even}, {"a": made, "b": film}).to_json()["rows"]  # of equal clocks, laid out together
    assert both["a"]["compared"] == 1 > 0.9 > both["b"]["compared"]


@given(st.integers(0, 2**32 - 1), st.sets(st.integers(1, 48), max_size=40))
@settings(max_examples=30, deadline=None)
def test_frames_without_a_pose_are_as_if_they_were_not_in_the_file(seed: int, lost: set[int]) -> None:
    """Else it would pay to leave them out."""
    a, b = smooth(seed, 49, duration=2.0), smooth(seed + 1, 49, duration=2.0)
    valid = ~np.isin(np.arange(49), list(lost))
    (marked, one), (removed, other) = row(a, b.replace(valid=valid)), row(a, only(b, np.flatnonzero(valid)))
    assert one["compared"] == other["compared"]
    for metric in ("RotErr", "TransErr", "CamMC"):
        assert marked[metric] == pytest.approx(removed[metric], abs=1e-9)


def test_frames_that_we_could_not_place_excuse_their_own_time_alone() -> None:
    valid = np.ones(N, dtype=bool)
    valid[5:-5:5] = False
    made = Provenance(backend="auto", evidence={"status": "partial"})
    _, more = row(DOLLY, DOLLY.replace(valid=valid, provenance=made))
    assert more["undetermined"] == pytest.approx((~valid).mean(), abs=0.03)


def test_the_case_that_was_seen(shared: Path) -> None:
    folder = shared / "cases" / "15-one-pose-scores-perfect"
    if not folder.is_dir():
        pytest.skip("shared data has no cases")
    files = (folder / "ref_line.txt", folder / "est_one.txt")
    (clip,) = score(*files, format="tum").to_json()["clips"].values()
    assert clip["RotErr"] >= 0.96 * 180
    a = io.read(files[0], format="tum")
    assert row(a, a)[0]["RotErr"] == 0
