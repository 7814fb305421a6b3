"""Which frames of a clip are matched with each other."""

import numpy as np
from jaxtyping import Int

from trajectory.errors import CinetrajError


def sequential(n_frames: int, *, window: int = 6, quadratic: bool = True) -> Int[np.ndarray, "p 2"]:
    """Pairs (i, j), i < j: every gap up to `window`, then gaps that double (COLMAP's quadratic overlap).

    The doubling gaps give the long baselines that a slow camera needs, with a number of pairs that grows as
    n log n. Sorted by i, then j.
    """
    if n_frames < 0 or window < 1:
        raise CinetrajError(f"n_frames={n_frames} and window={window}, expected at least 0 and at least 1")
    gaps = list(range(1, window + 1))
    if quadratic:
        gap = 1
        while gap < n_frames:
            if gap > window:
                gaps.append(gap)
            gap *= 2
    pairs = [(i, i + gap) for i in range(n_frames) for gap in gaps if i + gap < n_frames]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
