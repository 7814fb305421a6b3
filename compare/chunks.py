"""Paths in parts: each chunk of poses relative to its own first one, and divided by its own extent.

So feed-forward judges are used on long clips (Seoul World Model, appendix B.1, "VMem-like": non-overlapping chunks, the
first frame of each the identity, each translation track divided by its own largest norm). What drifts from one chunk to
the next is not seen.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from compare.align import anchored, extent
from compare.metrics import Comparison


def in_chunks(comparison: Comparison) -> Comparison:
    """The comparison with both paths in chunks of as many points as its protocol says; the last may be shorter."""
    size, scored = comparison.protocol.chunk, comparison.pair.scored
    return replace(
        comparison,
        reference=chunked(comparison.reference, scored, size),
        generated=chunked(comparison.generated, scored, size),
        unit="own extent of each chunk",
    )


def chunked(poses: Float[np.ndarray, "k 4 4"], scored: Bool[np.ndarray, " k"], size: int) -> Float[np.ndarray, "k 4 4"]:
    """Poses relative to the first one of their chunk that counts, over its extent; at rest they are not divided."""
    out = poses.copy()
    for start in range(0, len(poses), size):
        part = slice(start, start + size)
        counted = scored[part]
        if not counted.any():
            continue
        out[part] = anchored(poses[part], int(np.argmax(counted)))
        out[part, :3, 3] /= extent(out[part, :3, 3], counted) or 1.0
    return out
