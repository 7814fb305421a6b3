"""Pictures that are drawn on an even ground: a shape on nothing, credits, a page of text."""

import cv2
import numpy as np
from jaxtyping import Bool, Int, UInt8

GROUND_GREY, GROUND = 4, 0.5
"""Grey levels around the tone of a drawn ground, and its least share: codecs ring so far, light falls off farther."""
BORDER = 0.75
"""Share of the picture's rim that is ground, lines of text that just leave it apart: a scene leaves it somewhere."""
INK_GREY, LEAST_INK = 24, 0.002
"""Grey levels from the ground on which something is drawn, and its least share of the picture."""
EVEN_INK, TONES = 0.9, 3
"""Share of what is drawn, away from its edges, that so many tones have. The glow of a lamp has none, nor has a shoe."""
SHARP_RIM = 0.5
"""A shape's rim, of three pixels, is at most this share of it; else it is made of strokes, and has to be text."""
LINES, LINE_STROKES, LINE_ALIKE = 4, 8, 0.5
"""Lines that make a text, changes between ground and ink along each, and how far their heights differ."""
FULL_INK, EVEN_STROKES = 0.7, 0.8
"""Strokes nearly as far from the ground as the farthest, and their share: windows and stars differ in brightness."""


def is_graphic(image: UInt8[np.ndarray, "h w"]) -> bool:
    """Whether a picture is a few even tones on an even ground, or lines of text on it."""
    ground = _tone(image)
    on_ground = np.abs(image.astype(np.int16) - ground) <= GROUND_GREY
    rim = np.concatenate([on_ground[[0, -1]].ravel(), on_ground[:, [0, -1]].ravel()])
    if on_ground.mean() < GROUND or rim.mean() < BORDER:
        return False
    contrast = cv2.absdiff(image, np.full_like(image, ground))
    if (contrast > INK_GREY).mean() < LEAST_INK:
        return False
    return _is_flat(image, contrast > INK_GREY, on_ground) or _is_text(contrast)


def _tone(values: UInt8[np.ndarray, "*shape"]) -> int:
    """The grey level that has most of the values around it."""
    counts = np.bincount(values.ravel(), minlength=256)
    return int(np.argmax(np.convolve(counts, np.ones(2 * GROUND_GREY + 1), mode="same")))


def _is_flat(image: UInt8[np.ndarray, "h w"], ink: Bool[np.ndarray, "h w"], on_ground: Bool[np.ndarray, "h w"]) -> bool:
    """Whether all that is no ground is rims and shapes of a few even tones."""
    shape = cv2.erode((~on_ground).astype(np.uint8), np.ones((7, 7), np.uint8), borderValue=1).astype(bool) & ink
    rest = image[shape]
    size = len(rest)
    if size < SHARP_RIM * (~on_ground).sum():
        return False
    for _ in range(TONES):
        if len(rest):
            rest = rest[np.abs(rest.astype(np.int16) - _tone(rest)) > GROUND_GREY]
    return len(rest) <= (1 - EVEN_INK) * size


def _is_text(contrast: UInt8[np.ndarray, "h w"]) -> bool:
    """Whether what is drawn lies in rows of like height with ground between them, each of many strokes of one tone."""
    ink = contrast > INK_GREY
    strokes = cv2.dilate(contrast, np.ones((5, 5), np.uint8))[ink]
    if (strokes > FULL_INK * np.quantile(strokes, 0.98)).mean() < EVEN_STROKES:
        return False
    starts, stops = _runs(np.asarray(ink.any(1)))
    if len(starts) < LINES:
        return False
    height = stops - starts
    alike = np.abs(height - np.median(height)) <= LINE_ALIKE * np.median(height)
    changes = np.abs(np.diff(ink.astype(np.int8), axis=1)).sum(1)
    most = np.maximum.reduceat(changes, starts)  # from one line to the next: the rows between have none
    written = alike & (most >= LINE_STROKES) & (height >= 3)
    return bool(written.sum() >= max(LINES, 0.7 * len(starts)))


def _runs(rows: Bool[np.ndarray, " h"]) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
    """First row of each run, and the first behind it."""
    steps = np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
