"""Points found anew: from any depth back to their own, and never for the worse."""

from dataclasses import replace

import numpy as np
from projected import Projected, project

from sfm.geometry.arrays import lengths
from sfm.geometry.bundle_adjustment import robust_cost
from sfm.geometry.problem import FreeParameters, Parameters, rescaled
from sfm.geometry.projection import residuals
from sfm.geometry.states import joined
from sfm.geometry.triangulation import completed, retriangulated

KERNEL = np.array([3.0])


def free(*moves: bool) -> FreeParameters:
    flags = np.array(moves)
    return FreeParameters(
        rotation=flags, translation=flags, zoom=~flags, focal=~flags, log_focal_prior=6.3, log_focal_sigma=0.3
    )


def astray(tracks: Projected, inverse_depth: float) -> Parameters:
    """The true cameras with every point at one wrong inverse depth."""
    state = rescaled(tracks.parameters())
    return replace(
        state, point=np.concatenate([state.point[..., :3], np.full_like(state.point[..., 3:], inverse_depth)], -1)
    )


def middle_px(tracks: Projected, state: Parameters) -> float:
    scene = tracks.observations()
    r, _ = residuals(scene, state)
    return float(np.median(lengths(r[0])[scene.weight > 0]))


def test_points_come_back_from_any_depth():
    tracks = project({"truck": 0.15}, seed=0, noise_px=0.1)
    for inverse_depth in (0.0, 0.2, 8.0):
        lost = astray(tracks, inverse_depth)
        near = retriangulated(tracks.observations(), lost, free(True), np.array([16.0]))
        assert middle_px(tracks, near) < 0.25 * middle_px(tracks, lost)
        assert middle_px(tracks, near) < 4.0  # a step of the sweep; the adjuster does the rest


def test_no_point_gets_worse():
    tracks = project({"orbit_deg": 10.0}, seed=1, noise_px=0.2, movers=0.3)
    scene, state = tracks.observations(), rescaled(tracks.parameters())
    after = retriangulated(scene, state, free(True), KERNEL)
    before_px, after_px = (residuals(scene, s)[0] for s in (state, after))
    assert robust_cost(scene, after_px, KERNEL)[0] <= robust_cost(scene, before_px, KERNEL)[0]
    assert middle_px(tracks, after) <= 1.01 * middle_px(tracks, state)


def test_a_camera_that_does_not_move_keeps_its_points():
    tracks = project({"pan_deg": 5.0}, seed=2)
    lost = astray(tracks, 0.5)
    both = retriangulated(tracks.observations(), joined([lost, lost]), free(False, False), KERNEL.repeat(2))
    assert np.array_equal(both.point[0], lost.point[0])


def test_points_of_the_tracks_that_a_state_lacks_are_found_for_its_cameras():
    tracks = project({"truck": 0.15}, seed=3, noise_px=0.1)
    scene, state = tracks.observations(), tracks.parameters()
    rows = np.arange(0, len(tracks.world), 2)
    half = replace(state, point=state.point[:, rows])
    whole = completed(scene, half, rows, free(True), np.array([16.0]))
    assert whole.point.shape == state.point.shape
    assert middle_px(tracks, whole) < 4.0  # a step of the sweep; the adjuster does the rest
    kept = replace(rescaled(half), point=whole.point[:, rows])
    r, _ = residuals(replace(scene, xy_px=scene.xy_px[rows], weight=scene.weight[rows]), kept)
    assert np.median(lengths(r[0])[scene.weight[rows] > 0]) < 0.2


def test_for_a_camera_that_does_not_move_they_stand_at_infinity():
    tracks = project({"pan_deg": 5.0}, seed=4, noise_px=0.1)
    state = tracks.parameters()
    rows = np.arange(0, len(tracks.world), 2)
    whole = completed(tracks.observations(), replace(state, point=state.point[:, rows]), rows, free(False), KERNEL)
    assert (whole.point[:, 1::2, 3] == 0).all()
    assert middle_px(tracks, whole) < 0.2
