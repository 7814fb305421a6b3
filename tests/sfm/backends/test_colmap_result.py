"""From a model's numbers to a trajectory: gauge and unit do not depend on the model's own, and doubts are spoken."""

from typing import Any

import numpy as np
import planes_scene as scene
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sfm.backends.colmap.result import Before, doubts_of, points_of, result_of
from sfm.processes.isolated import Reply
from sfm.types import BackendResult, Frames, Masks
from trajectory.errors import CinetrajError

N = 6
GOOD: dict[str, Any] = {
    "registered": N,
    "points": 900,
    "focal_px": 224.0,
    "triangulation_deg": 6.0,
    "points_per_frame": 400.0,
    "models": 1,
    "pairs": {"verified": 20, "by_kind": {"CALIBRATED": 20}, "widest_by_kind": {"CALIBRATED": 5}},
}


def clip() -> tuple[Frames, Masks]:
    return scene.clip(np.zeros((N, *scene.HW, 3), np.uint8), focal_px=None)


def model(seed: int, missing: tuple[int, ...] = ()) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    cam_from_world = np.zeros((N, 3, 4))
    cam_from_world[:, :, :3] = Rotation.random(N, random_state=seed).as_matrix()
    cam_from_world[:, :, 3] = generator.standard_normal((N, 3))
    cam_from_world[list(missing)] = np.nan
    return {
        "cam_from_world": cam_from_world,
        "focal_px": np.full(N, 224.0),
        "scene_depth": generator.uniform(2, 9, N),
        "radial": np.zeros(N),
        "tracks_px": np.zeros((3, N, 2)),
        "points": generator.standard_normal((3, 3)),
        "sighting": np.array([[0, 5], [0, 2], [1, 1], [2, 3]]),
        "sighting_px": np.full((4, 2), 9.0, np.float32),
    }


def solve(arrays: dict[str, np.ndarray], **changes: Any) -> BackendResult:
    frames, evidence = clip()
    reply = Reply(outcome="ok", values={"statistics": GOOD | changes, "seconds": {"map": 1.0}}, arrays=arrays)
    return result_of(
        frames, evidence, np.arange(N), reply, backend="colmap", seed=0, before=Before(seconds={"match": 2.0})
    )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), scale=st.floats(0.01, 100.0), missing=st.sets(st.integers(0, N - 1), max_size=N - 2))
def test_the_models_own_gauge_and_unit_leave_no_trace(seed: int, scale: float, missing: set[int]) -> None:
    arrays = model(seed, tuple(missing))
    plain = solve(arrays).trajectory
    turn, shift = Rotation.random(random_state=seed + 1).as_matrix(), np.array([3.0, -2.0, 1.0])
    moved = dict(arrays)  # world' = scale * turn * world + shift
    rotation = arrays["cam_from_world"][:, :, :3] @ turn.T
    translation = scale * arrays["cam_from_world"][:, :, 3] - rotation @ shift
    moved["cam_from_world"] = np.concatenate([rotation, translation[..., None]], -1)
    moved["scene_depth"] = scale * arrays["scene_depth"]
    again = solve(moved).trajectory
    assert plain is not None
    assert again is not None
    assert np.allclose(plain.world_from_cam, again.world_from_cam, atol=1e-9, equal_nan=True)
    assert plain.scene_depth is not None
    assert np.nanmedian(plain.scene_depth) == pytest.approx(1.0)
    first = int(np.argmax(plain.valid))
    assert np.allclose(plain.world_from_cam[first], np.eye(4), atol=1e-12)


def test_relative_poses_are_those_of_the_model() -> None:
    arrays = model(3)
    found = solve(arrays).trajectory
    assert found is not None
    unit = np.median(arrays["scene_depth"])
    full = np.tile(np.eye(4), (N, 1, 1))
    full[:, :3] = arrays["cam_from_world"]
    expected = full[0] @ np.linalg.inv(full)
    expected[:, :3, 3] /= unit
    assert np.allclose(found.world_from_cam, expected, atol=1e-9)


def test_frames_that_were_not_registered_stay_with_their_reason() -> None:
    result = solve(model(0, (0, 4)), models=2)
    assert result.status == "partial"
    assert result.reason == "2 of 6 frames have no pose"
    assert result.trajectory is not None
    assert result.trajectory.valid.tolist() == [False, True, True, True, False, True]
    assert result.trajectory.reason is not None
    assert result.trajectory.reason[4] == "not registered (models are disjoint, the largest counts)"
    assert dict(result.seconds) == {"match": 2.0, "map": 1.0, "worker": 0.0}


def test_radial_distortion_is_reported() -> None:
    arrays = model(0) | {"radial": np.full(N, -0.02)}
    found = solve(arrays).trajectory
    assert found is not None
    assert found.distortion is not None
    assert found.distortion.tolist() == [-0.02, 0.0, 0.0, 0.0]
    plain = solve(model(0)).trajectory
    assert plain is not None
    assert plain.distortion is None


def test_points_have_the_colour_of_the_frame_that_sees_them_first_and_the_frames_of_the_clip() -> None:
    rgb = np.arange(8, dtype=np.uint8)[:, None, None, None].repeat(scene.HW[0], 1).repeat(scene.HW[1], 2).repeat(3, 3)
    frames, _ = scene.clip(rgb)
    found = points_of(frames, np.array([0, 1, 3, 4, 6, 7]), model(0))
    assert found.colour is not None
    assert found.tracks is not None
    assert found.colour[:, 0].tolist() == [3, 1, 4]
    assert found.tracks.frame.tolist() == [7, 3, 1, 4]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pairs": {**GOOD["pairs"], "widest_by_kind": {"CALIBRATED": 2, "PANORAMIC": 3}}}, "3 of 5 widest pairs"),
        ({"triangulation_deg": 0.2}, "triangulation angle 0.20 deg"),
        ({"points_per_frame": 12.0}, "sees 12 points"),
        ({"focal_px": 9000.0}, "field of view 1.6 deg"),
        ({"focal_px": 20.0}, "field of view 162.2 deg"),
    ],
)
def test_doubts_make_a_result_unreliable_and_are_recorded(changes: dict[str, Any], words: str) -> None:
    result = solve(model(1), **changes)
    assert result.status == "unreliable"
    assert words in result.reason
    assert result.trajectory is not None
    assert result.trajectory.provenance is not None
    assert result.trajectory.provenance.evidence["status"] == "unreliable"
    assert words in result.statistics["verdict"][0]


def test_a_good_model_raises_no_doubt_and_a_given_focal_length_is_not_questioned() -> None:
    frames, _ = clip()
    assert doubts_of(GOOD, frames) == ()
    told, _ = scene.clip(np.zeros((N, *scene.HW, 3), np.uint8), focal_px=9000.0)
    assert doubts_of(GOOD | {"focal_px": 9000.0}, told) == ()


@pytest.mark.parametrize("outcome", ["error", "time limit", "died"])
def test_a_worker_that_failed_is_a_failed_result(outcome: str) -> None:
    frames, evidence = clip()
    reply = Reply(outcome=outcome, problem="what happened")  # pyright: ignore[reportArgumentType]
    result = result_of(frames, evidence, np.arange(N), reply, backend="glomap", seed=0, before=Before())
    assert (result.status, result.reason, result.trajectory) == ("failed", "pycolmap: what happened", None)


def test_a_model_without_points_or_frames_is_a_failure() -> None:
    assert solve(model(0), points=3).status == "failed"
    assert solve(model(0, (0, 1, 2, 3, 4))).status == "failed"


def test_an_option_that_pycolmap_refuses_is_the_callers_error() -> None:
    frames, evidence = clip()
    reply = Reply(outcome="ok", values={"bad_option": "mapper.nothing=1: no such attribute"})
    with pytest.raises(CinetrajError, match=r"refuses the mapper option mapper\.nothing=1"):
        result_of(frames, evidence, np.arange(N), reply, backend="colmap", seed=0, before=Before())
