"""The adjuster against finite differences, dense algebra and exact tracks."""

from dataclasses import replace

import numpy as np
import pytest
from adjustment import ALL, MOVE, free, kernel_of, shaken, small
from projected import FOCAL_PX, HW, angle_deg, path_error, positions_of, project, steps

from sfm.geometry.arrays import lengths, lower_median, unit
from sfm.geometry.bundle_adjustment import adjust
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt
from sfm.geometry.normal_equations import normal_equations
from sfm.geometry.problem import rescaled
from sfm.geometry.projection import FAR_PX, residuals
from sfm.geometry.states import joined


def test_true_parameters_leave_no_residual():
    tracks = project(MOVE, seed=1, pixel_aspect=1.2)
    r, front = residuals(tracks.observations(), tracks.parameters())
    seen = tracks.observations().weight > 0
    assert front[0][seen].all()
    assert np.abs(r[0][seen]).max() < 1e-9


@pytest.mark.parametrize("kinds", [set(), {"rotation", "focal"}, {"rotation", "zoom", "focal"}, ALL - {"zoom"}])
def test_a_hypothesis_takes_the_same_steps_alone_as_beside_one_that_moves_more(kinds):
    """Alone, the parameters that it does not move are left out of the system."""
    tracks = project(MOVE, seed=9, points=40, noise_px=0.5)
    scene = tracks.observations()
    start = replace(shaken(tracks.parameters(), 10), zoom=np.zeros_like(tracks.parameters().zoom))
    far = start.point.copy()
    far[..., 3] = 0.0
    start = start if "translation" in kinds else replace(start, translation=0 * start.translation, point=far)
    settings = {"kernel_px": (8.0,), "solver": LevenbergMarquardt(iterations=3, tolerance=0.0)}
    alone = adjust(scene, start, free(kinds), **settings)
    beside = adjust(scene, joined([start, shaken(tracks.parameters(), 11)]), free(kinds, ALL), **settings)
    np.testing.assert_allclose(alone.cost, beside.cost[:1], rtol=1e-8, atol=0.0)
    np.testing.assert_allclose(alone.parameters.rotation, beside.parameters.rotation[:1], rtol=0.0, atol=1e-8)
    np.testing.assert_allclose(alone.parameters.point, beside.parameters.point[:1], rtol=0.0, atol=1e-8)


def test_more_iterations_never_cost_more():
    tracks = project(MOVE, seed=7, points=60, noise_px=0.5, movers=0.3)
    scene, start = tracks.observations(), shaken(tracks.parameters(), 8, 0.05)
    costs = [
        adjust(scene, start, free(ALL), kernel_px=(3.0,), solver=replace(steps(k), tolerance=0.0)).cost[0]
        for k in range(7)
    ]
    assert (np.diff(costs) <= 1e-9 * costs[0]).all()
    assert costs[-1] < 0.5 * costs[0]


def test_exact_tracks_give_back_rotation_translation_and_zoom():
    tracks = project(MOVE, seed=9, points=80)
    fit = adjust(
        tracks.observations(),
        shaken(tracks.parameters(), 10),
        free(ALL),
        solver=LevenbergMarquardt(iterations=40, tolerance=1e-12),
        noise_px=0.01,
    )
    state = fit.parameters
    assert fit.residual_px[0][tracks.observations().weight > 0].max() < 1e-6
    assert angle_deg(state.rotation[0], tracks.rotation).max() < 1e-5
    np.testing.assert_allclose(np.exp(state.zoom[0]), tracks.focal_px / FOCAL_PX, rtol=1e-6)
    assert np.exp(state.log_focal[0]) == pytest.approx(FOCAL_PX, rel=1e-6)
    assert path_error(positions_of(state), tracks.centre) < 1e-6


def test_a_truck_to_the_right_moves_the_camera_to_positive_x():
    tracks = project({"truck": 0.15}, seed=11, points=80)
    state = adjust(tracks.observations(), shaken(tracks.parameters(), 12), free({"rotation", "translation"})).parameters
    assert float(tracks.centre[-1, 0]) > 0.2  # the helper itself
    assert float(-state.translation[0, -1, 0]) > 0


def test_a_third_of_movers_do_not_bend_the_path():
    tracks = project(MOVE, seed=13, points=120, movers=0.33)
    fit = adjust(
        tracks.observations(),
        shaken(tracks.parameters(), 14),
        free(ALL - {"focal"}),
        solver=LevenbergMarquardt(iterations=20, tolerance=1e-9),
        good_track_px=0.15,
    )
    assert angle_deg(fit.parameters.rotation[0], tracks.rotation).max() < 0.02
    assert path_error(positions_of(fit.parameters), tracks.centre) < 0.02
    worst = np.where(tracks.observations().weight > 0, fit.residual_px[0], 0.0).max(1)
    assert np.median(worst[~tracks.moving]) < 0.05
    assert np.median(worst[tracks.moving]) > 3


def test_what_is_not_free_stays_to_the_bit():
    tracks = project(MOVE, seed=15, points=40)
    scene, start = tracks.observations(), rescaled(shaken(tracks.parameters(), 16))
    names = ["rotation", "translation", "zoom", "focal"]
    fit = adjust(scene, joined([start] * 4), free(*({k} for k in names)), kernel_px=(8.0,), solver=steps(3))
    parts = {"rotation": "rotation", "zoom": "zoom", "focal": "log_focal"}
    for row, moved in enumerate(names):
        for name, attribute in parts.items():
            same = np.array_equal(getattr(fit.parameters, attribute)[row], getattr(start, attribute)[0])
            assert same == (name != moved), (moved, name)
    first = fit.parameters.take([0, 1, 2, 3])
    assert np.array_equal(first.rotation[:, 0], start.rotation[[0] * 4, 0])  # gauge


def test_turning_hypotheses_keep_points_at_infinity():
    tracks = project({"pan_deg": 8.0}, seed=17, points=40)
    state = tracks.parameters()
    far = np.concatenate([state.point[..., :3], np.zeros_like(state.point[..., :1])], -1)
    fit = adjust(tracks.observations(), shaken(replace(state, point=far), 18, 0.0), free({"rotation"}))
    assert np.abs(fit.parameters.point[..., 3]).max() == 0.0


def test_a_batch_of_hypotheses_equals_one_by_one():
    tracks = project(MOVE, seed=19, points=50, noise_px=0.3)
    scene = tracks.observations()
    starts = [shaken(tracks.parameters(), k, 0.02) for k in range(4)]
    kinds = [{"rotation"}, {"rotation", "zoom"}, {"rotation", "translation"}, ALL]
    together = adjust(scene, joined(starts), free(*kinds), solver=LevenbergMarquardt(iterations=6, tolerance=0.0))
    for row, (start, kind) in enumerate(zip(starts, kinds, strict=True)):
        alone = adjust(scene, start, free(kind), solver=LevenbergMarquardt(iterations=6, tolerance=0.0))
        assert alone.cost[0] == pytest.approx(together.cost[row], rel=1e-9)
        np.testing.assert_allclose(alone.parameters.rotation[0], together.parameters.rotation[row], rtol=0, atol=1e-9)
        np.testing.assert_allclose(
            alone.parameters.translation[0], together.parameters.translation[row], rtol=0, atol=1e-8
        )


@pytest.mark.parametrize("scale", [1e-3, 7.0])
def test_rescaled_shows_the_same_images(scale):
    tracks = project(MOVE, seed=20, points=40)
    state = tracks.parameters()
    point = np.concatenate([state.point[..., :3] * scale, state.point[..., 3:]], -1)
    big = replace(state, translation=state.translation * scale, point=unit(point))
    same = rescaled(big)
    r, _ = residuals(tracks.observations(), same)
    assert np.abs(r[0][tracks.observations().weight > 0]).max() < 1e-8
    w = same.point[0, :, 3] / lengths(same.point[0, :, :3])
    assert lower_median(w) == pytest.approx(1.0)
    np.testing.assert_allclose(same.translation, rescaled(state).translation, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(rescaled(same).point, same.point, rtol=1e-7, atol=1e-7)


def test_a_squeezed_picture_gives_the_same_geometry():
    square = project(MOVE, seed=21, points=40)
    scene = square.observations()
    squeezed = replace(scene, xy_px=scene.xy_px / (1.25, 1.0), pixel_aspect=1.25)
    start = shaken(square.parameters(), 22)
    one, two = (
        adjust(s, start, free(ALL), solver=LevenbergMarquardt(iterations=15, tolerance=1e-12))
        for s in (scene, squeezed)
    )
    np.testing.assert_allclose(one.parameters.rotation, two.parameters.rotation, rtol=0, atol=1e-6)
    np.testing.assert_allclose(one.parameters.zoom, two.parameters.zoom, rtol=0, atol=1e-6)


def test_points_behind_the_camera_are_no_evidence_and_cannot_pay():
    tracks = small(seed=23)
    scene, state = tracks.observations(), tracks.parameters()
    behind = state.point.copy()
    behind[0, 0, :3] *= -1
    state = replace(state, point=behind)
    r, front = residuals(scene, state)
    assert not front[0, 0].any()
    assert r[0, 0].min() == FAR_PX
    fit = adjust(scene, state, free(set()), solver=steps(1))
    assert np.isinf(fit.residual_px[0, 0]).all()
    normal = normal_equations(scene, state, free(ALL), kernel_of(3.0), 0.3)
    assert np.abs(normal.mixed[0, :, :, 0]).max() == 0.0


def test_the_prior_holds_a_focal_length_that_nothing_shows():
    still = project({}, seed=24, points=30, frames=3)
    state = replace(still.parameters(), log_focal=still.parameters().log_focal + 0.3)
    points = still.parameters().point.copy()
    points[..., :2] *= float(np.exp(-0.3))
    state = replace(state, point=unit(points))
    fit = adjust(
        still.observations(),
        state,
        free({"rotation", "focal"}, sigma=0.1),
        solver=LevenbergMarquardt(iterations=40, tolerance=1e-12),
    )
    assert np.exp(fit.parameters.log_focal[0]) == pytest.approx(FOCAL_PX, rel=0.01)


def test_helper_keeps_points_inside_of_the_frame():
    tracks = project(MOVE, seed=25)
    seen = tracks.xy_px[np.isfinite(tracks.xy_px[..., 0])]
    assert (seen >= -0.5).all()
    assert (seen[:, 0] < HW[1]).all()
    assert (seen[:, 1] < HW[0]).all()
