"""A picture of another shape between blurred copies of itself, as upright films are shown on wide screens."""

from dataclasses import dataclass
from typing import final

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.masks.pixels import evenly

SAMPLE_FRAMES = 4
SOFT = 0.3
"""Detail of a blurred copy, as a share of that in the middle of the picture, is less."""
LEAST, MOST, UNEVEN = 0.06, 0.42, 0.03
"""Of the side: how deep a copy is on either side, and by how much the two may differ."""
BANDS, BANDS_WITHOUT = 16, 3
TORN, REACH = 2.0, 5
"""Steps of grey across an edge of the picture, over those within it, in all of so many bands along it but for some, so
many columns about where the detail begins. What a lens blurs passes into what is sharp, and has no such edge."""
MARGIN = 0.006
"""Width of what is masked inside the edge, share of the longer side: feature windows reach over it."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Fill:
    """Pixels of the blurred copies, how deep the two are, and on which sides."""

    mask: Bool[np.ndarray, "h w"]
    depths_px: tuple[int, int]
    sides: tuple[str, str]


def find_fill(grey: UInt8[np.ndarray, "n h w"]) -> Fill | None:
    """The blurred copies left and right of the picture, or above and below it; None where there are none."""
    sample = grey[evenly(len(grey), SAMPLE_FRAMES)]
    detail = np.mean([np.abs(cv2.Laplacian(image, cv2.CV_32F)) for image in sample], axis=0)
    margin = max(1, round(MARGIN * max(detail.shape)))
    for axis, sides in ((0, ("left", "right")), (1, ("top", "bottom"))):
        about = _soft_ends(detail.mean(axis))
        depths = None if about is None else _torn_at(sample if axis == 0 else sample.transpose(0, 2, 1), about)
        if depths is None:
            continue
        lines = np.ones(detail.shape[1 - axis], bool)
        lines[depths[0] + margin : len(lines) - depths[1] - margin] = False
        mask = np.zeros(detail.shape, bool)
        mask[(slice(None), lines) if axis == 0 else (lines, slice(None))] = True
        return Fill(mask=mask, depths_px=depths, sides=sides)
    return None


def _soft_ends(detail: Float[np.ndarray, " w"]) -> tuple[int, int] | None:
    """How many columns on either side have little detail, where they may be copies."""
    width = len(detail)
    inside = slice(round(0.45 * width), round(0.55 * width) + 1)
    sharp = detail > SOFT * np.median(detail[inside])
    left, right = int(np.argmax(sharp)), int(np.argmax(sharp[::-1]))
    deep = LEAST * width < min(left, right) and max(left, right) < MOST * width
    return (left, right) if sharp[inside].all() and deep and abs(left - right) <= UNEVEN * width else None


def _torn_at(images: UInt8[np.ndarray, "n h w"], about: tuple[int, int]) -> tuple[int, int] | None:
    """Columns of the copies left and right, where the picture is torn at both edges."""
    left, right = about
    steps = _banded(np.abs(np.diff(images.astype(np.float32), axis=2)).mean(0))
    within = steps[:, left + REACH : -right - REACH]
    if len(steps) < BANDS - BANDS_WITHOUT or not within.size:  # too small a picture to have an edge
        return None
    usual = np.maximum(np.median(within, axis=1), 1.0)
    depths: list[int] = []
    for side, depth in ((steps, left), (steps[:, ::-1], right)):
        across = side[:, max(0, depth - REACH) : depth + REACH] / usual[:, None]
        if (across.max(1) > TORN).sum() < BANDS - BANDS_WITHOUT:
            return None
        depths.append(max(0, depth - REACH) + int(np.median(across.argmax(1))) + 1)
    return depths[0], depths[1]


def _banded(steps: Float[np.ndarray, "h v"]) -> Float[np.ndarray, "b v"]:
    """The mean of each band along the edges; of a low picture each line is one."""
    return np.stack([band.mean(0) for band in np.array_split(steps, min(BANDS, len(steps)), axis=0)])
