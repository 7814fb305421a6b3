"""Robust statistics: the cost of a residual, what a good residual is, the residual of a track, weighted quantiles."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sfm.geometry.arrays import Array
from sfm.geometry.problem import Observations, Parameters
from sfm.geometry.projection import residuals

GOOD_RESIDUAL_PX = 0.15
"""Least residual to expect of a track that agrees, in pixels of a 640-pixel frame."""
GOOD_SHARE = 0.35
"""The residual of this share of the content, the best third, is what a good one is in this clip."""
SPARES_ONE = 3
"""What is seen in so many keyframes is judged without the worst of them."""
CAP_PX = 50.0
"""No observation counts for more in the residual of a track."""


def geman_mcclure(squared: Array, kernel_squared: Any) -> Array:
    """The robust cost c² r² / (c² + r²) of squared residuals: quadratic below the kernel c, level beyond it."""
    return kernel_squared * squared / (kernel_squared + squared)


def good_residual(residual_px: Float[np.ndarray, "m n"], unit_px: float) -> float:
    """The residual of a track that agrees: that of the best third, and never below the floor.

    Args:
        residual_px: of every track in every frame, NaN where unseen.
        unit_px: length of one pixel of a 640-pixel frame.
    """
    return max(GOOD_RESIDUAL_PX * unit_px, share_quantile(residual_px, GOOD_SHARE))


def share_quantile(residual_px: Float[np.ndarray, "m n"], share: float) -> float:
    """The residual that this share of the content stays below; tracks weigh with the time that they last."""
    seen = (~np.isnan(residual_px)).sum(1)
    return float(weighted_quantiles(trimmed_track_rms(residual_px), seen.astype(float), (share,))[0])


def trimmed_track_rms(residual_px: Float[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
    """Root mean square of the residuals of each track without its upper tenth: from ten on a single slip cannot spoil
    one."""
    squared = np.sort(np.where(np.isnan(residual_px), np.inf, residual_px) ** 2, axis=1)
    count = (~np.isnan(residual_px)).sum(1)  # behind the camera is inf, and counts against the track
    keep = np.maximum(np.ceil(0.9 * count), 1).astype(int)
    capped = np.where(np.arange(squared.shape[1])[None] < keep[:, None], np.minimum(squared, 1e12), 0.0)
    return np.sqrt(capped.sum(1) / keep)


def without_worst(residual_px: Float[np.ndarray, "m n"]) -> Float[np.ndarray, "m n"]:
    """Residuals in rising order, NaN last, each row of `SPARES_ONE` or more without its largest."""
    ordered = np.sort(residual_px, axis=1)  # NaN last
    seen = (~np.isnan(ordered)).sum(1)
    many = np.flatnonzero(seen >= SPARES_ONE)
    ordered[many, seen[many] - 1] = np.nan
    return ordered


def capped_track_rms(observations: Observations, parameters: Parameters) -> Float[np.ndarray, "b m"]:
    """Root mean square residual of each track in pixels, each observation capped at `CAP_PX`."""
    r, _ = residuals(observations, parameters)
    squared = np.minimum((r**2).sum(-1), CAP_PX**2)
    seen = observations.weight > 0
    return np.sqrt((squared * seen).sum(2) / np.maximum(seen.sum(1), 1))


def weighted_quantiles(
    values: Float[np.ndarray, " m"], weight: Float[np.ndarray, " m"], at: tuple[float, ...]
) -> Float[np.ndarray, " k"]:
    """Quantiles of values that count by their weight."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    place = np.searchsorted(total, np.array(at) * total[-1])
    return values[order][np.minimum(place, len(values) - 1)]


def row_quantile(
    values: Float[np.ndarray, "b m"], weight: Float[np.ndarray, " m"], share: float
) -> Float[np.ndarray, " b"]:
    """Weighted quantile of each row."""
    return np.array([weighted_quantiles(row, weight, (share,))[0] for row in values])
