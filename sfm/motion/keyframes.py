"""Which frames and tracks the adjuster works on: keyframes that share tracks, tracks spread over the frame."""

import numpy as np
from jaxtyping import Bool, Float, Int


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
    count = np.zeros((xy_px.shape[1], rows * columns), np.int64)
    chosen: list[int] = []
    for j in np.argsort(-length, kind="stable"):
        if length[j] < 2 or len(chosen) >= limit:
            break
        at = np.flatnonzero(seen[j])
        if (count[at, cell[j, at]] < quota).mean() >= 0.5:
            count[at, cell[j, at]] += 1
            chosen.append(int(j))
    return np.array(chosen, dtype=np.int64)
