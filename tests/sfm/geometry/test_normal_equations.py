"""The linear system of a step, against finite differences and dense algebra."""

import numpy as np
import pytest
from adjustment import ALL, free, kernel_of, shaken, small
from plain_adjustment import solve_step, take_step, total_cost
from projected import Projected

from sfm.geometry.bundle_adjustment import SOLVER
from sfm.geometry.normal_equations import CAMERA, normal_equations, schur
from sfm.geometry.problem import Parameters
from sfm.geometry.projection import residuals

EVERY = list(range(CAMERA))


def _numeric(tracks: Projected, state: Parameters, kernel_px: float, noise_px: float) -> np.ndarray:
    """Jacobian of the residuals in noise units, by central differences over all camera and point parameters."""
    scene = tracks.observations()
    n, m = scene.xy_px.shape[1], scene.xy_px.shape[0]
    base, _ = residuals(scene, state)
    squared = (base**2).sum(-1, keepdims=True)
    root = np.sqrt(scene.weight[None, ..., None]) * kernel_px**2 / (kernel_px**2 + squared) / noise_px
    columns = []
    for k in range(n * CAMERA + 1 + 3 * m):
        moved = []
        for sign in (1e-6, -1e-6):
            delta = np.zeros((1, n * CAMERA + 1 + 3 * m))
            delta[0, k] = sign
            trial = take_step(
                state, delta[:, : n * CAMERA + 1], delta[:, n * CAMERA + 1 :].reshape(1, m, 3), EVERY, SOLVER
            )
            moved.append(residuals(scene, trial)[0])
        columns.append(((moved[0] - moved[1]) / 2e-6 * root).ravel())
    return np.stack(columns, 1)


@pytest.mark.parametrize("aspect", [1.0, 0.84])
def test_normal_equations_are_those_of_finite_differences(aspect):
    """Every kind of parameter: turn, shift, zoom, shared focal, and the three of a point."""
    tracks = small(noise_px=1.0, pixel_aspect=aspect)
    scene, state = tracks.observations(), shaken(tracks.parameters(), 3)
    kernel_px, noise_px = 4.0, 0.3
    freedom = free(ALL)
    normal = normal_equations(scene, state, freedom, kernel_of(kernel_px), noise_px)
    n, m = scene.xy_px.shape[1], scene.xy_px.shape[0]
    size = n * CAMERA + 1
    j = _numeric(tracks, state, kernel_px, noise_px)
    j[:, :CAMERA] = 0.0  # the first camera is the gauge
    hessian = j.T @ j
    hessian[size - 1, size - 1] += 1 / freedom.log_focal_sigma**2

    def close(found: np.ndarray, expected: np.ndarray) -> None:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())

    close(normal.camera[0], hessian[:size, :size])
    close(normal.mixed[0].swapaxes(1, 2).reshape(size, -1), hessian[:size, size:])
    blocks = np.stack([hessian[size + 3 * i :, size + 3 * i :][:3, :3] for i in range(m)], -1)
    close(normal.point[0], blocks)


@pytest.mark.parametrize("kind", [*sorted(ALL), "point"])
def test_gradient_is_that_of_the_robust_cost(kind):
    """Half the derivative of the very cost that decides whether a step is taken, prior included."""
    tracks = small(seed=2, noise_px=1.0)
    scene, state = tracks.observations(), shaken(tracks.parameters(), 4, focal=0.1)
    freedom, kernel = free(ALL), kernel_of(3.0)
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
        delta, point = np.zeros((1, n * CAMERA + 1)), np.zeros((1, m, 3))
        if kind == "point":
            point[0, k // 3, k % 3] = 1e-6
            expected = normal.point_gradient[0, k % 3, k // 3]
        else:
            delta[0, k] = 1e-6
            expected = normal.gradient[0, k]
        up = total_cost(scene, take_step(state, delta, point, EVERY, SOLVER), freedom, kernel, 0.3)
        down = total_cost(scene, take_step(state, -delta, -point, EVERY, SOLVER), freedom, kernel, 0.3)
        assert (up - down)[0] / 4e-6 == pytest.approx(expected, rel=2e-4, abs=1e-3)


def test_schur_step_equals_the_dense_solve():
    tracks = small(seed=5, noise_px=0.5)
    scene, state = tracks.observations(), shaken(tracks.parameters(), 6)
    normal = normal_equations(scene, state, free(ALL), kernel_of(8.0), 0.3)
    damping = np.array([1e-2])
    size, m = normal.gradient.shape[1], scene.xy_px.shape[0]
    dense = np.zeros((size + 3 * m, size + 3 * m))
    camera = normal.camera[0]
    dense[:size, :size] = camera + np.diag(1e-2 * np.diag(camera) + 1e-9 * camera.diagonal().max())
    dense[:CAMERA, :CAMERA] += np.eye(CAMERA)  # the gauge
    dense[:size, size:] = normal.mixed[0].swapaxes(1, 2).reshape(size, -1)
    dense[size:, :size] = dense[:size, size:].T
    for i in range(m):
        block = normal.point[0, :, :, i]
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
