"""Points found anew for cameras that are known by now: a depth has many minima, a camera that many points hold has not.

Each track is tried at several inverse depths on the ray of its middle frame (a plane sweep, Collins 1996); the best by
the robust cost is kept, if it beats where the adjuster left the point.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from sfm.geometry.compiled.sweep import best_depths
from sfm.geometry.problem import FreeParameters, Observations, Parameters, rescaled
from sfm.geometry.projection import middle_rays, points_at

INVERSE_DEPTHS = (0.0, 0.05, 0.12, 0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.0, 2.6, 3.5, 5.0, 8.0, 14.0)
"""In units of the median one; between neighbours the adjuster converges."""
GAIN = 1e-3
"""Share of its cost that a point must gain to be moved."""


def retriangulated(
    observations: Observations, parameters: Parameters, free: FreeParameters, kernel_px: Float[np.ndarray, " b"]
) -> Parameters:
    """The same cameras with every point at its best inverse depth, for the hypotheses that move their camera.

    The parameters must be `rescaled`: their median inverse distance is one.
    """
    rows = np.flatnonzero(free.translation)
    if not len(rows):
        return parameters
    part = parameters.take(rows)
    point = parameters.point.copy()
    point[rows] = best_depths(observations, part, kernel_px[rows], INVERSE_DEPTHS, GAIN)
    return replace(parameters, point=point)


def completed(
    observations: Observations,
    parameters: Parameters,
    rows: Int[np.ndarray, " s"],
    free: FreeParameters,
    kernel_px: Float[np.ndarray, " b"],
) -> Parameters:
    """Parameters that know only the points of some tracks (b s 4) with those of all (b m 4), at their best depths.

    Args:
        observations: all tracks.
        parameters: with the points of `rows` alone.
        rows: the tracks whose points are known.
        free: only hypotheses that translate have depths.
        kernel_px: robust kernel of each hypothesis.
    """
    parameters = rescaled(parameters)
    ray, centre = middle_rays(observations, parameters)
    w = np.broadcast_to(free.translation[:, None, None].astype(float), ray[..., :1].shape)
    point = points_at(ray, centre, w)
    point[:, rows] = parameters.point
    return retriangulated(observations, replace(parameters, point=point), free, kernel_px)
