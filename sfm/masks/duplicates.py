"""Frames that repeat their predecessor in a clip that moves: pull-down, dropped and frozen frames."""

import itertools
from typing import TypeAlias

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sfm.config import DuplicateConfig

_Light: TypeAlias = tuple[np.ndarray, np.ndarray]


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
    first, count = int(np.argmax(still)), int(still.sum())
    several = f"{count} frames repeat their predecessor, the first is {first}"
    remarks = [several if count > 1 else f"frame {first} repeats its predecessor"]
    return original, (remarks if still.any() else []) + rests


def changes(grey: UInt8[np.ndarray, "n h w"]) -> Float[np.ndarray, " n-1"]:
    """Mean change from each frame to the next, grey levels."""
    light = [cv2.meanStdDev(frame) for frame in grey]
    pairs = zip(itertools.pairwise(grey), itertools.pairwise(light), strict=True)
    return np.array([cv2.mean(_difference(*frames, *lit))[0] for frames, lit in pairs])


def worst_change(grey: UInt8[np.ndarray, "n h w"], number: int) -> float:
    """Mean change from a frame to the next over the block where it is largest, grey levels."""
    height, width = grey.shape[1:]
    blocks = (max(1, width // 32), max(1, height // 32))
    frames = grey[number], grey[number + 1]
    difference = _difference(*frames, *(cv2.meanStdDev(frame) for frame in frames))
    return float(cv2.resize(difference, blocks, interpolation=cv2.INTER_AREA).max())


def _difference(
    before: UInt8[np.ndarray, "h w"], after: UInt8[np.ndarray, "h w"], lit_before: _Light, lit_after: _Light
) -> UInt8[np.ndarray, "h w"]:
    """What differs once brightness and contrast (mean and deviation of the grey levels) are made equal.

    Where the light flickers by more than the picture moves, two frames that are lit alike by chance would be one.
    """
    (level, contrast), (next_level, next_contrast) = np.ravel(lit_before), np.ravel(lit_after)
    gain = next_contrast / contrast if contrast > 0 else 1.0
    alike = np.clip(np.rint(gain * (np.arange(256) - level) + next_level), 0, 255).astype(np.uint8)
    return cv2.absdiff(after, cv2.LUT(before, alike))


def _reference(mean: np.ndarray) -> np.ndarray:
    """What a change in the neighbourhood is: the largest of the nine around each."""
    return np.array([mean[max(0, k - 4) : k + 5].max() for k in range(len(mean))])
