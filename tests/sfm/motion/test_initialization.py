"""Where the adjuster begins, against exact tracks."""

import numpy as np
import pytest
from projected import FOCAL_PX, angle_deg, project

from sfm.geometry.arrays import lengths
from sfm.geometry.projection import points_in_camera, residuals
from sfm.motion.initialization import chain, dolly_for_zoom, parameters_from, reversed_depth, steps_of

LOG_FOCAL = float(np.log(FOCAL_PX))


def centred(tracks) -> np.ndarray:
    """Positions relative to the middle of the frame, NaN where unseen."""
    xy = tracks.observations().xy_px
    return np.where(np.isfinite(tracks.xy_px), xy, np.nan)


def chained(xy: np.ndarray, pixel_aspect: float, *, zoom: bool):
    return chain(xy, steps_of(xy, pixel_aspect), FOCAL_PX, pixel_aspect, zoom=zoom)


@pytest.mark.parametrize("movers", [0.0, 0.4])
@pytest.mark.parametrize(
    "move", [{"pan_deg": 12.0}, {"tilt_deg": 9.0}, {"roll_deg": 15.0}], ids=lambda m: next(iter(m))
)
def test_chained_rotations_are_the_true_ones_whatever_walks_by(move, movers):
    tracks = project(move, seed=1, points=120, movers=movers)
    rotation, log_zoom = chained(centred(tracks), 1.0, zoom=False)
    assert angle_deg(rotation, tracks.rotation).max() < 0.4
    assert (log_zoom == 0).all()


def test_chain_measures_a_zoom_between_movers():
    tracks = project({"zoom": 1.4, "pan_deg": 4.0}, seed=2, points=120, movers=0.4)
    rotation, log_zoom = chained(centred(tracks), 1.0, zoom=True)
    np.testing.assert_allclose(np.exp(log_zoom), tracks.focal_px / FOCAL_PX, rtol=0.02)
    assert angle_deg(rotation, tracks.rotation).max() < 0.4


def test_chain_of_a_squeezed_picture_is_the_same():
    moves = {"pan_deg": 6.0, "roll_deg": 10.0}
    one, two = (project(moves, seed=3, points=100, pixel_aspect=a) for a in (1.0, 1.2))
    for tracks in (one, two):
        rotation, _ = chained(centred(tracks), tracks.pixel_aspect, zoom=False)
        assert angle_deg(rotation, tracks.rotation).max() < 0.4


def test_a_frame_without_tracks_keeps_the_last_rotation():
    tracks = project({"pan_deg": 6.0}, seed=4, points=60)
    xy = centred(tracks)
    xy[:, 3] = np.nan
    rotation, _ = chained(xy, 1.0, zoom=False)
    np.testing.assert_array_equal(rotation[3], rotation[2])
    np.testing.assert_array_equal(rotation[4], rotation[2])


@pytest.mark.parametrize("inverse_depth", [0.0, 0.7])
def test_points_start_on_the_ray_of_the_middle_frame_that_sees_them(inverse_depth):
    tracks = project({"pan_deg": 5.0, "truck": 0.1, "zoom": 1.2}, seed=5, points=50)
    scene = tracks.observations()
    zoom = np.log(tracks.focal_px / FOCAL_PX)
    state = parameters_from(scene, tracks.rotation, tracks.translation, zoom, LOG_FOCAL, inverse_depth=inverse_depth)
    r, front = residuals(scene, state)
    for i, row in enumerate(np.isfinite(tracks.xy_px[..., 0])):
        at = np.flatnonzero(row)
        middle = at[len(at) // 2]
        assert front[0, i, middle]
        assert np.linalg.norm(r[0, i, middle]) < 1e-9
    length = lengths(state.point)
    np.testing.assert_allclose(length, np.ones_like(length), rtol=1e-7, atol=1e-7)
    if inverse_depth == 0.0:
        assert np.abs(state.point[..., 3]).max() == 0.0


def test_zoom_as_dolly_scales_unit_depth_like_the_zoom():
    log_zoom = np.log(np.array([1.0, 1.1, 1.5, 0.8]))
    z = 1.0 + dolly_for_zoom(log_zoom)[:, 2]
    np.testing.assert_allclose(1.0 / z, np.exp(log_zoom))
    assert dolly_for_zoom(log_zoom)[2, 2] < 0  # zooming in looks like coming nearer: points lose depth


def _flow(tracks, state) -> np.ndarray:
    """Image motion (m, 2) from the first to the last frame, of every point."""
    x = points_in_camera(state)[0]
    px = state.focal_px[0][:, None] * x[..., :2] / x[..., 2:]
    return px[:, -1] - px[:, 0]


def _necker(focal_px: float, depth: tuple[float, float]) -> tuple[float, float]:
    """How far the flow of the reversal is off, and the spread of the flow that relief makes, in pixels (rms)."""
    tracks = project({"truck": 0.02, "pedestal": 0.01}, seed=6, points=200, frames=2, focal_px=focal_px, depth=depth)
    state = tracks.parameters()
    true, twin = _flow(tracks, state), _flow(tracks, reversed_depth(state))
    rms = lambda v: float(np.sqrt((v**2).sum(1).mean()))  # noqa: E731
    return rms(twin - true), rms(true - true.mean(0))


def test_reversed_depth_explains_the_flow_of_weak_perspective():
    off, relief = _necker(4000.0, (1.0, 1.3))
    assert off < 0.1 * relief


def test_reversed_depth_does_not_explain_the_flow_of_a_wide_lens():
    off, relief = _necker(350.0, (1.0, 3.0))
    assert off > 0.2 * relief


def test_reversed_depth_turns_the_translation_round_and_swaps_near_and_far():
    tracks = project({"truck": 0.05}, seed=7, points=80, depth=(1.5, 2.0))
    state = tracks.parameters()
    twin = reversed_depth(state)
    np.testing.assert_allclose(twin.translation, -state.translation, rtol=1e-7, atol=1e-7)

    def inverse_depth(s) -> np.ndarray:
        return s.point[0, :, 3] / lengths(s.point[0, :, :3])

    np.testing.assert_array_equal(np.argsort(inverse_depth(state)), np.argsort(inverse_depth(twin))[::-1])
    again = reversed_depth(twin)
    np.testing.assert_allclose(again.translation, state.translation, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(inverse_depth(again), inverse_depth(state), atol=2e-3)  # the median of an even count
    assert angle_deg(again.rotation[0], tracks.rotation).max() < 0.2
