"""Corners worth following: Shi and Tomasi 1994, Good Features to Track, compiled.

The law of OpenCV's `goodFeaturesToTrack` on windows of 5 x 5, away from the border, in a third of its time: sums over
windows run along the columns, and peaks are looked for where corners are wanted alone.
"""

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.geometry.compiled.jit import compiled

REACH = 2
"""Of a window, from its middle. Gradients reach one pixel further, and a corner is told from its neighbours."""
BORDER_PX = REACH + 2
"""No corner lies nearer to the border."""


def strongest(
    grey: UInt8[np.ndarray, "h w"], wanted: Bool[np.ndarray, "h w"], quality: float, apart_px: float
) -> Float[np.ndarray, "n 2"]:
    """Corners (x, y) in pixels, strongest first: largest among their neighbours, each away from all stronger ones.

    Args:
        wanted: where corners are looked for.
        quality: least strength, as a share of the greatest that is wanted. Strength is the smaller eigenvalue of the
            structure tensor.
        apart_px: least distance of two corners.
    """
    height, width = grey.shape
    inner = np.zeros_like(wanted)
    inside = slice(BORDER_PX, height - BORDER_PX), slice(BORDER_PX, width - BORDER_PX)
    inner[inside] = wanted[inside]
    place = np.flatnonzero(inner)
    if not len(place):
        return np.zeros((0, 2), np.float32)
    strength = _strength(grey, place[0] // width, place[-1] // width + 1)
    value = strength.ravel()[place]
    place = place[value > np.float32(quality) * value.max()]
    place = place[_are_peaks(strength, place)]
    order = np.argsort(-strength.ravel()[place], kind="stable")
    return _spread(place[order], height, width, max(apart_px, 1.0))


@compiled
def _strength(grey, top, stop):
    """The smaller eigenvalue (h w, float32) of rows from `top` to `stop` and of one more on both sides;
    0 elsewhere and at the border.

    Sums of whole numbers below 2^24: exact in single precision, in any order."""
    height, width = grey.shape
    strength = np.zeros((height, width), np.float32)
    tensor, column = np.zeros((5, 3, width), np.float32), np.zeros((3, width), np.float32)
    first, last = max(top - 1, 1 + REACH), min(stop + 1, height - 1 - REACH)
    two, half = np.float32(2.0), np.float32(0.5)
    for y in range(first - REACH, last + REACH):
        above, here, below = grey[y - 1], grey[y], grey[y + 1]
        products = tensor[y % 5]
        for x in range(1, width - 1):
            left_up, up, right_up = np.float32(above[x - 1]), np.float32(above[x]), np.float32(above[x + 1])
            left_down, down, right_down = np.float32(below[x - 1]), np.float32(below[x]), np.float32(below[x + 1])
            across = right_up - left_up + two * (np.float32(here[x + 1]) - np.float32(here[x - 1]))
            across += right_down - left_down
            along = left_down - left_up + two * (down - up) + right_down - right_up
            column[0, x] -= products[0, x]
            column[1, x] -= products[1, x]
            column[2, x] -= products[2, x]
            products[0, x], products[1, x], products[2, x] = across * across, across * along, along * along
            column[0, x] += products[0, x]
            column[1, x] += products[1, x]
            column[2, x] += products[2, x]
        middle = y - REACH
        if middle < first:
            continue
        row = strength[middle]
        for x in range(1 + REACH, width - 1 - REACH):
            xx = column[0, x - 2] + column[0, x - 1] + column[0, x] + column[0, x + 1] + column[0, x + 2]
            xy = column[1, x - 2] + column[1, x - 1] + column[1, x] + column[1, x + 1] + column[1, x + 2]
            yy = column[2, x - 2] + column[2, x - 1] + column[2, x] + column[2, x + 1] + column[2, x + 2]
            apart = (xx - yy) * half
            row[x] = (xx + yy) * half - np.sqrt(apart * apart + xy * xy)
    return strength


@compiled
def _are_peaks(strength, place):
    """Which places (n, flat) are no weaker than all around them."""
    width, peaks = strength.shape[1], np.zeros(len(place), np.bool_)
    for i in range(len(place)):
        y, x = place[i] // width, place[i] % width
        here, above, below = strength[y, x], strength[y - 1], strength[y + 1]
        if strength[y, x - 1] > here or strength[y, x + 1] > here or above[x] > here or below[x] > here:
            continue
        peaks[i] = max(above[x - 1], above[x + 1], below[x - 1], below[x + 1]) <= here
    return peaks


@compiled
def _spread(place, height, width, apart):
    """Of places (n, flat), strongest first, those that lie away from all that were taken before them."""
    side = int(np.ceil(apart))
    down, across = height // side + 1, width // side + 1
    taken, count = np.empty((len(place), 2), np.float32), 0
    head, following = np.full((down, across), -1), np.full(len(place), -1)  # of a chain of those in each cell
    for i in range(len(place)):
        y, x = place[i] // width, place[i] % width
        r, c, free = y // side, x // side, True
        for v in range(max(r - 1, 0), min(r + 2, down)):
            for u in range(max(c - 1, 0), min(c + 2, across)):
                other = head[v, u]
                while other >= 0:
                    free = free and (taken[other, 0] - x) ** 2 + (taken[other, 1] - y) ** 2 >= apart * apart
                    other = following[other]
        if free:
            taken[count, 0], taken[count, 1] = x, y
            following[count], head[r, c] = head[r, c], count
            count += 1
    return taken[:count]
