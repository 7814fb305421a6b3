"""Wipes, irises, quick dissolves: stretches in which each part of the picture is the first frame's, then the last's."""

import numpy as np
from jaxtyping import Float

from sfm.config import WipeConfig
from sfm.shots.dissolves import squared_distance, without_overlaps

REPEATS = 0.0005
"""Of the squared difference of both ends: a frame that differs by less from the one before it repeats it. One end
explains it whatever is beside it, so that it tells nothing: a picture that is held would thin out the motion."""


def find_wipes(
    thumbs: Float[np.ndarray, "n pixels"], config: WipeConfig, step_s: float | None = None
) -> list[tuple[int, int]]:
    """Stretches (first, last frame) that look like wipes; of those that overlap the one whose ends differ most.

    Args:
        thumbs: small pictures, each in a row, by pixels and colours (`thumbs_of`).
        step_s: seconds from one frame to the next, None where they carry none; a wipe is quick.

    In the frames between but for those that repeat, every part of the picture is nearer to that of one end than
    `unexplained` of what they differ by, and once it is that of the last frame it stays so. A motion leaves more.
    """
    thumbs = thumbs.reshape(len(thumbs), -1, 3).mean(2)
    found: list[tuple[float, int, int]] = []
    for length in config.lengths:
        starts = len(thumbs) - length
        if starts < 1 or (step_s is not None and length * step_s > config.longest_s):
            break
        ends = squared_distance(thumbs, length)
        half = thumbs[length // 2 : length // 2 + starts]
        nearest = np.minimum(np.square(half - thumbs[:starts]), np.square(half - thumbs[length:])).mean(1)
        likely = (ends > config.change_grey**2) & (nearest < 2 * config.unexplained * ends)
        for start in np.flatnonzero(likely):
            if _rest(thumbs[start : start + length + 1], config) < config.unexplained:
                found.append((float(ends[start]), int(start), int(start) + length))
    return without_overlaps((start, stop) for _, start, stop in sorted(found, reverse=True))


def _rest(thumbs: Float[np.ndarray, "k pixels"], config: WipeConfig) -> float:
    """Share of the squared difference of the two ends that neither explains between them; 1 where it is no wipe."""
    first, inner, last = thumbs[0], thumbs[1:-1], thumbs[-1]
    change = np.square(last - first)
    to_first, to_last = np.square(inner - first), np.square(inner - last)
    weight, arrived = change / change.sum(), to_last < to_first
    share = np.concatenate([[0.0], arrived @ weight, [1.0]])
    back = float(((arrived[:-1] & ~arrived[1:]) @ weight).sum())
    if back > config.goes_back or np.diff(share).max() > config.at_once:
        return 1.0
    moves = np.square(np.diff(thumbs[:-1], axis=0)).mean(1) > REPEATS * change.mean()
    return float(np.minimum(to_first, to_last)[moves].mean() / change.mean()) if moves.any() else 1.0
