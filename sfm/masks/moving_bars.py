"""Black bars that open, close, come or go within a clip: the format changes, and the picture behind them does not."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Int, UInt8

from sfm.config import OverlayConfig
from sfm.masks.pixels import evenly

SAMPLE_FRAMES = 48
BLACK = 28.0
"""Grey level of a bar at most: black of limited range is 16."""
DEEPEST, UNEVEN = 0.35, 0.015
"""Of the side: how deep a bar is at most, and by how much both may differ. A dark room has no two that are alike."""
LEAST_MOTION = 0.015
"""Of the side between the narrowest and the widest; codecs shift an edge by a line or two."""
LEAST_FRAMES = 3
"""Of the sample that show bars."""
SEEN = 0.2
"""Share of the line behind a bar that is brighter: the picture begins there at once."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class MovingBars:
    """What the bars cover at their widest, and on which sides they move, in words."""

    mask: Bool[np.ndarray, "h w"]
    note: str


def find_moving_bars(grey: UInt8[np.ndarray, "n h w"], config: OverlayConfig = OverlayConfig()) -> MovingBars | None:
    """Bars whose width changes above and below the picture, or beside it; None where there are none."""
    if len(grey) < LEAST_FRAMES or (grey[:, 0, 0] > BLACK + 3 * config.bar_spread).all():
        return None
    sample = grey[evenly(len(grey), SAMPLE_FRAMES)]
    mask = np.zeros(grey.shape[1:], bool)
    found: list[str] = []
    margin = max(1, round(config.margin * max(mask.shape)))
    for covered, lines, sides in (
        (mask, sample, "top and bottom"),
        (mask.T, sample.transpose(0, 2, 1), "left and right"),
    ):
        depths = _depths(lines, config)
        told = depths[depths >= 0]
        narrowest, widest = int(told.min(initial=len(covered))), int(told.max(initial=0))
        moves = (told > 0).sum() >= LEAST_FRAMES and widest - narrowest > LEAST_MOTION * len(covered)
        if moves and 2 * (widest + margin) < len(covered):
            covered[: widest + margin] = covered[len(covered) - widest - margin :] = True
            found.append(f"{sides} between {narrowest} and {widest} px")
    return MovingBars(mask=mask, note=f"bars that move masked at their widest: {', '.join(found)}") if found else None


def _depths(lines: UInt8[np.ndarray, "n l p"], config: OverlayConfig) -> Int[np.ndarray, " n"]:
    """Of each frame the lines from both borders on that are bars, the deeper of the two; 0 where something is shown at
    a border, and -1 where that cannot be told: behind black lines lies a dark picture, or in one bar a subtitle."""
    depths, length = np.zeros(len(lines), np.int64), lines.shape[1]
    some = np.flatnonzero((np.median(lines[:, [0, -1]], axis=2) <= BLACK).all(1))  # few frames end in black lines
    if not len(some):
        return depths
    level = np.median(lines[some, 0], axis=1)
    bright = (lines[some, :, ::2] > (level + 3 * config.bar_spread)[:, None, None]).mean(2)
    shown = bright > 0.01
    first, last = shown.argmax(1), shown[:, ::-1].argmax(1)
    rows = np.arange(len(some))
    behind = np.minimum(bright[rows, np.minimum(first + 2, length - 1)], bright[rows, np.maximum(length - 3 - last, 0)])
    alike, ends = np.abs(first - last) <= max(1.0, UNEVEN * length), np.minimum(first, last) >= 2
    bars = alike & (np.maximum(first, last) <= DEEPEST * length) & (behind >= SEEN)
    depths[some] = np.select([~shown.any(1), ~ends, bars], [-1, 0, np.maximum(first, last)], -1)
    return depths
