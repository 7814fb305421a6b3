"""Clips that show no scene: a test card that somebody drew, shapes or text on an even ground, or noise."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from sfm.masks.blank import to_grey
from sfm.masks.graphics import is_graphic
from sfm.masks.pixels import evenly, slopes
from sfm.types import Frames, Masks

SAMPLE_FRAMES = 8
RESTS_GREY, RESTING = 8, 0.6
"""Most of a card is the same in all frames, to a codec's rounding; a clock or a sweep may run on the rest."""
FLAT_GREY, FLAT = 2.0, 0.7
"""Grey levels a pixel; share of the picture that is flatter. Photographs reach 0.5, dark films and even walls more."""
LEVELS, EVEN = 16, 0.8
"""Share of the picture that the most frequent grey levels have, of colours that somebody chose: light falls off along
a wall, whose levels are many."""
EDGE_GREY, LEAST_EDGES = 8.0, 0.003
"""Grey levels a pixel, and share of the picture with such edges, below which there is nothing to judge."""
ALONG_AXES, OFF_AXIS = 0.75, 0.15
"""Share of the edges that run along rows or columns, and the slope across that is still a rounding of that. Grain has
0.19, rooms and streets up to 0.6."""
ALIKE = 0.2
"""Correlation of neighbours that any picture surpasses, neighbouring pixels or neighbouring frames: a lens blurs."""
REMEDY = "give a clip that shows a scene, or the part that does (--video.start-s, --video.stop-s)"


def no_scene(frames: Frames, found: Masks) -> str:
    """Why what a shot shows is no scene, "" where it may be one.

    A card is told by how it is made: flat areas and edges along rows and columns that never change. A photograph that
    is held has grain and edges of all directions.
    """
    seen = np.flatnonzero(~found.blank)
    if len(seen) < 2:
        return ""
    grey = to_grey(frames.rgb[seen[evenly(len(seen), SAMPLE_FRAMES)]])
    if _drawn(grey, found.usable):
        made = "every frame is the same synthetic card of flat areas and straight edges"
        return f"a test pattern (or a title) is no scene: {made}; {REMEDY}"
    if all(is_graphic(image) for image in grey):
        drawn = "every frame is shapes or text on an even ground, among which no camera can move"
        return f"a drawing or a page of text is no scene: {drawn}; {REMEDY}"
    if _noise(grey):
        return f"noise is no scene: neither neighbouring pixels nor frames have anything in common; {REMEDY}"
    return ""


def _drawn(grey: UInt8[np.ndarray, "k h w"], usable: Bool[np.ndarray, "h w"]) -> bool:
    """Whether what rests is most of the picture, flat, and has edges along rows and columns only."""
    rests = usable & (np.ptp(grey, axis=0) < RESTS_GREY)
    rests = cv2.erode(rests.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1).astype(bool)
    if rests.sum() < RESTING * usable.sum() or not rests.any():
        return False
    image = grey[0].astype(np.float32)
    slope = np.abs(slopes(image))
    steep = np.hypot(*slope)
    edges = rests & (steep >= EDGE_GREY)
    even = np.sort(np.bincount(grey[0][rests]))[-LEVELS:].sum() >= EVEN * rests.sum()
    if not even or (steep < FLAT_GREY)[rests].mean() < FLAT or edges.sum() < LEAST_EDGES * rests.sum():
        return False
    along_axes = slope.min(0) <= OFF_AXIS * slope.max(0)
    return bool(along_axes[edges].mean() >= ALONG_AXES)


def _noise(grey: UInt8[np.ndarray, "k h w"]) -> bool:
    """Whether pixels know nothing of their neighbours, at a quarter of the size, where no codec links them."""
    height, width = grey.shape[1:]
    size = (max(4, width // 4), max(4, height // 4))
    small = np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in grey]).astype(np.float64)
    small -= small.mean((1, 2), keepdims=True)
    power = (small**2).mean()
    shifted = ((small[:, :, 1:], small[:, :, :-1]), (small[:, 1:], small[:, :-1]), (small[1:], small[:-1]))
    return bool(power > 0 and all(abs((a * b).mean()) < ALIKE * power for a, b in shifted))
