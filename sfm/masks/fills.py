"""A picture of another shape between blurred copies of itself, as upright films are shown on wide screens."""

from dataclasses import dataclass
from typing import final

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.masks.pixels import evenly

SAMPLE_FRAMES = 8
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
    for sides, turned in ((("left", "right"), False), (("top", "bottom"), True)):
        images = np.ascontiguousarray(sample.transpose(0, 2, 1)) if turned else sample
        depths = _depths(images)
        if depths is None:
            continue
        margin = max(1, round(MARGIN * max(grey.shape[1:])))
        columns = np.ones(images.shape[2], bool)
        columns[depths[0] + margin : len(columns) - depths[1] - margin] = False
        mask = np.broadcast_to(columns, images.shape[1:])
        return Fill(mask=np.ascontiguousarray(mask.T if turned else mask), depths_px=depths, sides=sides)
    return None


def _depths(images: UInt8[np.ndarray, "n h w"]) -> tuple[int, int] | None:
    """Columns of the copies left and right."""
    width = images.shape[2]
    detail = np.mean([np.abs(cv2.Laplacian(image, cv2.CV_32F)).mean(0) for image in images], axis=0)
    inside = slice(round(0.45 * width), round(0.55 * width) + 1)
    sharp = detail > SOFT * np.median(detail[inside])
    if not sharp[inside].all():
        return None
    left, right = int(np.argmax(sharp)), int(np.argmax(sharp[::-1]))  # both with the column before the edge
    if not LEAST * width < min(left, right) <= max(left, right) < MOST * width or abs(left - right) > UNEVEN * width:
        return None
    steps = _banded(np.abs(np.diff(images.astype(np.float32), axis=2)).mean(0))
    usual = np.maximum(np.median(steps[:, left + REACH : width - right - REACH], axis=1), 1.0)
    depths: list[int] = []
    for side, depth in ((steps, left), (steps[:, ::-1], right)):
        across = side[:, max(0, depth - REACH) : depth + REACH] / usual[:, None]
        if (across.max(1) > TORN).sum() < BANDS - BANDS_WITHOUT:
            return None
        depths.append(max(0, depth - REACH) + int(np.median(across.argmax(1))) + 1)
    return depths[0], depths[1]


def _banded(steps: Float[np.ndarray, "h v"]) -> Float[np.ndarray, "b v"]:
    """The mean of each band along the edges."""
    return np.stack([band.mean(0) for band in np.array_split(steps, BANDS, axis=0)])
