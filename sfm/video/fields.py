"""Interlaced frames: two fields, half a frame apart in time, in the lines of one picture."""

import numpy as np
from jaxtyping import UInt8


def are_two(rgb: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Whether the fields show two instants: lines differ more from their neighbours than from those of their own field.

    Films of whole pictures are often marked as interlaced, too (DVDs, broadcasts), and keep all of their lines.
    """
    if len(rgb) < 5:
        return False
    line = rgb[..., 1].astype(np.int16)
    beside, own = (np.abs(2 * line[k:-k] - line[: -2 * k] - line[2 * k :]).mean() for k in (1, 2))
    return bool(beside > own)


def upper_field(rgb: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """The picture of the lines 0, 2, 4, ... alone, the others being the mean of those beside them.

    The same field of every frame, whichever is shown first: one instant a frame, as far apart as the frames are.
    Weaving both shows what moves twice, which cost a pan half of its turn.
    """
    if len(rgb) < 3:
        return rgb
    made = rgb.copy()
    own = rgb[::2]
    between = ((own[:-1].astype(np.uint16) + own[1:] + 1) // 2).astype(np.uint8)
    made[1 : 2 * len(between) : 2] = between
    if len(rgb) % 2 == 0:
        made[-1] = own[-1]
    return made
