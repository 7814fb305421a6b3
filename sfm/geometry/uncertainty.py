"""Depths that a fit found, and what translation would have left no trace."""

import math

import numpy as np
from jaxtyping import Float

from sfm.geometry.problem import Observations, Parameters


def depths(observations: Observations, parameters: Parameters, agrees: np.ndarray) -> Float[np.ndarray, " n"]:
    """Median depth of the agreeing points that each frame sees, NaN where it sees none."""
    rotation, translation = parameters.rotation[0].cpu().numpy(), parameters.translation[0].cpu().numpy()
    point = parameters.point[0].cpu().numpy()
    w = np.maximum(point[:, 3], 1e-6 * np.linalg.norm(point[:, :3], axis=1))
    world = point[:, :3] / w[:, None]
    z = np.einsum("nj,mj->mn", rotation[:, 2], world) + translation[None, :, 2]
    usable = (observations.weight.cpu().numpy() > 0) & agrees[:, None] & (z > 0)
    out = np.full(z.shape[1], np.nan)
    for i in np.flatnonzero(usable.any(0)):
        out[i] = np.median(z[usable[:, i], i])
    return out


def translation_bound(
    rays: Float[np.ndarray, "m 3"], focal_px: float, noise_px: float, *, zoom: bool, relief: float = 0.1
) -> float:
    """How far the camera may have moved, in scene depths, without a trace in the residuals.

    A translation t at inverse depth w shifts a point by f·J·t·w; whatever rotation (and zoom) cannot absorb of it
    would stand in the residuals. Two scenes are tried, a shell of one depth and the same with a `relief` (relative
    standard deviation of inverse depth); the bound is the translation whose trace is twice the noise, the worst
    of three axes.
    """
    x, y = rays[:, 0] / rays[:, 2], rays[:, 1] / rays[:, 2]
    one, zero = np.ones_like(x), np.zeros_like(x)
    shift = np.stack([np.r_[one, zero], np.r_[zero, one], np.r_[-x, -y]], 1)
    turn = np.stack([np.r_[x * y, 1 + y * y], np.r_[1 + x * x, x * y], np.r_[y, -x]], 1)
    basis = np.concatenate([turn, np.r_[x, y][:, None]], 1) if zoom else turn
    q, _ = np.linalg.qr(basis)
    trace = []
    for axis in range(3):
        shell = shift[:, axis] - q @ (q.T @ shift[:, axis])
        rough = relief * np.sqrt((shift[:, axis] ** 2).reshape(2, -1).sum(0).mean())
        trace.append(focal_px * math.hypot(math.sqrt((shell.reshape(2, -1) ** 2).sum(0).mean()), rough))
    return float(2 * noise_px / max(min(trace), 1e-9))
