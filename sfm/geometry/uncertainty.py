"""Depths that a fit found, and what translation would have left no trace."""

import math

import numpy as np
from jaxtyping import Bool, Float

from sfm.geometry.problem import Observations, Parameters
from sfm.types import DEPTH_QUANTILES

FARTHEST = 1e3
"""Depths are not told beyond so many of the median one: a point at infinity has none."""


FEWEST_RAYS = 10
"""Of fewer points no bound is told."""
PLACES = (9, 16)
"""Rows and columns of places of the picture whose depths are asked for."""


def depths(
    observations: Observations, parameters: Parameters, agrees: np.ndarray, hw: tuple[int, int]
) -> Float[np.ndarray, " n"]:
    """Median depth of the picture of each frame, told by the agreeing points; NaN where it sees none.

    Each place of the picture has the depth of the point nearest to it: what is near has more texture, and so more
    points, than its share of the picture.
    """
    z, usable = _depths_of_points(observations, parameters, agrees)
    out, xy_px = np.full(z.shape[1], np.nan), observations.xy_px
    for i in np.flatnonzero(usable.any(0)):
        seen = usable[:, i]
        out[i] = np.median(_over_the_picture(z[seen, i], xy_px[seen, i], hw))
    return out


def depth_quantiles(
    observations: Observations, parameters: Parameters, agrees: np.ndarray, frame: int, hw: tuple[int, int]
) -> Float[np.ndarray, " 3"] | None:
    """`DEPTH_QUANTILES` of the picture of a frame, as `depths` tells them; None where it sees no agreeing point."""
    z, usable = _depths_of_points(observations.of_frames([frame]), parameters.of_frames([frame]), agrees)
    seen = usable[:, 0]
    if not seen.any():
        return None
    return quantiles_of_depth(1.0 / _over_the_picture(z[seen, 0], observations.xy_px[seen, frame], hw))


def _over_the_picture(
    z: Float[np.ndarray, " m"], xy_px: Float[np.ndarray, "m 2"], hw: tuple[int, int]
) -> Float[np.ndarray, " p"]:
    """The depth of the nearest point for each of `PLACES`, points relative to the middle of the picture."""
    along = [(np.arange(count) + 0.5) * side / count - side / 2 for count, side in zip(PLACES, hw, strict=True)]
    down, across = (each.reshape(-1, 1) for each in np.meshgrid(*along, indexing="ij"))
    return z[np.argmin((across - xy_px[:, 0]) ** 2 + (down - xy_px[:, 1]) ** 2, axis=1)]


def quantiles_of_depth(inverse_depth: Float[np.ndarray, " m"]) -> Float[np.ndarray, " 3"] | None:
    """`DEPTH_QUANTILES` of some places, far ones held at `FARTHEST` medians; None where the median is infinite."""
    if not len(inverse_depth) or np.median(inverse_depth) <= 0.0:
        return None
    near_first = np.quantile(inverse_depth, 1.0 - np.array(DEPTH_QUANTILES))
    return 1.0 / np.maximum(near_first, near_first[1] / FARTHEST)


def _depths_of_points(
    observations: Observations, parameters: Parameters, agrees: np.ndarray
) -> tuple[Float[np.ndarray, "m n"], Bool[np.ndarray, "m n"]]:
    """Depth of each point in each frame, and whether it agrees and is seen there."""
    rotation, translation, point = parameters.rotation[0], parameters.translation[0], parameters.point[0]
    w = np.maximum(point[:, 3], 1e-6 * np.linalg.norm(point[:, :3], axis=1))
    world = point[:, :3] / w[:, None]
    z = np.einsum("nj,mj->mn", rotation[:, 2], world) + translation[None, :, 2]
    return z, (observations.weight > 0) & agrees[:, None] & (z > 0)


def translation_bound(
    rays: Float[np.ndarray, "m 3"], focal_px: float, noise_px: float, *, zoom: bool, relief: float = 0.1
) -> float:
    """How far the camera may have moved, in scene depths, without a trace in the residuals.

    A translation t at inverse depth w shifts a point by f·J·t·w; whatever rotation (and zoom) cannot absorb of it
    would stand in the residuals. Two scenes are tried, a shell of one depth and the same with a `relief` (relative
    standard deviation of inverse depth); the bound is the translation whose trace is twice the noise, the worst
    of three axes. Infinite where there are few rays (`FEWEST_RAYS`).
    """
    if len(rays) < FEWEST_RAYS:
        return math.inf
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
