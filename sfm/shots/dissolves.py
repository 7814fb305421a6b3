"""Dissolves: stretches in which every frame is a blend of the first and the last one."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from sfm.config import DissolveConfig


def find_dissolves(thumbs: Float[np.ndarray, "n pixels"], config: DissolveConfig) -> list[tuple[int, int]]:
    """Stretches (first, last frame) that look like dissolves, the best explained of those that overlap.

    With I_m = (1-a) I_first + a I_last, the least-squares a and its rest need squared distances between thumbs only.
    """
    count = len(thumbs)
    found: list[tuple[float, int, int]] = []
    for length in config.lengths:
        if length >= count:
            break
        ends = squared_distance(thumbs, length)  # (count - length,)
        inner = np.arange(1, length)
        to_first = np.stack([squared_distance(thumbs, k)[: count - length] for k in range(1, length)])
        to_last = np.stack([squared_distance(thumbs, length - k)[k : k + count - length] for k in range(1, length)])
        safe = np.maximum(ends, 1e-9)
        share = (to_first - to_last + ends) / (2 * safe)  # the least-squares a of each middle frame
        rest = (to_first - share**2 * ends) / safe
        grows = (np.diff(share, axis=0, prepend=0.0, append=1.0) > -0.05).all(0)
        steady = np.abs(share - (inner / length)[:, None]).max(0) < 0.25
        good = grows & steady & (ends > config.change_grey**2) & (rest.max(0) < config.unexplained)
        good[good] = [_changes_most(thumbs, int(k), length, config.beside) for k in np.flatnonzero(good)]
        found += [(float(rest[:, k].mean()), int(k), int(k + length)) for k in np.flatnonzero(good)]
    # The longest stretch holds the whole dissolve; the best explained of equal length is centred on it.
    best_first = sorted(found, key=lambda item: (item[1] - item[2], item[0]))
    return without_overlaps((start, stop) for _, start, stop in best_first)


def _changes_most(thumbs: Float[np.ndarray, "n pixels"], first: int, length: int, most: float) -> bool:
    """Whether the picture changes less on one side than `most` of what it does within, frame for frame.

    One that goes on alike on both sides moves; each frame is a blend of its neighbours where the rate was raised.
    """
    last = first + length
    within = float(np.square(thumbs[last] - thumbs[first]).mean())
    beside = [
        float(np.square(thumbs[end] - thumbs[far]).mean()) / (most * within * abs(far - end) / length)
        for end, far in ((first, max(0, first - length)), (last, min(len(thumbs) - 1, last + length)))
        if far != end
    ]
    return not beside or min(beside) < 1.0


def without_overlaps(best_first: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of stretches (first, last frame) that overlap the first given, in order."""
    chosen: list[tuple[int, int]] = []
    for start, stop in best_first:
        if all(stop < other[0] or start > other[1] for other in chosen):
            chosen.append((start, stop))
    return sorted(chosen)


def squared_distance(thumbs: np.ndarray, gap: int) -> np.ndarray:
    """Mean squared difference of thumbs that are `gap` frames apart."""
    return np.square(thumbs[gap:] - thumbs[: len(thumbs) - gap]).mean(1)
