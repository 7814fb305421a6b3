"""Resectioning: each frame's pose from points that are held."""

import numpy as np
from jaxtyping import Float

from sfm.geometry.compiled import resection
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.normal_equations import CAMERA, jacobians
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.projection import residuals
from sfm.geometry.robust import geman_mcclure

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
    return resection.resect(observations, parameters, free, kernel_px, solver)


def frame_cost(observations: Observations, parameters: Parameters, kernel_px: float) -> Float[np.ndarray, "b n"]:
    """Robust cost of each frame (Geman-McClure), in square pixels."""
    r, _ = residuals(observations, parameters)
    return (observations.weight * geman_mcclure((r**2).sum(-1), kernel_px**2)).sum(1)


def frame_normal(
    observations: Observations, parameters: Parameters, free: FreeParameters, kernel_px: float, noise_px: float = 1.0
) -> tuple[Float[np.ndarray, "b n 7 7"], Float[np.ndarray, "b n 7"]]:
    """One system per frame, blocks and gradients, in units of the noise."""
    kernel = np.full_like(parameters.log_focal, kernel_px)
    camera, _, r = jacobians(observations, parameters, free, kernel, noise_px)
    camera = camera[:, :, :CAMERA]
    return camera @ camera.swapaxes(-1, -2), (camera @ r[..., None])[..., 0]
