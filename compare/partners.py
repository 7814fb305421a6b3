"""What to say of clips of different lengths where frame meets frame, so that the end of one meets nothing."""

import numpy as np

from compare.association import frame_numbers
from compare.protocols import Clock
from trajectory.model import Trajectory


def other_lengths(
    reference: Trajectory, generated: Trajectory, time: str, clock: Clock, remedy: str = ""
) -> tuple[str, ...]:
    """The note, where frames meet by their numbers (time "index") or row by row and one clip has more of them.

    Args:
        remedy: what to do if both show the whole move; "" where the protocol knows nothing else.
    """
    n, m = len(reference), len(generated)
    if n == m:
        return ()
    by_number = time == "index"
    a, b = (frame_numbers(t, clock) if by_number else np.arange(len(t)) for t in (reference, generated))
    shared = np.intersect1d(a, b)
    return unequal((n, m), len(shared), remedy, first=np.array_equal((b if m > n else a)[: len(shared)], shared))


def unequal(lengths: tuple[int, int], shared: int, remedy: str = "", *, first: bool = True) -> tuple[str, ...]:
    """The note for a reference and a generated clip of these lengths; none where they are equal.

    Args:
        lengths: frames of both. shared: how many meet. first: whether these are the first ones of the longer clip.
    """
    n, m = lengths
    if n == m:
        return ()
    longer, of = max((n, "reference"), (m, "generated clip"))
    return (
        f"lengths differ: the reference has {n} frames and the generated clip {m}; frame i is compared with frame i, "
        f"so that only {'the first ' if first else ''}{shared} of the {longer} frames of the {of} "
        f"({shared / longer:.0%}) have a partner" + (f"; if both show the whole move, use {remedy}" if remedy else ""),
    )
