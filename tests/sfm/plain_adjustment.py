"""The adjuster written plainly: all hypotheses as one batch of torch, every array in full.

What the compiled loops of `sfm.geometry.compiled` are compared with.
"""

from dataclasses import replace

import torch
from torch import Tensor

from sfm.geometry.bundle_adjustment import FOCAL_REACH, total_cost
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.normal_equations import CAMERA, Normal, normal_equations, schur, tangent_bases
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.projection import middle_rays, points_at, residuals
from sfm.geometry.resectioning import frame_cost, frame_normal
from sfm.geometry.robust import geman_mcclure
from sfm.geometry.so3 import exp_so3
from sfm.geometry.states import put
from sfm.geometry.triangulation import GAIN, INVERSE_DEPTHS


def minimise(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel: Tensor,
    noise_px: float,
    solver: LevenbergMarquardt,
) -> tuple[Parameters, Summary]:
    """Steps under one kernel on any device; a hypothesis that gains no more is done and costs no more."""
    damping = torch.full_like(parameters.log_focal, solver.damping)
    cost = total_cost(observations, parameters, free, kernel, noise_px)
    active = torch.arange(len(cost), device=cost.device)
    low, high = free.log_focal_prior - FOCAL_REACH, free.log_focal_prior + FOCAL_REACH
    steps = 0
    for _ in range(solver.iterations):
        part, movable, width = parameters.take(active), free.take(active), kernel[active]
        normal = normal_equations(observations, part, movable, width, noise_px)
        trial = take_step(part, *solve_step(normal, damping[active]), normal.used, solver)
        trial = replace(trial, log_focal=trial.log_focal.clamp(low, high))
        trial_cost = total_cost(observations, trial, movable, width, noise_px)
        better = trial_cost < cost[active]
        gain = torch.where(better, (cost[active] - trial_cost) / cost[active].clamp_min(1e-12), 0.0)
        parameters = put(parameters, active[better], trial.take(better))
        cost = cost.index_put((active[better],), trial_cost[better])
        held = solver.damped(damping[active], better)
        damping = damping.index_put((active,), held)
        active = active[~((gain < solver.tolerance) & (better | (held > solver.stalled_damping)))]
        steps += 1
        if not len(active):
            break
    converged = torch.ones(len(cost), dtype=torch.bool, device=cost.device)
    converged[active] = False
    return parameters, Summary(converged=converged, steps=steps, cost=cost)


def solve_step(normal: Normal, damping: Tensor) -> tuple[Tensor, Tensor]:
    """Steps of the cameras' used parameters and the shared focal (b p), and of the points (b m d)."""
    matrix, gradient, inverse = schur(normal, damping)
    diagonal = torch.diagonal(normal.camera, dim1=1, dim2=2)
    still = diagonal <= 1e-12
    matrix = matrix + torch.diag_embed(damping[:, None] * diagonal + 1e-9 * diagonal.amax(1, keepdim=True) + still)
    factor, bad = torch.linalg.cholesky_ex(matrix)
    delta = -torch.cholesky_solve(gradient[..., None], factor)[..., 0]
    delta = torch.where((bad > 0)[:, None] | ~torch.isfinite(delta), torch.zeros_like(delta), delta)
    delta = torch.where(still, torch.zeros_like(delta), delta)
    right = normal.point_gradient + (normal.mixed * delta[:, :, None, None]).sum(1)  # b d m
    point = -(inverse * right[:, None]).sum(2).transpose(1, 2)
    return delta, point


def take_step(
    parameters: Parameters, delta: Tensor, point_delta: Tensor, used: list[int], solver: LevenbergMarquardt
) -> Parameters:
    """The parameters after a step of the `used` ones of each camera and the focal (b p), and of the points (b m d)."""
    b, n = parameters.zoom.shape
    cameras = delta.new_zeros(b, n, CAMERA)
    cameras[..., used] = delta[:, :-1].reshape(b, n, len(used))
    turn = cameras[..., :3]
    length = turn.norm(dim=-1, keepdim=True)
    turn = turn * (solver.max_turn_rad / length.clamp_min(solver.max_turn_rad))
    step = (tangent_bases(parameters.point)[..., : point_delta.shape[-1]] @ point_delta[..., None])[..., 0]
    point = parameters.point + step
    point = point / point.norm(dim=-1, keepdim=True)
    return Parameters(
        rotation=exp_so3(turn) @ parameters.rotation,
        translation=parameters.translation + cameras[..., 3:6],
        zoom=parameters.zoom + cameras[..., 6].clamp(-solver.max_log_zoom, solver.max_log_zoom),
        log_focal=parameters.log_focal + delta[:, -1].clamp(-solver.max_log_focal, solver.max_log_focal),
        point=point,
    )


def swept(observations: Observations, part: Parameters, kernel_px: Tensor) -> Tensor:
    """The best points (b m 4) of all hypotheses as one batch, on any device."""
    c2 = kernel_px.reshape(len(kernel_px), -1, 1) ** 2

    def cost(point: Tensor) -> Tensor:
        r, _, _ = residuals(observations, replace(part, point=point))
        squared = (r**2).sum(-1)
        return (observations.weight * geman_mcclure(squared, c2)).sum(2)

    ray, centre = middle_rays(observations, part)
    best = part.point
    least = cost(best) * (1 - GAIN)
    for w in INVERSE_DEPTHS:
        point = points_at(ray, centre, torch.full_like(ray[..., :1], w))
        tried = cost(point)
        better = tried < least
        best = torch.where(better[..., None], point, best)
        least = torch.where(better, tried, least)
    return best


def resect(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    *,
    kernel_px: float,
    solver: LevenbergMarquardt,
) -> tuple[Parameters, Summary]:
    """As `resect`, all hypotheses as one batch, on any device."""
    b, n = parameters.zoom.shape
    damping = torch.full((b, n), solver.damping, dtype=parameters.zoom.dtype, device=parameters.zoom.device)
    cost = frame_cost(observations, parameters, kernel_px)
    better = torch.zeros_like(cost, dtype=torch.bool)
    for _ in range(solver.iterations):
        trial = _placed(parameters, *frame_normal(observations, parameters, free, kernel_px), damping, solver)
        trial_cost = frame_cost(observations, trial, kernel_px)
        better = trial_cost < cost
        parameters = Parameters(
            rotation=torch.where(better[..., None, None], trial.rotation, parameters.rotation),
            translation=torch.where(better[..., None], trial.translation, parameters.translation),
            zoom=torch.where(better, trial.zoom, parameters.zoom),
            log_focal=parameters.log_focal,
            point=parameters.point,
        )
        cost = torch.where(better, trial_cost, cost)
        damping = solver.damped(damping, better)
    return parameters, Summary(converged=~better, steps=solver.iterations, cost=cost)


def _placed(
    parameters: Parameters, blocks: Tensor, gradient: Tensor, damping: Tensor, solver: LevenbergMarquardt
) -> Parameters:
    """The parameters after a damped step of every frame."""
    eye = torch.eye(CAMERA, dtype=blocks.dtype, device=blocks.device)
    diagonal = torch.diagonal(blocks, dim1=-2, dim2=-1)
    still = (diagonal <= 1e-12).to(blocks.dtype)
    held = blocks + torch.diag_embed(damping[..., None] * diagonal + still) + 1e-9 * eye
    step = -torch.linalg.solve(held, gradient[..., None])[..., 0]
    return Parameters(
        rotation=exp_so3(step[..., :3].clamp(-solver.max_turn_rad, solver.max_turn_rad)) @ parameters.rotation,
        translation=parameters.translation + step[..., 3:6],
        zoom=parameters.zoom + step[..., 6].clamp(-solver.max_log_zoom, solver.max_log_zoom),
        log_focal=parameters.log_focal,
        point=parameters.point,
    )
