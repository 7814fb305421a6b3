"""Which keyframes hang together: by patches that agree with both, over all pairs that were compared."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def between_others(
    weight: Float[np.ndarray, "k m p"], target: Int[np.ndarray, "k m"], *, least: float, fewest: float
) -> Bool[np.ndarray, " k"]:
    """Keyframes between others that show something else: a flash, a frame of snow. They would tear the chain.

    The first and the last one tear nothing.

    Args:
        weight: of each patch in each slot.
        target: keyframe of each slot.
        least: weight from which a patch testifies.
        fewest: testifying patches of one slot that make a keyframe one of the clip.
    """
    testifying = np.where(target != np.arange(len(target))[:, None], (weight > least).sum(2), 0)
    alone = np.all(testifying < fewest, axis=1)
    alone[[0, -1]] = False
    return alone


def linked(
    residual_px: Float[np.ndarray, "k m p"], target: Int[np.ndarray, "k m"], *, limit_px: float, fewest: int
) -> Bool[np.ndarray, " k"]:
    """The keyframes of the largest group that is linked.

    Args:
        residual_px: of each patch in each slot, NaN where it does not testify.
        target: keyframe of each slot.
        limit_px: up to which a patch agrees.
        fewest: agreeing patches that make a link.
    """
    agreeing = (residual_px < limit_px).sum(2)
    row, slot = np.nonzero((agreeing >= fewest) & (target != np.arange(len(target))[:, None]))
    ones = np.ones(len(row))
    graph = coo_array((ones, (row, target[row, slot])), shape=(len(target), len(target)))
    _, group = connected_components(graph, directed=False)
    return group == np.argmax(np.bincount(group))
