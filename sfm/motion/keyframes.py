"""Which frames and tracks the adjuster works on: keyframes that share tracks, tracks spread over the frame."""

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.geometry.compiled.jit import compiled


def keyframes(
    seen: Bool[np.ndarray, "m n"], *, target: int = 16, max_step: int = 60, min_shared: float = 0.5
) -> Int[np.ndarray, " k"]:
    """Frames with evidence, about `target` of them, closer where tracks die fast.

    A step is at most `max_step` frames and keeps `min_shared` of the tracks of the frame before.
    """
    frames = np.flatnonzero(seen.sum(0) >= 12)
    if len(frames) <= 2:
        return frames
    step = int(np.clip(np.ceil((len(frames) - 1) / (target - 1)), 1, max_step))
    chosen = [0]
    while chosen[-1] < len(frames) - 1:
        here = chosen[-1]
        alive = seen[:, frames[here]]
        ahead = frames[here + 1 : here + 1 + step]
        shared = seen[alive][:, ahead].mean(0)
        enough = np.flatnonzero(shared >= min_shared)
        chosen.append(here + 1 + (int(enough[-1]) if len(enough) else 0))
    return frames[np.array(chosen)]


def spread(
    xy_px: Float[np.ndarray, "m k 2"], hw: tuple[int, int], *, cells: int = 10, quota: int = 2, limit: int = 600
) -> Int[np.ndarray, " s"]:
    """Tracks that give every cell of every frame about `quota` points, the longest first."""
    seen = np.isfinite(xy_px[..., 0])
    length = seen.sum(1)
    height, width = hw
    side = max(width, height) / cells
    rows, columns = int(np.ceil(height / side)), int(np.ceil(width / side))
    place = np.where(seen[..., None], xy_px, 0.0) / side
    cell = np.clip(place[..., 1].astype(int), 0, rows - 1) * columns + np.clip(
        place[..., 0].astype(int), 0, columns - 1
    )
    order = np.argsort(-length, kind="stable")
    return order[_chosen(order, length, seen, cell, np.zeros((xy_px.shape[1], rows * columns), np.int64), quota, limit)]


@compiled
def _chosen(
    order: np.ndarray, length: np.ndarray, seen: np.ndarray, cell: np.ndarray, count: np.ndarray, quota: int, limit: int
) -> np.ndarray:
    """Which of the tracks in this order half of whose cells lack points, at most `limit`.

    Args:
        order, length: (m).
        seen, cell: (m k).
        count: (k cells), zeros; gets the points of each.
        quota, limit: of `spread`.
    """
    chosen, many = np.zeros(len(order), np.bool_), 0
    for i, j in enumerate(order):
        if length[j] < 2 or many >= limit:
            break
        free = 0
        for t in range(seen.shape[1]):
            free += seen[j, t] and count[t, cell[j, t]] < quota
        if 2 * free < length[j]:
            continue
        for t in range(seen.shape[1]):
            count[t, cell[j, t]] += seen[j, t]
        chosen[i] = True
        many += 1
    return chosen
