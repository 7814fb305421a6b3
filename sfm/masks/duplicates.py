"""Frames that repeat their predecessor in a clip that moves: pull-down, dropped and frozen frames."""

import itertools

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sfm.config import DuplicateConfig


def find_repeats(
    grey: UInt8[np.ndarray, "n h w"], blank: Bool[np.ndarray, " n"], config: DuplicateConfig = DuplicateConfig()
) -> tuple[Int[np.ndarray, " n"], list[str]]:
    """For each frame the earlier one that it repeats, or its own number. Also remarks in words."""
    count = len(grey)
    original = np.arange(count)
    mean = changes(grey)
    if count < 3 or not len(mean):
        return original, []
    if not any(worst_change(grey, k) for k in np.argsort(-mean).tolist()):
        return original, [f"all {count} frames are identical: a still picture"]
    still = np.zeros(count, bool)
    rests: list[str] = []
    candidate = np.concatenate([[False], (mean <= config.ratio * _reference(mean)) & ~blank[1:] & ~blank[:-1]])
    moving = mean[mean >= config.least_grey]
    typical = float(np.median(moving)) if len(moving) else 0.0  # a jump after a freeze is no measure
    start = 1
    while start < count:
        if not candidate[start]:
            start += 1
            continue
        stop = start
        while stop < count and candidate[stop]:
            stop += 1
        # change[k] is between k and k+1, so the run start..stop has the changes start-1..stop-1
        sides = [k for k in (start - 2, stop - 1) if 0 <= k < count - 1]
        moves = bool(sides) and all(
            mean[k] >= config.least_grey
            and mean[start - 1 : stop - 1].max() <= config.ratio * min(mean[k], typical)
            and max(worst_change(grey, i) for i in range(start - 1, stop - 1))
            <= 2 * config.ratio * worst_change(grey, k)
            for k in sides
        )
        if moves and stop - start <= config.longest:
            still[start:stop] = True
        elif moves:
            rests.append(f"frames {start - 1} to {stop - 1} are one still picture")
        start = stop
    for number in np.flatnonzero(still):
        original[number] = original[number - 1]
    remarks = [f"{int(still.sum())} frames repeat their predecessor, the first is {int(np.argmax(still))}"]
    return original, (remarks if still.any() else []) + rests


def changes(grey: UInt8[np.ndarray, "n h w"]) -> Float[np.ndarray, " n-1"]:
    """Mean change from each frame to the next, grey levels."""
    return np.array([cv2.mean(cv2.absdiff(after, before))[0] for before, after in itertools.pairwise(grey)])


def worst_change(grey: UInt8[np.ndarray, "n h w"], number: int) -> float:
    """Mean change from a frame to the next over the block where it is largest, grey levels."""
    height, width = grey.shape[1:]
    blocks = (max(1, width // 32), max(1, height // 32))
    difference = cv2.absdiff(grey[number + 1], grey[number])
    return float(cv2.resize(difference, blocks, interpolation=cv2.INTER_AREA).max())


def _reference(mean: np.ndarray) -> np.ndarray:
    """What a change in the neighbourhood is: the largest of the nine around each."""
    return np.array([mean[max(0, k - 4) : k + 5].max() for k in range(len(mean))])
