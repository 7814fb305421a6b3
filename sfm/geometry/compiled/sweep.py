"""Points found anew: the law of `sfm.geometry.triangulation.retriangulated`, whose depths it tries."""

import numpy as np
from jaxtyping import Float

from sfm.geometry.compiled.jit import compiled
from sfm.geometry.compiled.law import projected, robust_sum
from sfm.geometry.compiled.values import state_of, tracks_of
from sfm.geometry.problem import Observations, Parameters
from sfm.geometry.projection import middle_rays


def best_depths(
    observations: Observations,
    parameters: Parameters,
    kernel_px: Float[np.ndarray, "b ..."],
    inverse_depths: tuple[float, ...],
    gain: float,
) -> Float[np.ndarray, "b m 4"]:
    """The points of every hypothesis, each at the best of the inverse depths where that gains so much.

    Args:
        observations: the tracks.
        parameters: all of them translate.
        kernel_px: of each hypothesis, or of each of its tracks.
        inverse_depths: to try, in units of the median one.
        gain: share of the cost of the present point.
    """
    tracks, depths = tracks_of(observations), np.array(inverse_depths)
    rays = np.ascontiguousarray(np.stack(middle_rays(observations, parameters), 1))
    kernels = np.broadcast_to(kernel_px.reshape(len(kernel_px), -1) ** 2, parameters.point.shape[:2])
    points = parameters.point.copy()
    for b, point in enumerate(points):
        state = state_of(parameters, b)
        _sweep(tracks, kernels[b].copy(), state, rays[b], depths, gain, point)
    return points


@compiled
def _sweep(tracks, kernel_squared, state, rays, inverse_depths, gain, point):
    """Puts each point (m 4) at the inverse depth on its ray that costs least, where that gains.

    Args:
        tracks, state: `Tracks`, `State`.
        kernel_squared: (m).
        rays: (2 m 3) directions, and where they begin, in the world.
        inverse_depths, gain, point: of `best_depths`.
    """
    seen, trial = np.empty((8, tracks.weight.shape[1])), np.empty(4)
    for i in range(len(point)):
        projected(i, tracks, state, point[i], seen)
        least = robust_sum(seen, tracks.weight[i], kernel_squared[i]) * (1.0 - gain)
        for depth in inverse_depths:
            squared = depth * depth
            for k in range(3):
                trial[k] = rays[0, i, k] + depth * rays[1, i, k]
                squared += trial[k] * trial[k]
            trial[3] = depth
            trial /= np.sqrt(squared)
            projected(i, tracks, state, trial, seen)
            tried = robust_sum(seen, tracks.weight[i], kernel_squared[i])
            if tried < least:
                least = tried
                point[i] = trial
