"""Each frame's pose from points that are held."""

from dataclasses import replace

import numpy as np
import pytest
from adjustment import free
from projected import FOCAL_PX, Projected, angle_deg, positions_of, project

from sfm.geometry.problem import Parameters
from sfm.geometry.resectioning import SOLVER, resect
from sfm.motion.all_frames import interpolate

MOVE = {"truck": 0.15, "dolly": 0.1, "pan_deg": 8.0, "roll_deg": 4.0, "zoom": 1.2}


def at_frames(state: Parameters, key: np.ndarray) -> Parameters:
    """The state of some of the frames."""
    return replace(
        state, rotation=state.rotation[:, key], translation=state.translation[:, key], zoom=state.zoom[:, key]
    )


def _jittered(seed: int = 0, movers: float = 0.0) -> tuple[Projected, np.ndarray, Parameters]:
    """A shaking camera, its keyframes, and the poses that interpolation makes of those."""
    tracks = project(
        {**MOVE, "shake_deg": 3.0, "shake_shift": 0.03}, seed=seed, frames=12, points=120, noise_px=0.1, movers=movers
    )
    key = np.array([0, 4, 8, 11])
    return tracks, key, interpolate(at_frames(tracks.parameters(), key), key, 12)


@pytest.mark.parametrize("movers", [0.0, 0.3])
def test_resection_finds_the_frames_between(movers):
    tracks, _, start = _jittered(1, movers)
    freedom = free({"rotation", "translation", "zoom"})
    assert angle_deg(start.rotation[0], tracks.rotation).max() > 0.3  # interpolation alone misses the shake
    out = resect(tracks.observations(), start, freedom, kernel_px=3.0, solver=replace(SOLVER, iterations=12))[0]
    assert angle_deg(out.rotation[0], tracks.rotation).max() < 0.15
    assert np.abs(positions_of(out) - tracks.centre).max() < 0.01
    np.testing.assert_allclose(np.exp(out.zoom[0]), tracks.focal_px / FOCAL_PX, rtol=5e-3)
    assert np.array_equal(out.point, start.point)


def test_resection_moves_only_what_is_free():
    tracks, _, start = _jittered(2)
    out = resect(tracks.observations(), start, free({"rotation"}), kernel_px=3.0)[0]
    assert np.array_equal(out.translation, start.translation)
    assert np.array_equal(out.zoom, start.zoom)
    assert not np.array_equal(out.rotation, start.rotation)


def test_a_frame_resects_the_same_whatever_the_others_show():
    """One small system a frame: frames do not talk to each other while the points are held."""
    tracks, _, start = _jittered(3)
    scene = tracks.observations()
    freedom = free({"rotation", "translation"})
    whole = resect(scene, start, freedom, kernel_px=3.0)[0]
    weight = scene.weight.copy()
    weight[:, 6] = 0.0
    part = resect(replace(scene, weight=weight), start, freedom, kernel_px=3.0)[0]
    others = [i for i in range(12) if i != 6]
    np.testing.assert_allclose(part.rotation[:, others], whole.rotation[:, others], rtol=0, atol=1e-12)
    np.testing.assert_allclose(part.rotation[:, 6], start.rotation[:, 6], rtol=0, atol=1e-12)
