"""Resectioning: each frame's pose from points that are held."""

import torch
from jaxtyping import Float
from torch import Tensor

from sfm.geometry.compiled import resection as compiled
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.normal_equations import CAMERA, jacobians
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.projection import residuals
from sfm.geometry.robust import geman_mcclure
from sfm.geometry.so3 import exp_so3

SOLVER = LevenbergMarquardt(iterations=8, max_turn_rad=0.3, max_log_zoom=0.3)


def resect(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    *,
    kernel_px: float,
    solver: LevenbergMarquardt = SOLVER,
) -> tuple[Parameters, Summary]:
    """Each frame for itself, the points held: the cost is one small system a frame. All steps are made."""
    if parameters.zoom.device.type == "cpu":
        return compiled.resect(observations, parameters, free, kernel_px, solver)
    return resect_together(observations, parameters, free, kernel_px=kernel_px, solver=solver)


def resect_together(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    *,
    kernel_px: float,
    solver: LevenbergMarquardt = SOLVER,
) -> tuple[Parameters, Summary]:
    """As `resect`, all hypotheses as one batch, on any device."""
    b, n = parameters.zoom.shape
    damping = torch.full((b, n), solver.damping, dtype=parameters.zoom.dtype, device=parameters.zoom.device)
    cost = frame_cost(observations, parameters, kernel_px)
    better = torch.zeros_like(cost, dtype=torch.bool)
    for _ in range(solver.iterations):
        trial = _moved(parameters, *frame_normal(observations, parameters, free, kernel_px), damping, solver)
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


def frame_cost(observations: Observations, parameters: Parameters, kernel_px: float) -> Float[Tensor, "b n"]:
    """Robust cost of each frame (Geman-McClure), in square pixels."""
    r, _, _ = residuals(observations, parameters)
    squared = (r**2).sum(-1)
    return (observations.weight * geman_mcclure(squared, kernel_px**2)).sum(1)


def frame_normal(
    observations: Observations, parameters: Parameters, free: FreeParameters, kernel_px: float, noise_px: float = 1.0
) -> tuple[Float[Tensor, "b n 7 7"], Float[Tensor, "b n 7"]]:
    """One system per frame, blocks and gradients, in units of the noise."""
    kernel = torch.full_like(parameters.log_focal, kernel_px)
    camera, _, r = jacobians(observations, parameters, free, kernel, noise_px)
    camera = camera[:, :, :CAMERA]
    return camera @ camera.transpose(-1, -2), (camera @ r[..., None])[..., 0]


def _moved(
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
