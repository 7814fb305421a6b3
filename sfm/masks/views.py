"""Several views in one picture: a split screen, or half of the picture riding along with the camera."""

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy.lib.stride_tricks import sliding_window_view

from sfm.masks.blank import to_grey
from sfm.masks.followed import FEWEST, affine_of, followed, limit_of
from sfm.masks.pixels import evenly
from sfm.types import Frames, Masks

SAMPLE_FRAMES, LONG_SIDE = 6, 320
BANDS, BANDS_WITHOUT = 16, 2
"""A seam shows in each of so many bands along it, but for these."""
STANDS_OUT = 3.0
"""Steps across a seam, over the median of those beside it. In moving pictures of one view they are 2.6 times and less,
with a straight edge that rests up to 4.5."""
HALF_WINDOW, NEAR, BESIDE = 8, 2, 1
"""Columns that are compared: so far on either side, without the nearest, and as many taken for the seam itself."""
MIDDLE = (0.25, 0.75)
"""Of the side: where a seam parts the picture."""
PAIRS, LONGEST_STEP = 6, 4
STRIP = 0.25
"""Of the side: how far from the seam the motion on either side is looked at."""
LEAST, MOST = 0.4, 0.25
"""Share of the one side that follows a motion at least, and of the other at most, where the two are different views."""
WIDE = 0.25
"""What follows the motion of a side lies over so much of the seam, of what the points of either side lie over. Who
walks before a horizon has most of the points below it and a fifth of its length. Of 60 pairs of real clips side by side
or above each other 41 are told with this, 50 without."""
SYMMETRIC = 0.03
"""Two seams as far from either border, up to this share, are the edges of a picture between panels."""


def several_views(frames: Frames, found: Masks) -> str:
    """Why a shot's picture shows more than one view, "" where it may show one, with what to do about it."""
    seen, scale = np.flatnonzero(~found.blank), LONG_SIDE / max(frames.hw)
    if len(seen) < 4 or scale > 1.0:  # a seam is a few columns of that size: enlarged, any edge is as sharp
        return ""
    some = frames.rgb[seen[evenly(len(seen), SAMPLE_FRAMES)]]
    size = (max(1, round(frames.hw[1] * scale)), max(1, round(frames.hw[0] * scale)))
    small = to_grey(np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in some]))
    for upright, turned in ((True, small), (False, small.transpose(0, 2, 1))):
        at = seam_of(turned)
        if at is not None and _goes_apart(frames, found, seen, at, upright=upright):
            line, side = ("an upright", "width") if upright else ("a level", "height")
            return (
                f"the picture is parted by {line} line at {at:.0%} of its {side}, and its parts move apart (a split "
                f"screen, or something that rides along); keep one of them: ffmpeg -i CLIP -vf {_larger(at, upright)} "
                "ONE.mp4"
            )
    return ""


def _larger(at: float, upright: bool) -> str:
    """ffmpeg's filter that keeps the larger side of a seam."""
    share, begin = max(at, 1.0 - at), 0.0 if at >= 0.5 else at
    return f"crop=iw*{share:.2f}:ih:iw*{begin:.2f}:0" if upright else f"crop=iw:ih*{share:.2f}:0:ih*{begin:.2f}"


def seam_of(grey: UInt8[np.ndarray, "n h w"]) -> float | None:
    """Where an upright line parts all frames from top to bottom, as a share of the width; None where there is none."""
    if grey.shape[1] < BANDS or grey.shape[2] <= 4 * HALF_WINDOW:
        return None
    steps = np.abs(np.diff(grey.astype(np.float32), axis=2))
    bands = np.stack([band.mean((0, 1)) for band in np.array_split(steps, BANDS, axis=1)])
    width = grey.shape[2]
    window = sliding_window_view(bands, 2 * HALF_WINDOW + 1, axis=1)
    middle = np.arange(HALF_WINDOW - NEAR, HALF_WINDOW + NEAR + 1)
    beside = np.maximum(np.median(np.delete(window, middle, axis=2), axis=2), 1.0)
    across = window[:, :, HALF_WINDOW - BESIDE : HALF_WINDOW + BESIDE + 1].max(2)
    stands_out = np.sort(across / beside, axis=0)[BANDS_WITHOUT]
    place = (np.arange(len(stands_out)) + HALF_WINDOW + 1) / width
    stands_out[(place < MIDDLE[0]) | (place > MIDDLE[1])] = 0.0
    best = int(np.argmax(stands_out))
    at = float(place[best])
    opposite = (np.abs(1.0 - at - place) < SYMMETRIC) & (np.abs(at - place) > SYMMETRIC)
    between_panels = bool((stands_out[opposite] > STANDS_OUT).any())
    return at if stands_out[best] > STANDS_OUT and not between_panels else None


def _goes_apart(frames: Frames, found: Masks, seen: Int[np.ndarray, " k"], at: float, *, upright: bool) -> bool:
    """Whether one side of a seam follows a motion that the other does not, in most of some pairs of frames."""
    step = min(LONGEST_STEP, max(1, len(seen) // 4))
    width = found.usable.shape[1 if upright else 0]
    place, strip = at * width, STRIP * width
    strips: list[np.ndarray] = []
    for low, high in ((place - strip, place - 3), (place + 3, place + strip)):
        columns = np.zeros(width, np.uint8)
        columns[max(0, int(low)) : int(high)] = 1
        strips.append((found.usable if upright else found.usable.T) * columns)
    said: list[bool] = []
    for start in evenly(len(seen) - step, PAIRS):
        pair = [cv2.cvtColor(frames.rgb[seen[k]], cv2.COLOR_RGB2GRAY) for k in (int(start), int(start) + step)]
        before, now = pair if upright else (np.ascontiguousarray(image.T) for image in pair)
        sides = [followed(before, now, where) for where in strips]
        if min(len(corners) for corners, _ in sides) >= FEWEST:
            said.append(_differ(sides))
    return len(said) >= 2 and sum(said) > len(said) / 2


def _differ(sides: list[tuple[Float[np.ndarray, "_ 2"], Float[np.ndarray, "_ 2"]]]) -> bool:
    """Whether the motion of either side, all along the seam, is not that of the other: points of both then and now."""
    limit_px = limit_of(*sides)
    least = WIDE * max(_extent(before[:, 1]) for before, _ in sides)
    for (before, now), (other, there) in (sides, sides[::-1]):
        motion = affine_of(before, now, limit_px)
        if motion is None:
            return False
        own, others = (motion(a, b) < limit_px for a, b in ((before, now), (other, there)))
        if own.mean() < LEAST or others.mean() > MOST:
            return False
        if _extent(before[own, 1]) < least:
            return False
    return True


def _extent(place: Float[np.ndarray, " m"]) -> float:
    """Over how much of a seam nine in ten of some points lie."""
    return float(np.ptp(np.quantile(place, (0.05, 0.95))))
