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
        basis, own: (u p 4 k) of the patches, of which the last three are the vectors, and (b) which each row has.
        window: (k) of mean one.
    """
    count = len(window)
    side, share = int(np.sqrt(count)), np.float32(1.0 / count)
    cut = np.empty((side, side), np.float32)
    flat = cut.reshape(-1)
    for b in range(len(frame)):
        vectors = basis[own[b]]
        for p in range(place.shape[1]):
            _cut(level[frame[b]], place[b, p, 0], place[b, p, 1], cut)
            _centre(flat, window, share)
            total = np.float32(0.0)
            for k in range(count):
                total += flat[k] * flat[k] * window[k]
            out[b, p, 0] = total * share
            for row in range(1, 4):
                total = np.float32(0.0)
                for k in range(count):
                    total += vectors[p, row, k] * flat[k]
                out[b, p, row] = total


@compiled
def templates(level, frame, centre, window, basis, sums):
    """Fills the basis (b p 4 k) of patches, and `sums` (b p 6): both offsets, the variance, and the structure tensor.

    Args:
        level, frame, window: as for `projected`.
        centre: (p 2) of the patches of every frame, in pixels of the level.
        basis, sums: as `sfm.flow.patches.Patches` has them; the tensor as xx, xy, yy.
    """
    count = len(window)
    side, share = int(np.sqrt(count)), np.float32(1.0 / count)
    cut = np.empty((side + 2, side + 2), np.float32)
    rows = np.empty((3, count), np.float32)  # the patch, its gradients
    for b in range(len(frame)):
        for p in range(len(centre)):
            _cut(level[frame[b]], centre[p, 0], centre[p, 1], cut)
            for y in range(side):
                for x in range(side):
                    k = y * side + x
                    rows[0, k] = cut[y + 1, x + 1]
                    rows[1, k] = (cut[y + 1, x + 2] - cut[y + 1, x]) / 2
                    rows[2, k] = (cut[y + 2, x + 1] - cut[y, x + 1]) / 2
            for row in range(3):
                _centre(rows[row], window, share)
            for k in range(count):
                basis[b, p, 0, k] = window[k] * share
                basis[b, p, 1, k] = rows[1, k] * window[k]
                basis[b, p, 2, k] = rows[2, k] * window[k]
                basis[b, p, 3, k] = rows[0, k] * window[k]
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
def _cut(image, x, y, out):
    """Fills `out` with a window about a subpixel place, bilinear; far outside it is what lies at the edge."""
    size = out.shape[0]
    if not (abs(x) < FAR and abs(y) < FAR):  # no number: where sums may be reordered, isnan cannot tell
        x = y = np.float32(0.0)
    x = min(max(x + np.float32(RIM - size // 2), np.float32(0.0)), np.float32(image.shape[1] - size - 2))
    y = min(max(y + np.float32(RIM - size // 2), np.float32(0.0)), np.float32(image.shape[0] - size - 2))
    column, row = int(x), int(y)
    right, down = x - np.float32(column), y - np.float32(row)
    for r in range(size):
        for c in range(size):
            a, b = image[row + r, column + c], image[row + r + 1, column + c]
            a += right * (image[row + r, column + c + 1] - a)
            b += right * (image[row + r + 1, column + c + 1] - b)
            out[r, c] = a + down * (b - a)
