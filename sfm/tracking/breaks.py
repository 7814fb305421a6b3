"""Stretches of a shot that hardly any track crosses: where one picture fades or slides into another, all that was
followed ends and other things begin, though each frame is linked to the next."""

import numpy as np
from jaxtyping import Bool

REACH = 12
"""Frames with content that a track has to cross: half a second, as long as most dissolves and wipes."""
FEW = 0.35
"""A break is crossed by so much less of what is followed than is usual in this shot. On real clips without a cut it is
.45 and more but for one (.28), at dissolves and wipes between shots that move .0 to .3."""
USUAL = 0.15
"""Where less than this is followed for so long as a rule, all moves too fast to say anything."""


def breaks(seen: Bool[np.ndarray, "m n"]) -> list[tuple[int, int]]:
    """The stretches (first, last frame), in order and apart.

    Args:
        seen: of each track, in which frames; frames in which nothing is followed are passed over.
    """
    used = np.flatnonzero(seen.any(0))
    if len(used) <= 2 * REACH:
        return []
    followed = seen[:, used]
    crosses = (followed[:, :-REACH] & followed[:, REACH:]).sum(0) / followed[:, :-REACH].sum(0)
    usual = float(np.median(crosses))
    found: list[tuple[int, int]] = []
    for k in np.flatnonzero(crosses < FEW * usual) if usual > USUAL else ():
        start, stop = int(used[k]), int(used[k + REACH])
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, stop))
    return found
