"""Paths in parts: each chunk of poses relative to its own first one, and divided by its own extent.

So feed-forward judges are used on long clips (Seoul World Model, appendix B.1, "VMem-like": non-overlapping chunks, the
first frame of each the identity, each translation track divided by its own largest norm). What drifts from one chunk to
the next is not seen.
"""

import numpy as np
from jaxtyping import Bool, Float

from compare.align import anchored, extent


def chunked(
    poses: Float[np.ndarray, "b k 4 4"], scored: Bool[np.ndarray, "b k"], size: int
) -> Float[np.ndarray, "b k 4 4"]:
    """Paths relative to the first pose of their chunk that counts, over its extent; at rest they are not divided."""
    out = poses.copy()
    for start in range(0, poses.shape[1], size):
        part = slice(start, start + size)
        some = scored[:, part].any(1)
        counted = scored[some, part]
        found = anchored(poses[some, part], counted.argmax(1))
        extents = extent(found[..., :3, 3], counted)
        found[..., :3, 3] /= np.where(extents > 0, extents, 1.0)[:, None, None]
        out[some, part] = found
    return out
