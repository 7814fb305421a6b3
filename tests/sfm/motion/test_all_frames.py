"""From keyframes to all frames, and what the numbers of a trajectory claim."""

from dataclasses import replace

import numpy as np
from projected import FOCAL_PX, angle_deg, project

from sfm.geometry.problem import Parameters
from sfm.motion.all_frames import interpolate

MOVE = {"truck": 0.15, "dolly": 0.1, "pan_deg": 8.0, "roll_deg": 4.0, "zoom": 1.2}


def at_frames(state: Parameters, key: np.ndarray) -> Parameters:
    """The state of some of the frames."""
    return replace(
        state, rotation=state.rotation[:, key], translation=state.translation[:, key], zoom=state.zoom[:, key]
    )


def centres(state: Parameters) -> np.ndarray:
    return -(state.rotation[0].swapaxes(1, 2) @ state.translation[0][..., None])[..., 0]


def test_interpolation_keeps_keyframes_and_holds_the_ends():
    tracks = project(MOVE, frames=12)
    key = np.array([1, 4, 9])
    out = interpolate(at_frames(tracks.parameters(), key), key, 12)
    np.testing.assert_allclose(out.rotation[0, key], tracks.rotation[key], atol=1e-12)
    np.testing.assert_allclose(out.translation[0, key], tracks.translation[key], atol=1e-12)
    np.testing.assert_allclose(np.exp(out.zoom[0, key]), tracks.focal_px[key] / FOCAL_PX, rtol=1e-12)
    np.testing.assert_allclose(centres(out)[0], tracks.centre[1], atol=1e-12)
    np.testing.assert_allclose(centres(out)[[10, 11]], tracks.centre[[9, 9]], atol=1e-12)


def test_interpolation_is_exact_for_a_straight_path_with_a_steady_turn():
    tracks = project({"truck": 0.3, "pan_deg": 10.0}, frames=11)
    key = np.array([0, 5, 10])
    out = interpolate(at_frames(tracks.parameters(), key), key, 11)
    np.testing.assert_allclose(centres(out), tracks.centre, atol=1e-12)
    assert angle_deg(out.rotation[0], tracks.rotation).max() < 1e-5
