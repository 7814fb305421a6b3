"""In which order solids may be drawn over each other."""

import numpy as np
from jaxtyping import Float


def back_to_front(bounds: Float[np.ndarray, "n 2 3"], eye: Float[np.ndarray, " 3"]) -> list[int]:
    """Numbers of boxes along the axes, the hidden ones before those that hide them.

    A box cannot hide another where a plane across an axis has the box on one side, and the
    other and the eye on the opposite one. Rings of boxes that each may hide the next (and boxes
    that cut into each other) are drawn by their distance.
    """
    n = len(bounds)
    if n == 0:
        return []
    low, high = bounds[:, 0], bounds[:, 1]
    slack = 1e-6
    # may_hide[i, j]: j may hide i, so that i comes first.
    before = np.maximum(high, eye)[:, None] <= low[None] + slack
    after = np.minimum(low, eye)[:, None] >= high[None] - slack
    may_hide = np.asarray(~(before | after).any(-1))
    np.fill_diagonal(may_hide, False)
    distance = np.linalg.norm((low + high) / 2 - eye, axis=1)
    # Two that may hide each other either way: the nearer one hides.
    both = may_hide & may_hide.T
    may_hide &= ~(both & (distance[:, None] < distance[None]))
    waiting = np.ones(n, bool)
    result: list[int] = []
    while waiting.any():
        # Free: nobody that waits must come before it, that is, it hides none of those that wait.
        free = waiting & ~(may_hide & waiting[:, None]).any(0)
        pick = free if free.any() else waiting
        number = int(np.argmax(np.where(pick, distance, -1.0)))
        result.append(number)
        waiting[number] = False
    return result
