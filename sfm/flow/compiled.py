"""Patches cut and compared without an array of their pixels in between: the law of `patches` and `lucas_kanade`.

For frames on a CPU, compiled by numba; elsewhere torch does the same on whole batches.
"""

import numpy as np

from sfm.flow.pyramid import RIM
from sfm.geometry.compiled.jit import compiled

FAR = np.float32(1e9)
"""No place lies so far out."""


@compiled
def projected(level, frame, place, basis, own, window, out):
    """Fills `out` (b p 4): the variance of displaced patches under the window, and their projections on three vectors.

    Args:
        level: (n h w) frames with their rim.
        frame: (b) which one each row looks into.
        place: (b p 2) where each patch lies there, in pixels of the level.
        basis, own: (u p 3 k) of the patches, the vectors, and (b) which each row has.
        window: (k) of mean one.
    """
    count = len(window)
    side, share, zero = int(np.sqrt(count)), np.float32(1.0 / count), np.float32(0.0)
    cut, lines = np.empty(count, np.float32), np.empty(count + side, np.float32)
    for b in range(len(frame)):
        image = level[frame[b]]
        for p in range(place.shape[1]):
            _cut(image, place[b, p, 0], place[b, p, 1], side, lines, cut)
            vectors, mean = basis[own[b], p], zero
            for k in range(count):
                mean += cut[k] * window[k]
            mean *= share
            square, across, down, itself = zero, zero, zero, zero
            for k in range(count):
                value = cut[k] - mean
                square += value * value * window[k]
                across += vectors[0, k] * value
                down += vectors[1, k] * value
                itself += vectors[2, k] * value
            found = out[b, p]
            found[0], found[1], found[2], found[3] = square * share, across, down, itself


@compiled
def templates(level, frame, centre, window, basis, sums):
    """Fills the basis (b p 3 k) of patches, and `sums` (b p 6): both offsets, the variance, and the structure tensor.

    Args:
        level, frame, window: as for `projected`.
        centre: (p 2) of the patches of every frame, in pixels of the level.
        basis, sums: as `sfm.flow.patches.Patches` has them; the tensor as xx, xy, yy.
    """
    count = len(window)
    side, share = int(np.sqrt(count)), np.float32(1.0 / count)
    wide = side + 2
    cut, lines = np.empty(wide * wide, np.float32), np.empty((wide + 1) * wide, np.float32)
    rows = np.empty((3, count), np.float32)  # the patch, its gradients
    for b in range(len(frame)):
        for p in range(len(centre)):
            _cut(level[frame[b]], centre[p, 0], centre[p, 1], wide, lines, cut)
            for y in range(side):
                above, middle, below = cut[y * wide :], cut[(y + 1) * wide :], cut[(y + 2) * wide :]
                itself, across, down = rows[0, y * side :], rows[1, y * side :], rows[2, y * side :]
                for x in range(side):
                    itself[x] = middle[x + 1]
                    across[x] = (middle[x + 2] - middle[x]) / 2
                    down[x] = (below[x + 1] - above[x + 1]) / 2
            for row in range(3):
                _centre(rows[row], window, share)
            for k in range(count):
                basis[b, p, 0, k] = rows[1, k] * window[k]
                basis[b, p, 1, k] = rows[2, k] * window[k]
                basis[b, p, 2, k] = rows[0, k] * window[k]
            for number, (one, other) in enumerate(((1, 0), (2, 0), (0, 0), (1, 1), (1, 2), (2, 2))):
                total = np.float32(0.0)
                for k in range(count):
                    total += rows[one, k] * rows[other, k] * window[k]
                sums[b, p, number] = total * share if number == 2 else total


@compiled
def _centre(values, window, share):
    """Takes their mean under the window off."""
    mean = np.float32(0.0)
    for k in range(len(window)):
        mean += values[k] * window[k]
    mean *= share
    for k in range(len(window)):
        values[k] -= mean


@compiled
def _cut(image, x, y, side, lines, out):
    """Fills `out` (side side, flat) with a window about a subpixel place, bilinear; far outside it is what lies at the
    edge. `lines` is room for one row more: each is interpolated along itself once, and is read twice.
    """
    if not (abs(x) < FAR and abs(y) < FAR):  # no number: where sums may be reordered, isnan cannot tell
        x = y = np.float32(0.0)
    x = min(max(x + np.float32(RIM - side // 2), np.float32(0.0)), np.float32(image.shape[1] - side - 2))
    y = min(max(y + np.float32(RIM - side // 2), np.float32(0.0)), np.float32(image.shape[0] - side - 2))
    column, row = int(x), int(y)
    right, down = x - np.float32(column), y - np.float32(row)
    for r in range(side + 1):
        line, between = image[row + r, column:], lines[r * side :]
        for c in range(side):
            between[c] = line[c] + right * (line[c + 1] - line[c])
    for k in range(side * side):
        out[k] = lines[k] + down * (lines[k + side] - lines[k])
