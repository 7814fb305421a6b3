"""The adjuster written plainly: all hypotheses as one batch, every array in full.

What the compiled loops of `sfm.geometry.compiled` are compared with.
"""

from dataclasses import replace

import numpy as np
from adjustment import turned
from jaxtyping import Float

from sfm.geometry.arrays import lengths, unit
from sfm.geometry.bundle_adjustment import FOCAL_REACH, robust_cost
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.normal_equations import CAMERA, Normal, normal_equations, schur, tangent_bases
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.projection import middle_rays, points_at, residuals
from sfm.geometry.resectioning import frame_cost, frame_normal
from sfm.geometry.robust import geman_mcclure
from sfm.geometry.states import put
from sfm.geometry.triangulation import GAIN, INVERSE_DEPTHS


def total_cost(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel_px: Float[np.ndarray, "b ..."],
    noise_px: float,
) -> Float[np.ndarray, " b"]:
    """Robust cost in units of the noise, plus the prior on the focal length."""
    r, _ = residuals(observations, parameters)
    prior = ((parameters.log_focal - free.log_focal_prior) / free.log_focal_sigma) ** 2
    return robust_cost(observations, r, kernel_px) / noise_px**2 + prior


def minimise(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel: np.ndarray,
    noise_px: float,
    solver: LevenbergMarquardt,
) -> tuple[Parameters, Summary]:
    """Steps under one kernel; a hypothesis that gains no more is done and costs no more."""
    damping = np.full_like(parameters.log_focal, solver.damping)
    cost = total_cost(observations, parameters, free, kernel, noise_px)
    active = np.arange(len(cost))
    low, high = free.log_focal_prior - FOCAL_REACH, free.log_focal_prior + FOCAL_REACH
    steps = 0
    for _ in range(solver.iterations):
        part, movable, width = parameters.take(active), free.take(active), kernel[active]
        normal = normal_equations(observations, part, movable, width, noise_px)
        trial = take_step(part, *solve_step(normal, damping[active]), normal.used, solver)
        trial = replace(trial, log_focal=trial.log_focal.clip(low, high))
        trial_cost = total_cost(observations, trial, movable, width, noise_px)
        better = trial_cost < cost[active]
        gain = np.where(better, (cost[active] - trial_cost) / np.maximum(cost[active], 1e-12), 0.0)
        parameters = put(parameters, active[better], trial.take(better))
        cost[active[better]] = trial_cost[better]
        damping[active] = held = solver.damped(damping[active], better)
        active = active[~((gain < solver.tolerance) & (better | (held > solver.stalled_damping)))]
        steps += 1
        if not len(active):
            break
    converged = np.ones(len(cost), bool)
    converged[active] = False
    return parameters, Summary(converged=converged, steps=steps, cost=cost)


def solve_step(normal: Normal, damping: np.ndarray) -> tuple[Float[np.ndarray, "b p"], Float[np.ndarray, "b m d"]]:
    """Steps of the cameras' used parameters and the shared focal, and of the points; none where it has no solution."""
    matrix, gradient, inverse = schur(normal, damping)
    diagonal = np.diagonal(normal.camera, axis1=1, axis2=2)
    still = diagonal <= 1e-12
    more = damping[:, None] * diagonal + 1e-9 * diagonal.max(1, keepdims=True) + still
    matrix = matrix + more[..., None] * np.eye(len(more[0]))
    delta = np.stack([_solved(*each) for each in zip(matrix, -gradient, strict=True)])
    delta = np.where(still | ~np.isfinite(delta), 0.0, delta)
    right = normal.point_gradient + (normal.mixed * delta[:, :, None, None]).sum(1)  # b d m
    point = -(inverse * right[:, None]).sum(2).swapaxes(1, 2)
    return delta, point


def _solved(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """x of matrix x = right; nothing where the matrix is not positive definite."""
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return np.zeros_like(right)
    return np.linalg.solve(root.T, np.linalg.solve(root, right))


def take_step(
    parameters: Parameters, delta: np.ndarray, point_delta: np.ndarray, used: list[int], solver: LevenbergMarquardt
) -> Parameters:
    """The parameters after a step of the `used` ones of each camera and the focal (b p), and of the points (b m d)."""
    b, n = parameters.zoom.shape
    cameras = np.zeros((b, n, CAMERA))
    cameras[..., used] = delta[:, :-1].reshape(b, n, len(used))
    turn = cameras[..., :3]
    turn = turn * (solver.max_turn_rad / np.maximum(lengths(turn), solver.max_turn_rad))[..., None]
    step = (tangent_bases(parameters.point)[..., : point_delta.shape[-1]] @ point_delta[..., None])[..., 0]
    return Parameters(
        rotation=turned(turn) @ parameters.rotation,
        translation=parameters.translation + cameras[..., 3:6],
        zoom=parameters.zoom + cameras[..., 6].clip(-solver.max_log_zoom, solver.max_log_zoom),
        log_focal=parameters.log_focal + delta[:, -1].clip(-solver.max_log_focal, solver.max_log_focal),
        point=unit(parameters.point + step),
    )


def swept(observations: Observations, part: Parameters, kernel_px: np.ndarray) -> Float[np.ndarray, "b m 4"]:
    """The best points of all hypotheses as one batch."""
    c2 = kernel_px.reshape(len(kernel_px), -1, 1) ** 2

    def cost(point: np.ndarray) -> np.ndarray:
        r, _ = residuals(observations, replace(part, point=point))
        return (observations.weight * geman_mcclure((r**2).sum(-1), c2)).sum(2)

    ray, centre = middle_rays(observations, part)
    best = part.point
    least = cost(best) * (1 - GAIN)
    for w in INVERSE_DEPTHS:
        point = points_at(ray, centre, np.full_like(ray[..., :1], w))
        tried = cost(point)
        better = tried < least
        best = np.where(better[..., None], point, best)
        least = np.where(better, tried, least)
    return best


def resect(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    *,
    kernel_px: float,
    solver: LevenbergMarquardt,
) -> tuple[Parameters, Summary]:
    """As `resect`, all hypotheses as one batch."""
    damping = np.full_like(parameters.zoom, solver.damping)
    cost = frame_cost(observations, parameters, kernel_px)
    better = np.zeros(cost.shape, bool)
    for _ in range(solver.iterations):
        trial = _placed(parameters, *frame_normal(observations, parameters, free, kernel_px), damping, solver)
        trial_cost = frame_cost(observations, trial, kernel_px)
        better = trial_cost < cost
        parameters = Parameters(
            rotation=np.where(better[..., None, None], trial.rotation, parameters.rotation),
            translation=np.where(better[..., None], trial.translation, parameters.translation),
            zoom=np.where(better, trial.zoom, parameters.zoom),
            log_focal=parameters.log_focal,
            point=parameters.point,
        )
        cost = np.where(better, trial_cost, cost)
        damping = solver.damped(damping, better)
    return parameters, Summary(converged=~better, steps=solver.iterations, cost=cost)


def _placed(
    parameters: Parameters, blocks: np.ndarray, gradient: np.ndarray, damping: np.ndarray, solver: LevenbergMarquardt
) -> Parameters:
    """The parameters after a damped step of every frame."""
    diagonal = np.diagonal(blocks, axis1=-2, axis2=-1)
    more = damping[..., None] * diagonal + (diagonal <= 1e-12) + 1e-9
    step = -np.linalg.solve(blocks + more[..., None] * np.eye(CAMERA), gradient[..., None])[..., 0]
    return Parameters(
        rotation=turned(step[..., :3].clip(-solver.max_turn_rad, solver.max_turn_rad)) @ parameters.rotation,
        translation=parameters.translation + step[..., 3:6],
        zoom=parameters.zoom + step[..., 6].clip(-solver.max_log_zoom, solver.max_log_zoom),
        log_focal=parameters.log_focal,
        point=parameters.point,
    )
