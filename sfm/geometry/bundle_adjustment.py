"""Robust bundle adjustment of several motion hypotheses at once, in torch, on any device.

A hypothesis is a start plus the set of parameters that it may move; all of them share tracks and run as one batch.
Levenberg-Marquardt with the Schur complement over points (Triggs et al. 2000, Bundle Adjustment, §6), robust weights
by Geman-McClure.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from sfm.geometry.compiled import minimise as compiled
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.normal_equations import CAMERA, Normal, normal_equations, schur, tangent_bases
from sfm.geometry.problem import FreeParameters, Observations, Parameters, rescaled
from sfm.geometry.projection import residuals
from sfm.geometry.robust import GOOD_SHARE, capped_track_rms, geman_mcclure, row_quantile
from sfm.geometry.so3 import exp_so3
from sfm.geometry.states import put
from sfm.geometry.triangulation import retriangulated

FOCAL_REACH = 1.8
"""Farthest log focal length from the prior, six times either way: a flat scene holds it by nothing else."""
OUTLIER_ROUNDS = 3
SOLVER = LevenbergMarquardt()


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A finished adjustment: parameters, robust cost, residuals in pixels (inf behind the camera), how it ended."""

    parameters: Parameters
    cost: Float[Tensor, " b"]
    residual_px: Float[Tensor, "b m n"]
    summary: Summary


def robust_cost(observations: Observations, r: Tensor, kernel_px: Tensor) -> Float[Tensor, " b"]:
    """Geman-McClure: sum of c² r² / (c² + r²), in square pixels."""
    squared = (r**2).sum(-1)
    c2 = kernel_px.reshape(len(r), -1, 1) ** 2
    return (observations.weight * geman_mcclure(squared, c2)).sum((1, 2))


def total_cost(
    observations: Observations, parameters: Parameters, free: FreeParameters, kernel_px: Tensor, noise_px: float
) -> Float[Tensor, " b"]:
    """Robust cost in units of the noise, plus the prior on the focal length."""
    r, _, _ = residuals(observations, parameters)
    prior = ((parameters.log_focal - free.log_focal_prior) / free.log_focal_sigma) ** 2
    return robust_cost(observations, r, kernel_px) / noise_px**2 + prior


def adjust(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    *,
    kernel_px: tuple[float, ...] = (8.0, 3.0, 1.5),
    noise_px: float = 0.3,
    solver: LevenbergMarquardt = SOLVER,
    good_track_px: float | None = None,
) -> Fit:
    """Levenberg-Marquardt for all hypotheses at once.

    Args:
        observations: the tracks.
        parameters: where each hypothesis begins.
        free: what each may move.
        kernel_px: robust kernels, from wide to tight (graduated non-convexity); the solver runs under each.
        noise_px: standard deviation of a good residual, which sets the weight of the prior.
        solver: steps and bounds.
        good_track_px: if given, the least residual to expect of a good track; then whole tracks are judged at the
            end, and those that disagree are down-weighted (see `without_outlier_tracks`).
    """
    kernel = torch.full_like(parameters.log_focal, kernel_px[-1])
    summary: Summary | None = None
    for number, width in enumerate(kernel_px):
        kernel = torch.full_like(parameters.log_focal, width)
        parameters = rescaled(parameters)
        if number:
            parameters = retriangulated(observations, parameters, free, kernel)
        parameters, summary = minimise(observations, parameters, free, kernel, noise_px, solver)
    if good_track_px is not None:
        parameters, summary = without_outlier_tracks(observations, parameters, free, good_track_px, noise_px, solver)
    assert summary is not None
    parameters = rescaled(parameters)
    r, _, front = residuals(observations, parameters)
    cost = total_cost(observations, parameters, free, kernel, noise_px)
    distance = torch.where(front, r.norm(dim=-1), torch.full_like(r[..., 0], torch.inf))
    return Fit(parameters=parameters, cost=cost, residual_px=distance, summary=summary)


def minimise(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel: Tensor,
    noise_px: float,
    solver: LevenbergMarquardt,
) -> tuple[Parameters, Summary]:
    """Steps under one kernel: on a CPU by compiled loops, elsewhere all hypotheses as one batch."""
    if parameters.zoom.device.type == "cpu":
        return compiled.minimise(observations, parameters, free, kernel, noise_px, solver, FOCAL_REACH)
    return minimise_together(observations, parameters, free, kernel, noise_px, solver)


def minimise_together(
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


def without_outlier_tracks(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    floor_px: float,
    noise_px: float,
    solver: LevenbergMarquardt,
) -> tuple[Parameters, Summary]:
    """The minimum that the agreeing tracks alone have.

    A moving thing is wrong in all of its frames, but by less than a wide kernel in most, so that it still pulls. Tracks
    with more than four times the residual of the best third keep a kernel so small that they hardly do.
    """
    summary: Summary | None = None
    half = replace(solver, iterations=solver.iterations // 2)
    for _ in range(OUTLIER_ROUNDS):
        wide = torch.full_like(parameters.log_focal, 10 * floor_px)
        parameters = retriangulated(observations, rescaled(parameters), free, wide)
        rms = capped_track_rms(observations, parameters)
        sigma = row_quantile(rms, observations.weight.sum(1), GOOD_SHARE).clamp(floor_px, 10 * floor_px)[:, None]
        kernel = torch.where(rms < 4.0 * sigma, 4.0 * sigma, 0.5 * sigma)
        parameters, summary = minimise(observations, parameters, free, kernel, noise_px, half)
    assert summary is not None
    return parameters, summary


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
