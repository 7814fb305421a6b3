"""The adjuster against finite differences, dense algebra and exact tracks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from projected import FOCAL_PX, HW, Projected, angle_deg, path_error, project, steps

from sfm.geometry.bundle_adjustment import SOLVER, adjust, solve_step, take_step, total_cost
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt
from sfm.geometry.normal_equations import CAMERA, normal_equations, schur
from sfm.geometry.problem import FreeParameters, Parameters, rescaled, stack
from sfm.geometry.projection import FAR_PX, residuals
from sfm.geometry.so3 import exp_so3, hat

ALL = {"rotation", "translation", "zoom", "focal"}
EVERY = list(range(CAMERA))
MOVE = {"truck": 0.1, "dolly": 0.05, "pan_deg": 2.0, "tilt_deg": -1.0, "roll_deg": 3.0, "zoom": 1.2}


def free(*kinds: set[str], prior_px: float = FOCAL_PX, sigma: float = 0.35) -> FreeParameters:
    """The freedom of hypotheses, each named by the kinds of parameters that it moves."""

    def flag(name: str) -> torch.Tensor:
        return torch.tensor([name in k for k in kinds])

    return FreeParameters(
        rotation=flag("rotation"),
        translation=flag("translation"),
        zoom=flag("zoom"),
        focal=flag("focal"),
        log_focal_prior=float(np.log(prior_px)),
        log_focal_sigma=sigma,
    )


def shaken(state: Parameters, seed: int, size: float = 0.01, *, focal: float = 0.0) -> Parameters:
    """The state with small errors everywhere but in the first camera; points off by `size` in direction and depth."""
    rng = torch.Generator().manual_seed(seed)
    b, n = state.zoom.shape
    options = {"dtype": torch.float64}
    turn, shift = (size * torch.randn(b, n, 3, generator=rng, **options) for _ in range(2))
    turn[:, 0] = shift[:, 0] = 0
    zoom = size * torch.randn(b, n, generator=rng, **options)
    zoom[:, 0] = 0
    point = state.point + size * state.point.norm(dim=-1, keepdim=True) * torch.randn(
        state.point.shape, generator=rng, **options
    ) * torch.tensor([0.3, 0.3, 0.3, 1.0])
    return Parameters(
        rotation=exp_so3(turn) @ state.rotation,
        translation=state.translation + shift,
        zoom=state.zoom + zoom,
        log_focal=state.log_focal + focal,
        point=point / point.norm(dim=-1, keepdim=True),
    )


def small(seed: int = 0, **changes: float) -> Projected:
    return project(MOVE, seed=seed, points=14, frames=4, **changes)


def random_kernel(width: float) -> torch.Tensor:
    return torch.tensor([width], dtype=torch.float64)


def test_exponential_is_the_rotation_about_its_vector():
    omega = torch.tensor([0.0, 0.3, 0.0], dtype=torch.float64)
    cos, sin = np.cos(0.3), np.sin(0.3)
    np.testing.assert_allclose(exp_so3(omega), [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], atol=1e-14)
    a, b = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close((hat(a) @ b[..., None])[..., 0], torch.linalg.cross(a, b))


def test_true_parameters_leave_no_residual():
    tracks = project(MOVE, seed=1, pixel_aspect=1.2)
    r, _, front = residuals(tracks.observations(), tracks.parameters())
    seen = tracks.observations().weight > 0
    assert bool(front[0][seen].all())
    assert float(r[0][seen].abs().max()) < 1e-9


def _numeric(tracks: Projected, state: Parameters, kernel_px: float, noise_px: float) -> np.ndarray:
    """Jacobian of the residuals in noise units, by central differences over all camera and point parameters."""
    scene = tracks.observations()
    n, m = scene.xy_px.shape[1], scene.xy_px.shape[0]
    base, _, _ = residuals(scene, state)
    squared = (base**2).sum(-1, keepdim=True)
    root = (scene.weight[None, ..., None].sqrt() * kernel_px**2 / (kernel_px**2 + squared) / noise_px).expand_as(base)
    columns = []
    for k in range(n * CAMERA + 1 + 3 * m):
        moved = []
        for sign in (1e-6, -1e-6):
            delta = torch.zeros(1, n * CAMERA + 1 + 3 * m, dtype=torch.float64)
            delta[0, k] = sign
            trial = take_step(
                state, delta[:, : n * CAMERA + 1], delta[:, n * CAMERA + 1 :].reshape(1, m, 3), EVERY, SOLVER
            )
            moved.append(residuals(scene, trial)[0])
        columns.append(((moved[0] - moved[1]) / 2e-6 * root).ravel().numpy())
    return np.stack(columns, 1)


@pytest.mark.parametrize("aspect", [1.0, 0.84])
def test_normal_equations_are_those_of_finite_differences(aspect):
    """Every kind of parameter: turn, shift, zoom, shared focal, and the three of a point."""
    tracks = small(noise_px=1.0, pixel_aspect=aspect)
    scene, state = tracks.observations(), shaken(tracks.parameters(), 3)
    kernel_px, noise_px = 4.0, 0.3
    freedom = free(ALL)
    normal = normal_equations(scene, state, freedom, random_kernel(kernel_px), noise_px)
    n, m = scene.xy_px.shape[1], scene.xy_px.shape[0]
    size = n * CAMERA + 1
    j = _numeric(tracks, state, kernel_px, noise_px)
    j[:, :CAMERA] = 0.0  # the first camera is the gauge
    hessian = j.T @ j
    hessian[size - 1, size - 1] += 1 / freedom.log_focal_sigma**2

    def close(found: torch.Tensor, expected: np.ndarray) -> None:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())

    close(normal.camera[0], hessian[:size, :size])
    close(normal.mixed[0].permute(0, 2, 1).reshape(size, -1), hessian[:size, size:])
    blocks = np.stack([hessian[size + 3 * i :, size + 3 * i :][:3, :3] for i in range(m)], -1)
    close(normal.point[0], blocks)


@pytest.mark.parametrize("kind", [*sorted(ALL), "point"])
def test_gradient_is_that_of_the_robust_cost(kind):
    """Half the derivative of the very cost that decides whether a step is taken, prior included."""
    tracks = small(seed=2, noise_px=1.0)
    scene, state = tracks.observations(), shaken(tracks.parameters(), 4, focal=0.1)
    freedom, kernel = free(ALL), random_kernel(3.0)
    normal = normal_equations(scene, state, freedom, kernel, 0.3)
    n, m = scene.xy_px.shape[1], scene.xy_px.shape[0]
    where = {
        "rotation": [7, 8, 9],
        "translation": [10, 11, 12],
        "zoom": [13],
        "focal": [n * CAMERA],
        "point": [0, 4, 8],
    }
    for k in where[kind]:
        delta, point = torch.zeros(1, n * CAMERA + 1), torch.zeros(1, m, 3)
        delta, point = delta.double(), point.double()
        if kind == "point":
            point[0, k // 3, k % 3] = 1e-6
            expected = normal.point_gradient[0, k % 3, k // 3]
        else:
            delta[0, k] = 1e-6
            expected = normal.gradient[0, k]
        up = total_cost(scene, take_step(state, delta, point, EVERY, SOLVER), freedom, kernel, 0.3)
        down = total_cost(scene, take_step(state, -delta, -point, EVERY, SOLVER), freedom, kernel, 0.3)
        assert float((up - down) / 4e-6) == pytest.approx(float(expected), rel=2e-4, abs=1e-3)


def test_schur_step_equals_the_dense_solve():
    tracks = small(seed=5, noise_px=0.5)
    scene, state = tracks.observations(), shaken(tracks.parameters(), 6)
    normal = normal_equations(scene, state, free(ALL), random_kernel(8.0), 0.3)
    damping = torch.tensor([1e-2], dtype=torch.float64)
    size, m = normal.gradient.shape[1], scene.xy_px.shape[0]
    dense = np.zeros((size + 3 * m, size + 3 * m))
    camera = normal.camera[0].numpy()
    dense[:size, :size] = camera + np.diag(1e-2 * np.diag(camera) + 1e-9 * camera.diagonal().max())
    dense[:CAMERA, :CAMERA] += np.eye(CAMERA)  # the gauge
    dense[:size, size:] = normal.mixed[0].permute(0, 2, 1).reshape(size, -1)
    dense[size:, :size] = dense[:size, size:].T
    for i in range(m):
        block = normal.point[0, :, :, i].numpy()
        at = slice(size + 3 * i, size + 3 * i + 3)
        dense[at, at] = block + np.diag(1e-2 * block.diagonal() + 1e-9 + 1e-6 * block.diagonal().max())
    right = np.concatenate([normal.gradient[0], normal.point_gradient[0].T.reshape(-1)])
    expected = -np.linalg.solve(dense, right)
    delta, point = solve_step(normal, damping)
    np.testing.assert_allclose(delta[0], expected[:size], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(point[0].reshape(-1), expected[size:], rtol=1e-6, atol=1e-9)
    matrix, gradient, _ = schur(normal, damping)
    inverse = np.linalg.inv(dense[size:, size:])
    np.testing.assert_allclose(matrix[0], camera - dense[:size, size:] @ inverse @ dense[size:, :size], atol=1e-6)
    np.testing.assert_allclose(gradient[0], right[:size] - dense[:size, size:] @ inverse @ right[size:], atol=1e-6)


@pytest.mark.parametrize("kinds", [set(), {"rotation", "focal"}, {"rotation", "zoom", "focal"}, ALL - {"zoom"}])
def test_a_hypothesis_takes_the_same_steps_alone_as_beside_one_that_moves_more(kinds):
    """Alone, the parameters that it does not move are left out of the system."""
    tracks = project(MOVE, seed=9, points=40, noise_px=0.5)
    scene = tracks.observations()
    start = replace(shaken(tracks.parameters(), 10), zoom=torch.zeros_like(tracks.parameters().zoom))
    far = start.point.clone()
    far[..., 3] = 0.0
    start = start if "translation" in kinds else replace(start, translation=0 * start.translation, point=far)
    settings = {"kernel_px": (8.0,), "solver": LevenbergMarquardt(iterations=3, tolerance=0.0)}
    alone = adjust(scene, start, free(kinds), **settings)
    beside = adjust(scene, stack([start, shaken(tracks.parameters(), 11)]), free(kinds, ALL), **settings)
    torch.testing.assert_close(alone.cost, beside.cost[:1], rtol=1e-8, atol=0.0)
    torch.testing.assert_close(alone.parameters.rotation, beside.parameters.rotation[:1], rtol=0.0, atol=1e-8)
    torch.testing.assert_close(alone.parameters.point, beside.parameters.point[:1], rtol=0.0, atol=1e-8)


def test_more_iterations_never_cost_more():
    tracks = project(MOVE, seed=7, points=60, noise_px=0.5, movers=0.3)
    scene, start = tracks.observations(), shaken(tracks.parameters(), 8, 0.05)
    costs = [
        float(
            adjust(
                scene, start, free(ALL), kernel_px=(3.0,), solver=LevenbergMarquardt(iterations=k, tolerance=0.0)
            ).cost
        )
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
    assert float(fit.residual_px[0][tracks.observations().weight > 0].max()) < 1e-6
    assert angle_deg(state.rotation[0].numpy(), tracks.rotation).max() < 1e-5
    np.testing.assert_allclose(state.zoom[0].exp(), tracks.focal_px / FOCAL_PX, rtol=1e-6)
    assert float(state.log_focal.exp()) == pytest.approx(FOCAL_PX, rel=1e-6)
    centre = -(state.rotation[0].mT @ state.translation[0][..., None])[..., 0].numpy()
    assert path_error(centre, tracks.centre) < 1e-6


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
    assert angle_deg(fit.parameters.rotation[0].numpy(), tracks.rotation).max() < 0.02
    centre = -(fit.parameters.rotation[0].mT @ fit.parameters.translation[0][..., None])[..., 0].numpy()
    assert path_error(centre, tracks.centre) < 0.02
    worst = torch.where(tracks.observations().weight > 0, fit.residual_px[0], 0.0).max(1).values.numpy()
    assert np.median(worst[~tracks.moving]) < 0.05
    assert np.median(worst[tracks.moving]) > 3


def test_what_is_not_free_stays_to_the_bit():
    tracks = project(MOVE, seed=15, points=40)
    scene, start = tracks.observations(), rescaled(shaken(tracks.parameters(), 16))
    names = ["rotation", "translation", "zoom", "focal"]
    fit = adjust(scene, stack([start] * 4), free(*({k} for k in names)), kernel_px=(8.0,), solver=steps(3))
    parts = {"rotation": "rotation", "zoom": "zoom", "focal": "log_focal"}
    for row, moved in enumerate(names):
        for name, attribute in parts.items():
            same = torch.equal(getattr(fit.parameters, attribute)[row], getattr(start, attribute)[0])
            assert same == (name != moved), (moved, name)
    first = fit.parameters.take([0, 1, 2, 3])
    assert torch.equal(first.rotation[:, 0], start.rotation[:, 0].expand(4, 3, 3))  # gauge


def test_turning_hypotheses_keep_points_at_infinity():
    tracks = project({"pan_deg": 8.0}, seed=17, points=40)
    state = tracks.parameters()
    far = torch.cat([state.point[..., :3], torch.zeros_like(state.point[..., :1])], -1)
    fit = adjust(tracks.observations(), shaken(replace(state, point=far), 18, 0.0), free({"rotation"}))
    assert float(fit.parameters.point[..., 3].abs().max()) == 0.0


def test_a_batch_of_hypotheses_equals_one_by_one():
    tracks = project(MOVE, seed=19, points=50, noise_px=0.3)
    scene = tracks.observations()
    starts = [shaken(tracks.parameters(), k, 0.02) for k in range(4)]
    kinds = [{"rotation"}, {"rotation", "zoom"}, {"rotation", "translation"}, ALL]
    together = adjust(scene, stack(starts), free(*kinds), solver=LevenbergMarquardt(iterations=6, tolerance=0.0))
    for row, (start, kind) in enumerate(zip(starts, kinds, strict=True)):
        alone = adjust(scene, start, free(kind), solver=LevenbergMarquardt(iterations=6, tolerance=0.0))
        assert float(alone.cost) == pytest.approx(float(together.cost[row]), rel=1e-9)
        torch.testing.assert_close(alone.parameters.rotation[0], together.parameters.rotation[row], rtol=0, atol=1e-9)
        torch.testing.assert_close(
            alone.parameters.translation[0], together.parameters.translation[row], rtol=0, atol=1e-8
        )


@pytest.mark.parametrize("scale", [1e-3, 7.0])
def test_rescaled_shows_the_same_images(scale):
    tracks = project(MOVE, seed=20, points=40)
    state = tracks.parameters()
    point = torch.cat([state.point[..., :3] * scale, state.point[..., 3:]], -1)
    big = replace(state, translation=state.translation * scale, point=point / point.norm(dim=-1, keepdim=True))
    same = rescaled(big)
    r, _, _ = residuals(tracks.observations(), same)
    assert float(r[0][tracks.observations().weight > 0].abs().max()) < 1e-8
    w = same.point[0, :, 3] / same.point[0, :, :3].norm(dim=-1)
    assert float(w.median()) == pytest.approx(1.0)
    torch.testing.assert_close(same.translation, rescaled(state).translation)
    torch.testing.assert_close(rescaled(same).point, same.point)


def test_a_squeezed_picture_gives_the_same_geometry():
    square = project(MOVE, seed=21, points=40)
    scene = square.observations()
    squeezed = replace(scene, xy_px=scene.xy_px / torch.tensor([1.25, 1.0]), pixel_aspect=1.25)
    start = shaken(square.parameters(), 22)
    one, two = (
        adjust(s, start, free(ALL), solver=LevenbergMarquardt(iterations=15, tolerance=1e-12))
        for s in (scene, squeezed)
    )
    torch.testing.assert_close(one.parameters.rotation, two.parameters.rotation, rtol=0, atol=1e-6)
    torch.testing.assert_close(one.parameters.zoom, two.parameters.zoom, rtol=0, atol=1e-6)


def test_points_behind_the_camera_are_no_evidence_and_cannot_pay():
    tracks = small(seed=23)
    scene, state = tracks.observations(), tracks.parameters()
    behind = state.point.clone()
    behind[0, 0, :3] *= -1
    state = replace(state, point=behind)
    r, _, front = residuals(scene, state)
    assert not bool(front[0, 0].any())
    assert float(r[0, 0].min()) == FAR_PX
    fit = adjust(scene, state, free(set()), solver=steps(1))
    assert bool(torch.isinf(fit.residual_px[0, 0]).all())
    normal = normal_equations(scene, state, free(ALL), random_kernel(3.0), 0.3)
    assert float(normal.mixed[0, :, :, 0].abs().max()) == 0.0


def test_the_prior_holds_a_focal_length_that_nothing_shows():
    still = project({}, seed=24, points=30, frames=3)
    state = replace(still.parameters(), log_focal=still.parameters().log_focal + 0.3)
    points = still.parameters().point.clone()
    points[..., :2] *= float(np.exp(-0.3))
    state = replace(state, point=points / points.norm(dim=-1, keepdim=True))
    fit = adjust(
        still.observations(),
        state,
        free({"rotation", "focal"}, sigma=0.1),
        solver=LevenbergMarquardt(iterations=40, tolerance=1e-12),
    )
    assert float(fit.parameters.log_focal.exp()) == pytest.approx(FOCAL_PX, rel=0.01)


def test_helper_keeps_points_inside_of_the_frame():
    tracks = project(MOVE, seed=25)
    seen = tracks.xy_px[np.isfinite(tracks.xy_px[..., 0])]
    assert (seen >= -0.5).all()
    assert (seen[:, 0] < HW[1]).all()
    assert (seen[:, 1] < HW[0]).all()
