"""Which of the content that full motion explains belongs to one rigid scene; the rest may move by itself.

A free depth for each track explains a walker before a standing camera as something near. What gives it away is its
depth: all of it at one, and much nearer than the background. A scene that truly is near and far, as a meadow before
mountains, is near at many depths.
"""

import numpy as np
from jaxtyping import Bool, Float

from sfm.geometry.robust import weighted_quantiles

NEAR = 4.0
"""Up to this many median inverse distances of the background, near things are taken for part of the scene."""
MANY_DEPTHS = 0.2
"""Nearer things count where even the narrowest half of them spreads over this share of its inverse distance; people
and vehicles spread over a tenth."""
LEAST_BACKGROUND = 0.25
"""With less of the content standing still or turning rigidly there is no background."""
FEWEST_TRACKS = 5


def rigid_scene(
    nearness: Float[np.ndarray, " m"],
    weight: Float[np.ndarray, " m"],
    agrees: Bool[np.ndarray, " m"],
    still: Bool[np.ndarray, " m"],
) -> Bool[np.ndarray, " m"]:
    """The tracks of the rigid scene, among those that agree with full motion.

    Args:
        nearness: inverse distances under full motion.
        weight: of each track; they sum to one.
        still: agrees with the best camera that does not translate.
    """
    background = agrees & still
    if weight[still].sum() < LEAST_BACKGROUND or background.sum() < FEWEST_TRACKS:
        return agrees
    middle = weighted_quantiles(nearness[background], weight[background], (0.5,))[0]
    reach = abs(middle) + 1e-9
    nearest = middle + (NEAR - 1.0) * reach
    scene = agrees & (nearness > middle - reach) & (nearness < nearest)
    nearer = agrees & ~still & (nearness >= nearest)
    if nearer.sum() >= FEWEST_TRACKS and _narrowest_half(nearness[nearer], weight[nearer]) >= MANY_DEPTHS:
        scene |= nearer
    return scene


def _narrowest_half(values: Float[np.ndarray, " m"], weight: Float[np.ndarray, " m"]) -> float:
    """Width of the shortest interval that holds half of the weight, over its middle (Rousseeuw and Leroy's shorth)."""
    order = np.argsort(values, kind="stable")
    values, total = values[order], np.cumsum(weight[order])
    end = np.searchsorted(total, np.r_[0.0, total[:-1]] + 0.5 * total[-1] - 1e-12)
    start = np.flatnonzero(end < len(values))
    low, high = values[start], values[end[start]]
    best = int(np.argmin(high - low))
    return float((high[best] - low[best]) / max(abs(high[best] + low[best]) / 2, 1e-9))
