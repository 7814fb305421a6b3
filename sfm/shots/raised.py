"""Frame rates that were raised by blending: between every two frames of the film lie blends of these two."""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from sfm.shots.thumbs import FIRST_TIMES, shrunk, thumbs_of
from sfm.types import Frames

TIMES = (2, 3, 4, 5)
"""How many times as many frames as there were: 12 to 24, 8 to 24, 12 to 48 or 15 to 60, 12 to 60."""
LONG_SIDE = 64
"""Pixels at which it is looked at: noise averages out, fast motion does not."""
LEAST_FRAMES = 4
"""Frames of the film: fewer show no rate."""
BENDS = 9.0
"""Times as much (squared) as a blend the frames of the film leave the straight line between their neighbours. Where
the motion is slow all frames lie on it, and where it is fast none does: both leave a ratio about 1."""
STRAIGHT = 0.1
"""Share of the squared change across a blend that it leaves unexplained at most; motion leaves a quarter and more."""
NEARLY_ALL = 0.8
"""Of the blends: tools leave them out at cuts."""
ALONE = 0.02
"""Share of the squared difference of the two shots up to which a frame shows one of them alone."""


def find_raised(rgb: UInt8[np.ndarray, "n h w 3"]) -> slice | None:
    """The frames of the film among those of a clip whose rate was raised by blending; None where it was not.

    A clip of such a rate runs straight, in each pixel, from one frame of the film to the next, and bends there alone.
    """
    if len(rgb) < 2 * LEAST_FRAMES:
        return None
    thumbs = _thumbs(rgb)
    off = np.square(thumbs[1:-1] - (thumbs[:-2] + thumbs[2:]) / 2).mean(1)
    straight = off <= STRAIGHT * np.square((thumbs[2:] - thumbs[:-2]) / 2).mean(1)
    for times in reversed(TIMES):
        for first in range(times):
            bends = np.zeros(len(off), bool)
            bends[(first - 1) % times :: times] = True
            if bends.sum() < LEAST_FRAMES or straight[~bends].mean() < NEARLY_ALL:
                continue
            if np.median(off[bends]) > BENDS * max(float(np.median(off[~bends])), 1e-3):
                return slice(first, None, times)
    return None


def without_blends(frames: Frames) -> Frames:
    """The frames of the film alone, with their own times, and a note of it; the same where no rate was raised.

    In a blend of two pictures that differ the corners of both stand side by side, and rest while the camera moves.
    """
    film = find_raised(frames.rgb)
    if film is None:
        return frames
    parts: dict[str, Any] = {
        name: np.ascontiguousarray(getattr(frames, name)[film]) for name in ("rgb", "time_s", "index")
    }
    left_out = len(frames) - len(parts["index"])
    note = (
        f"{left_out} of {len(frames)} frames are blends of their neighbours, by which the frame rate was multiplied by "
        f"{film.step}, and are left out"
    )
    return replace(frames, **parts, notes=(*frames.notes, note))


def first_alone(rgb: UInt8[np.ndarray, "n h w 3"], before: int, after: int) -> int:
    """Of the frames behind `before` up to `after`, of two shots, the first that shows the second shot alone."""
    thumbs = _thumbs(rgb[before : after + 1])
    to_last = np.square(thumbs[1:] - thumbs[-1]).mean(1)
    return before + 1 + int(np.argmax(to_last <= ALONE * np.square(thumbs[0] - thumbs[-1]).mean()))


def _thumbs(rgb: UInt8[np.ndarray, "k h w 3"]) -> Float[np.ndarray, "k pixels"]:
    return thumbs_of(shrunk(rgb, FIRST_TIMES * LONG_SIDE), LONG_SIDE)
