"""Intervals: they cover the truth as often as they say, and what all answers share is simply known."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from estimates import estimate, other
from paths import path, smooth

from compare import protocols
from compare.metrics import Metric, rot_err
from compare.pair_scores import score_poses
from compare.posterior_scores import quantiles, score_posteriors
from compare.scoring import score
from trajectory import io
from trajectory.depth_deviation import depth_deviation
from trajectory.frames import transform
from trajectory.model import Provenance, Trajectory
from trajectory.posterior import Posterior, alone

STRICT = protocols.get("strict")
N = 40


def covered(pairs: int, seed: int, ratio: tuple[float, float] | None) -> dict[str, float]:
    """Share of pairs of estimates whose interval holds the score of the true paths, for each metric.

    ratio: true difference over the noise, log-uniform between these; None: the true paths are equal.
    """
    random = np.random.default_rng(seed)
    found: dict[str, list[bool]] = defaultdict(list)
    for number in range(pairs):
        truth, noise = smooth(1000 + number, N), float(10 ** random.uniform(-2.3, -1))
        size = 0.0 if ratio is None else min(1.5, noise * float(np.exp(random.uniform(*np.log(ratio)))))
        generated = other(truth, size, random)
        right = score_poses(truth, generated, STRICT).charged
        sides = [alone(estimate(t, noise, random, smooth=number % 2 == 0)) for t in (truth, generated)]
        for name, got in score_posteriors(sides[0], sides[1], STRICT, seed=number).charged.items():
            value = right[name].value
            if got.interval is not None and value is not None:
                found[name].append(got.interval[0] - 1e-6 <= value <= got.interval[1] + 1e-6)
    return {name: float(np.mean(hits)) for name, hits in found.items()}


@pytest.mark.slow
def test_nine_in_ten_intervals_hold_the_truth() -> None:
    share = covered(400, 0, (2.0, 50.0))
    assert set(share) == {"RotErr", "TransErr", "CamMC", "DirErr"}
    for name, value in share.items():
        assert value == pytest.approx(0.9, abs=0.04), name


@pytest.mark.slow
def test_within_the_noise_intervals_are_wider_than_they_need_to_be_and_not_narrower() -> None:
    for name, value in covered(100, 1, (0.1, 2.0)).items():
        assert value >= 0.86, name


def test_the_interval_of_two_equal_paths_reaches_zero() -> None:
    for name, value in covered(20, 7, None).items():
        assert value >= 0.8, name


@pytest.mark.parametrize(("way", "angle"), [((0.4, 0, 0), 0.0), ((-1.7, 0, 0), 180.0), ((0, 0, 2.0), 90.0)])
def test_ways_that_are_the_same_or_opposite_may_be_so_whatever_their_lengths(way, angle: float) -> None:
    random, u = np.random.default_rng(5), np.linspace(0, 1, N)[:, None]
    truth, generated = (path(u * each, 0 * u * [0, 0, 0]) for each in ((1.0, 0, 0), way))
    hits: list[bool] = []
    for number in range(100):
        sides = [alone(estimate(t, 0.02, random)) for t in (truth, generated)]
        got = score_posteriors(sides[0], sides[1], STRICT, seed=number).charged["DirErr"]
        assert got.interval is not None
        assert got.interval[1] - got.interval[0] < 20
        hits.append(got.interval[0] - 1e-3 <= angle <= got.interval[1] + 1e-3)
    assert np.mean(hits) >= 0.8


def test_a_path_against_itself_has_no_error() -> None:
    run = estimate(smooth(1, N), 0.05, np.random.default_rng(2))
    written = run.replace(pose_covariance=None, world_from_cam=np.round(run.world_from_cam, 9))
    for other_side in (run, written):
        got = score_posteriors(alone(run), alone(other_side), STRICT)
        assert got.charged["RotErr"].value == pytest.approx(0, abs=1e-6)
        assert got.charged["RotErr"].interval in (None, (0.0, 0.0))
        assert "both are one and the same path" in got.notes[-1]
    still = path(np.zeros((N, 3)), np.zeros((N, 3)), pose_covariance=np.tile(1e-4 * np.eye(6), (N, 1, 1)))
    assert score_posteriors(alone(still), alone(still), STRICT).charged["RotErr"].interval is not None


def test_it_is_said_where_one_side_alone_tells_of_its_errors() -> None:
    random = np.random.default_rng(4)
    truth, run = smooth(1, N), estimate(smooth(2, N), 0.05, random)
    for sides, told in (((truth, run), "generated clip"), ((run, truth), "reference")):
        notes = score_posteriors(alone(sides[0]), alone(sides[1]), STRICT).notes
        assert any(note.startswith(f"intervals hold the errors of the {told} alone") for note in notes)
    both = score_posteriors(alone(run), alone(estimate(truth, 0.05, random)), STRICT).notes
    assert not any("alone" in note for note in both)


def test_a_difference_that_is_much_larger_than_the_noise_is_what_it_is() -> None:
    random = np.random.default_rng(0)
    a, b = smooth(1, N), smooth(2, N)
    known = score_poses(a, b, STRICT).charged
    got = score_posteriors(alone(estimate(a, 1e-4, random)), alone(estimate(b, 1e-4, random)), STRICT).charged
    for name in ("RotErr", "TransErr", "CamMC", "DirErr"):
        low, high = got[name].interval or (0.0, 0.0)
        assert low <= got[name].value <= high
        assert got[name].value == pytest.approx(known[name].value, rel=1e-3)
        assert high - low < 0.01 * known[name].value


def test_without_a_spread_or_without_draws_nothing_changes() -> None:
    a, b = smooth(1, N), smooth(2, N)
    plain = score_poses(a, b, STRICT).charged
    assert {n: s.value for n, s in score_posteriors(alone(a), alone(b), STRICT).charged.items()} == {
        n: s.value for n, s in plain.items()
    }
    unsure = estimate(b, 0.05, np.random.default_rng(1))
    off = score({"x": a}, {"x": unsure}, intervals=False)
    assert off.clips["x"].scores["RotErr"].interval is None
    assert off.clips["x"].scores["RotErr"].value == score_poses(a, unsure, STRICT).charged["RotErr"].value
    assert off.protocol.stamp()["hash"] != STRICT.stamp()["hash"]
    assert score({"x": a}, {"x": unsure}).to_json()["rows"]["x"]["intervals"].keys() >= {"RotErr", "TransErr"}


def test_the_same_question_has_the_same_answer_in_any_world() -> None:
    random = np.random.default_rng(3)
    a, b = (estimate(smooth(k, N), 0.03, random) for k in (1, 2))
    first = score_posteriors(alone(a), alone(b), STRICT).charged
    again = score_posteriors(alone(a), alone(b), STRICT).charged
    moved = score_posteriors(alone(elsewhere_with(a, 1)), alone(elsewhere_with(b, 2)), STRICT).charged
    for name, got in first.items():
        assert again[name].interval == got.interval
        if got.interval is not None:
            assert moved[name].interval == pytest.approx(got.interval, rel=1e-5)


def elsewhere_with(t: Trajectory, seed: int) -> Trajectory:
    """In another world at another scale, the covariance with it."""
    from paths import sim3

    change = sim3(seed)
    unit = np.diag([change.scale] * 3 + [1.0] * 3)
    moved = transform(t, change)
    return moved.replace(pose_covariance=unit @ np.array(t.pose_covariance) @ unit)


def dolly(by: float, roll: float) -> Trajectory:
    u = np.linspace(0, 1, N)[:, None]
    return path(u * [0, 0, by], u * [0, 0, roll])


def test_what_all_candidates_share_is_known_and_what_they_do_not_is_a_mixture() -> None:
    # Nobody knows whether the camera went forward or back; both answers have the same roll.
    reference = alone(dolly(1.0, 0.2))
    unsure = Posterior(trajectories=(dolly(1.0, 0.4), dolly(-1.0, 0.4)), probability=(0.7, 0.3))
    got = score_posteriors(reference, unsure, STRICT).charged
    low, high = got["RotErr"].interval or (0.0, 1.0)
    assert low == pytest.approx(high, abs=1e-9)
    assert got["RotErr"].value == pytest.approx(np.degrees(0.1), rel=1e-6)
    assert got["TransErr"].interval == pytest.approx((0.0, 1.0), abs=1e-6)
    assert got["TransErr"].value == pytest.approx(0, abs=1e-6)
    other_way = Posterior(trajectories=unsure.trajectories, probability=(0.3, 0.7))
    assert score_posteriors(reference, other_way, STRICT).charged["TransErr"].value == pytest.approx(1.0)


def test_a_candidate_that_is_improbable_is_outside_of_the_interval() -> None:
    unsure = Posterior(trajectories=(dolly(1.0, 0.0), dolly(-1.0, 0.0)), probability=(0.98, 0.02))
    got = score_posteriors(alone(dolly(1.0, 0.0)), unsure, STRICT).charged["TransErr"]
    assert got.interval == pytest.approx((0, 0), abs=1e-9)


def test_points_without_a_pose_are_charged_in_every_draw() -> None:
    random = np.random.default_rng(1)
    a = smooth(1, N)
    b = estimate(a, 0.02, random)
    valid = np.arange(N) < N // 2
    got = score_posteriors(alone(a), alone(b.replace(valid=valid)), STRICT)
    low, _ = got.charged["RotErr"].interval or (0.0, 0.0)
    assert low > 80
    assert got.dropped["RotErr"].value < 5


def test_a_metric_of_another_distribution_is_asked_for_each_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    from compare import metrics

    ours = {n: m for n, m in metrics.METRICS.items() if n in ("RotErr", "TransErr")}
    theirs = Metric(
        name="Theirs",
        summary="RotErr, one draw at a time",
        unit="angle",
        compute=lambda c: rot_err(c.reference, c.generated, c.pair.scored, angle=c.protocol.angle),
        worst="half turn",
    )
    monkeypatch.setattr(metrics, "METRICS", {**ours, "Theirs": theirs}, raising=False)
    protocol = protocols.Protocol(name="mine", metrics=("RotErr", "Theirs"), draws=32)
    random = np.random.default_rng(3)
    a, b = (alone(estimate(smooth(k, N), 0.03, random)) for k in (1, 2))
    got = score_posteriors(a, b, protocol).dropped
    assert got["Theirs"].interval == pytest.approx(got["RotErr"].interval, rel=1e-3)
    assert got["Theirs"].value == pytest.approx(got["RotErr"].value, rel=1e-3)


def test_an_unsure_run_is_scored_with_an_interval_and_charged_to_nobody(tmp_path: Path) -> None:
    told = [{"probability": 0.6, "file": None}, {"probability": 0.4, "file": "alternatives/1.npz"}]
    evidence = {"status": "unreliable", "reason": "two answers", "candidates": told}
    best = dolly(-1.0, 0.1).replace(provenance=Provenance(backend="auto", evidence=evidence))
    run = tmp_path / "gen" / "clip"
    (run / "alternatives").mkdir(parents=True)
    (run / "run.json").write_text('{"status": "unreliable", "reason": "two answers"}')
    io.write(best, run / "trajectory.npz", format="native")
    io.write(dolly(1.0, 0.1), run / "alternatives" / "1.npz", format="native")
    result = score({"clip": dolly(1.0, 0.1)}, tmp_path / "gen")
    clip = result.clips["clip"]
    assert not clip.failed
    assert clip.scores["TransErr"].interval == pytest.approx((0, 1), abs=1e-6)
    assert clip.scores["RotErr"].value == pytest.approx(0, abs=1e-6)
    assert any("unreliable: two answers" in note for note in clip.notes)
    assert result.to_json()["summary"]["faults"] == {"model": [], "instrument": [], "unmatched": []}


def test_quantiles_are_exceeded_as_often_as_they_say() -> None:
    assert quantiles(np.arange(1.0, 20.0), (0.05, 0.5, 0.95)) == [1.0, 10.0, 19.0]
    assert quantiles(np.array([3.0]), (0.05, 0.95)) == [3.0, 3.0]


def test_how_far_a_camera_went_is_as_unsure_as_how_deep_the_scenes_are() -> None:
    random = np.random.default_rng(3)
    protocol = replace(STRICT, scale="common_extent", metrics=("MotionRatio", "TransErr"))
    a, b = (estimate(smooth(k, N, scene_depth=np.full(N, 2.0)), 1e-3, random) for k in (1, 2))
    sure = score_posteriors(alone(a), alone(b), protocol).charged
    deep = Provenance(evidence={"depth_quantiles": [1.0, 2.0, 4.0]})
    a, b = a.replace(provenance=deep), b.replace(provenance=deep)
    found = score_posteriors(alone(a), alone(b), protocol).charged
    low, high = found["MotionRatio"].interval or (np.nan, np.nan)
    sigma = float(np.hypot(depth_deviation(a), depth_deviation(b)))
    assert np.log(high / low) == pytest.approx(2 * 1.645 * sigma, rel=0.1)
    assert found["MotionRatio"].value == pytest.approx(sure["MotionRatio"].value, rel=0.01)
    for name in ("MotionRatio", "TransErr"):
        narrow, wide = sure[name].interval, found[name].interval
        assert narrow is not None
        assert wide is not None
        assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_a_file_that_was_copied_out_of_its_run_is_compared_and_says_what_it_lacks(tmp_path: Path) -> None:
    told = [{"probability": 0.6, "file": None}, {"probability": 0.4, "file": "alternatives/1.npz"}]
    made = Provenance(backend="auto", evidence={"candidates": told})
    io.write(smooth(1, N).replace(provenance=made), tmp_path / "copied.npz", format="native")
    result = score(smooth(2, N), tmp_path / "copied.npz")
    (row,) = result.clips.values()
    assert not row.failed
    assert any("what else the generated clip may be is not beside its file" in note for note in row.notes)
