"""What `strict` promises: gauge, scale and frame rate do not matter; motion, mirrors and failures do."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import elsewhere, path, smooth

from compare import protocols
from compare.pair_scores import score_poses
from compare.scoring import score
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.frames import mirrored
from trajectory.model import Trajectory
from trajectory.resample import at_times

seeds = st.integers(0, 2**32 - 1)
ERRORS = ("RotErr", "TransErr", "CamMC", "DirErr")


def strict(a: Trajectory, b: Trajectory, **options) -> dict:
    (clip,) = score(a, b, protocol="strict", **options).to_json()["clips"].values()
    return clip


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_identity_is_zero(seed: int) -> None:
    a = smooth(seed)
    clip = strict(a, a)
    assert [clip[name] for name in ERRORS] == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert clip["Smoothness"] == 0


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_world_and_scale_of_either_side_do_not_matter(seed: int) -> None:
    a, b = smooth(seed), smooth(seed + 1)
    plain = strict(a, b)
    for moved in (
        strict(elsewhere(a, seed), b),
        strict(a, elsewhere(b, seed)),
        strict(elsewhere(a, 1), elsewhere(b, 2)),
    ):
        for name in ERRORS:
            assert moved[name] == pytest.approx(plain[name], rel=1e-7, abs=1e-8)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_a_mirrored_path_has_an_error(seed: int) -> None:
    a = smooth(seed)
    clip = strict(a, mirrored(a))
    assert clip["RotErr"] > 0.1
    assert clip["TransErr"] > 1e-3


@given(seeds, st.sampled_from([8.0, 12.0, 48.0]))
@settings(max_examples=25, deadline=None)
def test_frame_rates_do_not_matter(seed: int, fps: float) -> None:
    # The same motion, shot at 24 and at another rate over the same two seconds, whose frames lie on the 24 fps path.
    a, b = smooth(seed, 49, duration=2.0), smooth(seed + 1, 49, duration=2.0)
    if fps > 24:
        times = np.linspace(0, 2, 2 * 48 + 1)
        fine_a, fine_b = at_times(a, times), at_times(b, times)
        assert strict(fine_a, b) == _close(strict(a, b))
        assert strict(b, fine_a) == _close(strict(b, a))
        assert strict(fine_a, fine_b)["RotErr"] == pytest.approx(strict(a, b)["RotErr"], rel=1e-9)
    coarse = at_times(a, np.linspace(0, 2, int(2 * fps) + 1))
    swapped = (strict(coarse, a), strict(a, coarse))
    for name in ("RotErr", "TransErr", "CamMC"):
        assert swapped[0][name] == pytest.approx(swapped[1][name], rel=1e-6, abs=1e-6)


def _close(clip: dict) -> dict:
    kept = {}
    for name, value in clip.items():
        kept[name] = (
            pytest.approx(value, rel=1e-6, abs=1e-9) if isinstance(value, float) and name != "Smoothness" else value
        )
    return kept | {"Smoothness": pytest.approx(clip["Smoothness"], abs=1.5)}


def test_the_clock_decides_and_not_the_number_of_frames() -> None:
    a = smooth(3, 49, duration=2.0)
    slow = smooth(3, 49, duration=4.0)  # the same path at half the speed
    clip = strict(a, slow)
    assert clip["RotErr"] > 1
    assert strict(a, slow, time="progress")["RotErr"] == pytest.approx(0, abs=1e-9)
    found = score_poses(a, slow, protocols.get("strict"))
    facts = found.facts
    assert "100% of the reference's and 50% of the generated clip's duration" in found.notes[-1]
    assert not any("duration" in note for note in score_poses(a, a, protocols.get("strict")).notes)
    assert facts["overlap"] == pytest.approx(1.0)
    assert facts["overlap_generated"] == pytest.approx(0.5)


def test_a_clock_that_starts_elsewhere_is_the_same_clock() -> None:
    a = smooth(3)
    assert strict(a, a.replace(time_s=a.time_s + 1e9))["RotErr"] == pytest.approx(0, abs=1e-3)


def test_clocks_of_different_kinds_are_refused_with_the_remedy() -> None:
    a, b = smooth(1), smooth(1).replace(time_s=np.arange(40.0), time_source="index")
    with pytest.raises(TimeSourceError, match=r"--time index or --time progress"):
        score(a, b)
    for time in ("index", "progress", "truncate", "downsample"):
        assert strict(a, b, time=time)["RotErr"] == pytest.approx(0, abs=1e-9)
    mixed = score({"x": a, "y": a}, {"x": b, "y": a}).to_json()
    assert "--time index" in mixed["clips"]["x"]["failed"]
    assert mixed["summary"]["RotErr"] == pytest.approx(0, abs=1e-9)


def test_static_clips_are_not_blown_up_by_their_noise() -> None:
    random = np.random.default_rng(0)
    still = [path(1e-4 * random.normal(size=(49, 3)), np.zeros((49, 3))) for _ in range(2)]
    assert strict(*still)["TransErr"] == 0
    assert "does not translate" in strict(*still)["DirErr"]["undefined"]
    fixed = score(*still, protocol="cinetechbench-fixed").to_json()
    compat = score(*still, protocol="cami2v-rel").to_json()
    (a,), (b,) = fixed["clips"].values(), compat["clips"].values()
    assert a["TransErr"] == 0
    assert b["TransErr"] > 20  # the published normalisation reports the ratio of two noises


def test_a_camera_that_should_stand_still_and_moves_is_charged() -> None:
    still = path(np.zeros((40, 3)), np.zeros((40, 3)))
    clip = strict(still, smooth(1))
    assert clip["TransErr"] > 0.3
    assert strict(still, still)["TransErr"] == 0
    bounded = still.replace(scale="bounded", translation_bound=0.01)
    assert strict(bounded, bounded)["TransErr"] == 0


def test_frames_without_a_pose_are_charged_and_both_policies_are_shown() -> None:
    a = smooth(1, 101, duration=100.0)
    valid = np.ones(101, dtype=bool)
    valid[50:] = False
    result = score({"a": a}, {"a": a.replace(valid=valid)}).to_json()
    charged = result["summary"]["policies"]["worst"]["RotErr"]["value"]
    assert charged == pytest.approx(180 * 0.5, abs=3)
    assert result["summary"]["RotErr"] == charged
    assert result["summary"]["policies"]["drop"]["RotErr"]["value"] == pytest.approx(0, abs=1e-9)
    # The other way round the missing poses are the reference's: nothing is charged, the coverage says it.
    result = score({"a": a.replace(valid=valid)}, {"a": a})
    assert result.to_json()["summary"]["RotErr"] == pytest.approx(0, abs=1e-9)
    assert result.clips["a"].facts["scored"] == pytest.approx(0.5, abs=0.02)


def test_each_path_has_its_own_normalisation_when_relative_and_a_shared_one_when_absolute() -> None:
    # Half the way in the right direction: the shape is right, the length is not.
    u = np.linspace(0, 1, 40)[:, None]
    metric = {"scale": "metric"}
    full = path(u * [0, 0, 2.0], 0 * u * [1, 1, 1], **metric)
    half = path(u * [0, 0, 1.0], 0 * u * [1, 1, 1], **metric)
    relative, absolute = strict(full, half, scale="relative"), strict(full, half, scale="absolute")
    assert relative["TransErr"] == pytest.approx(0, abs=1e-12)
    assert absolute["TransErr"] == pytest.approx(0.25)  # the mean of half the way so far, over the reference's extent
    assert absolute["MotionRatio"] == relative["MotionRatio"] == pytest.approx(0.5)


def test_absolute_needs_a_common_unit_and_says_so() -> None:
    a, b = smooth(1), elsewhere(smooth(1), 3)
    assert "no common unit" in strict(a, b, scale="absolute")["TransErr"]["undefined"]
    deep = [t.replace(scene_depth=np.full(40, d)) for t, d in ((a, 2.0), (smooth(1), 2.0))]
    world = elsewhere(deep[1], 3)  # depth is scaled with the world
    clip = strict(deep[0], world, scale="absolute")
    assert clip["TransErr"] == pytest.approx(0, abs=1e-9)
    assert clip["MotionRatio"] == pytest.approx(1)
    still = path(np.zeros((40, 3)), np.zeros((40, 3)), scale="metric")
    moving = smooth(1, scale="metric")
    assert "is no unit" in strict(still, moving, scale="absolute")["TransErr"]["undefined"]
    assert strict(still, still, scale="absolute")["TransErr"] == 0


def test_zoom_is_compared_as_a_ratio() -> None:
    zoom = np.tile(np.diag([500.0, 500, 1]), (40, 1, 1))
    zoom[:, [0, 1], [0, 1]] *= np.linspace(1, 2, 40)[:, None]
    a = smooth(1, image_hw=(480, 640), intrinsics_px=zoom)
    small = smooth(1, image_hw=(240, 320), intrinsics_px=zoom * np.array([0.5, 0.5, 1])[None, :, None])
    flat = smooth(1, image_hw=(480, 640), intrinsics_px=np.tile(zoom[0], (40, 1, 1)))
    assert strict(a, small)["ZoomErr"] == pytest.approx(0, abs=1e-12)
    assert strict(a, flat)["ZoomErr"] == pytest.approx(np.log2(np.linspace(1, 2, 40)).mean(), rel=0.01)


def test_no_time_in_common_is_a_failed_row() -> None:
    a = smooth(1)
    late = a.replace(time_s=a.time_s + 1e6)
    result = score({"x": a}, {"x": late}, protocol=_shared_clock()).to_json()
    assert "share no time" in result["clips"]["x"]["failed"]


def _shared_clock() -> protocols.Protocol:
    return replace(protocols.get("strict"), name="mine", clock="shared")


def test_the_output_is_the_documented_shape_and_has_no_nan() -> None:
    result = score({"a": smooth(1), "b": smooth(2)}, {"a": smooth(2)}).to_json()
    assert set(result) == {"protocol", "clips", "summary", "coverage"}
    assert set(result["coverage"]) == {"ok", "all"}
    assert set(result["clips"]["a"]) == set(protocols.get("strict").metrics)
    assert result["clips"]["b"] == {"failed": "no generated clip has this name"}
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@pytest.mark.parametrize("failures", ["worst", "drop"])
def test_rows_average_to_the_mean_that_is_told(failures: str) -> None:
    protocol = replace(protocols.get("strict"), failures=failures)
    lost = np.ones(40, dtype=bool)
    lost[25:] = False
    references = {"a": smooth(1), "b": smooth(2)}
    generated = {"a": smooth(3), "b": smooth(4).replace(valid=lost)}
    said = score(references, generated, protocol=protocol).to_json()
    for metric in ("RotErr", "TransErr", "CamMC"):
        assert np.mean([clip[metric] for clip in said["clips"].values()]) == pytest.approx(said["summary"][metric])
        both = said["summary"]["policies"]
        assert both["worst"][metric]["value"] > both["drop"][metric]["value"]


def test_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    score({"a": smooth(1), "b": smooth(2)}, {"a": smooth(2)}, progress=lambda done, all: seen.append((done, all)))
    assert seen == [(1, 2), (2, 2)]


def test_primitive_agreement() -> None:
    protocol = replace(protocols.get("strict"), name="moves", metrics=("RotErr", "Primitives"))
    u = np.linspace(0, 1, 49)[:, None]
    depth = {"scene_depth": np.full(49, 3.0)}
    pan = path(0 * u * [1, 1, 1], u * [0, 0.6, 0], **depth)
    other = path(0 * u * [1, 1, 1], u * [0, -0.6, 0], **depth)
    clip = score(pan, pan, protocol=protocol).to_json()["clips"]["trajectory"]
    assert clip["Primitives"] == pytest.approx(1.0)
    clip = score(pan, other, protocol=protocol).to_json()["clips"]["trajectory"]
    assert clip["Primitives"] < 0.2


@pytest.mark.parametrize("clock", ["from_start", "shared"])
@pytest.mark.parametrize("source", ["seconds", "index"])
def test_primitives_agree_at_the_same_times_whatever_the_clock_counts(clock: str, source: str) -> None:
    protocol = replace(protocols.get("strict"), clock=clock, metrics=("RotErr", "Primitives"))
    rows = np.arange(97)
    early, late = (np.clip((rows - start) / 48, 0, 1)[:, None] for start in (0, 48))
    time_s = 40.0 + (rows if source == "index" else rows / 24)
    fields = {"scene_depth": np.full(97, 3.0), "time_source": source, "time_s": time_s}
    first, second = (path(np.zeros((97, 3)), u * [0, 0.6, 0], **fields) for u in (early, late))
    found = score({"a": first, "b": first}, {"a": first, "b": second}, protocol=protocol).to_json()["clips"]
    assert found["a"]["Primitives"] == pytest.approx(1.0)
    assert found["b"]["Primitives"] < 0.2


def test_unknown_protocols_and_metrics_are_refused() -> None:
    with pytest.raises(CinetrajError, match="strict"):
        score(smooth(1), smooth(1), protocol="stricter")
    odd = replace(protocols.get("strict"), metrics=("RotErr", "Beauty"))
    assert "Beauty" in score({"a": smooth(1)}, {"a": smooth(1)}, protocol=odd).to_json()["clips"]["a"]["failed"]
