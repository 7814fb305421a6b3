"""Points found anew: the law of `sfm.geometry.triangulation.retriangulated`, whose depths it tries."""

import numpy as np
from jaxtyping import Float

from sfm.geometry.compiled.jit import compiled
from sfm.geometry.compiled.law import add_costs, projected
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
    rays = np.ascontiguousarray(np.stack(middle_rays(observations, parameters), 1).swapaxes(2, 3))
    kernels = np.broadcast_to(kernel_px.reshape(len(kernel_px), -1) ** 2, parameters.point.shape[:2])
    points: list[np.ndarray] = []
    for b in range(len(kernels)):
        state = state_of(parameters, b)
        _sweep(tracks, kernels[b].copy(), state, rays[b], depths, gain)
        points.append(state.point.T)
    return np.array(points)


@compiled
def _sweep(tracks, kernel_squared, state, rays, inverse_depths, gain):
    """Puts each point of the state at the inverse depth on its ray that costs least, where that gains.

    Args:
        tracks, state: `Tracks`, `State`.
        kernel_squared: (m).
        rays: (2 3 m) directions, and where they begin, in the world.
        inverse_depths, gain: of `best_depths`.
    """
    n, m = tracks.weight.shape
    seen, point, trial, least, cost = np.empty((8, m)), state.point, np.empty((4, m)), np.zeros(m), np.empty(m)
    for j in range(n):
        projected(j, tracks, state, point, seen)
        add_costs(seen, tracks.weight[j], kernel_squared, least)
    least *= 1.0 - gain
    for depth in inverse_depths:
        for i in range(m):
            x = rays[0, 0, i] + depth * rays[1, 0, i]
            y = rays[0, 1, i] + depth * rays[1, 1, i]
            z = rays[0, 2, i] + depth * rays[1, 2, i]
            length = np.sqrt(x * x + y * y + z * z + depth * depth)
            trial[0, i], trial[1, i], trial[2, i], trial[3, i] = x / length, y / length, z / length, depth / length
        cost[:] = 0.0
        for j in range(n):
            projected(j, tracks, state, trial, seen)
            add_costs(seen, tracks.weight[j], kernel_squared, cost)
        for i in range(m):
            if cost[i] < least[i]:
                least[i] = cost[i]
                for k in range(4):
                    point[k, i] = trial[k, i]
