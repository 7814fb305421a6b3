"""Which keyframes hang together: by patches that agree with both, over all pairs that were compared."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

OF_USUAL, OF_PICTURE = 0.1, 0.03
"""Patches that agree link two keyframes if they are this share of those that link keyframes in the median, or of all.
Of two pictures without anything in common a few agree by chance, 2 % at most where photographs were left out; of the
hardest of what had something in common it was a fifth."""
LEAST_SIDE = 2
"""Keyframes of a group that a bridge may lead to."""
MOST_ASKED, NEARLY_AS_MUCH = 5, 0.7
"""So many keyframes on either side of a gap are asked what they see across; nearly as much as any is enough."""


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


def groups(
    residual_px: Float[np.ndarray, "k m p"], target: Int[np.ndarray, "k m"], *, limit_px: float, fewest: float | int
) -> Int[np.ndarray, " k"]:
    """The number of the group that each keyframe is linked with.

    Args:
        residual_px: of each patch in each slot, NaN where it does not testify.
        target: keyframe of each slot.
        limit_px: up to which a patch agrees.
        fewest: agreeing patches that make a link, or more where more are usual (`OF_USUAL`).
    """
    agreeing = np.where(target != np.arange(len(target))[:, None], (residual_px < limit_px).sum(2), 0)
    usual = float(np.median(agreeing.max(1)))
    fewest = max(fewest, min(OF_USUAL * usual, OF_PICTURE * residual_px.shape[2]))
    row, slot = np.nonzero(agreeing >= fewest)
    ones = np.ones(len(row))
    graph = coo_array((ones, (row, target[row, slot])), shape=(len(target), len(target)))
    _, group = connected_components(graph, directed=False)
    return group


def largest(group: Int[np.ndarray, " k"]) -> Bool[np.ndarray, " k"]:
    """The keyframes of the largest group, of the first of equal ones."""
    return group == np.argmax(np.bincount(group))


def bridges(
    group: Int[np.ndarray, " k"], seen_by_both: Callable[[int, int], int], fewest: float | int
) -> list[tuple[int, int]]:
    """Pairs of keyframes of different groups that see the same scene, which something hides for a while in between.

    The nearest ones of those that see nearly as much as any: beside a gap they are half covered, and see what covers.

    Args:
        group: as `groups` gives it.
        seen_by_both: how many patches two keyframes share, the earlier one first.
        fewest: shared patches that make a bridge.
    """
    found: list[tuple[int, int]] = []
    sides = [rows for number in np.unique(group) if len(rows := np.flatnonzero(group == number)) >= LEAST_SIDE]
    sides.sort(key=lambda rows: rows[0])
    for i, before in enumerate(sides):
        if found and before[0] < found[-1][1]:  # a bridge leads over it
            continue
        later = [after for after in sides[i + 1 :] if before[-1] < after[0]]
        later.sort(key=lambda after: after[0] == before[-1] + 1)  # the next one may be what covers
        for after in later:
            near = [(int(one), int(other)) for one in before[-MOST_ASKED:] for other in after[:MOST_ASKED]]
            shared = {pair: seen_by_both(*pair) for pair in near}
            most = max(shared.values())
            if most >= fewest:
                clear = [pair for pair, count in shared.items() if count >= NEARLY_AS_MUCH * most]
                found.append(min(clear, key=lambda pair: pair[1] - pair[0]))
                break
    return found


def hidden_between(group: Int[np.ndarray, " k"], bridge: tuple[int, int]) -> Int[np.ndarray, " c"]:
    """Keyframes that a bridge leads over and that hang with neither side: nothing of the scene is seen there."""
    between = np.arange(bridge[0] + 1, bridge[1])
    return between[~np.isin(group[between], group[list(bridge)])]
