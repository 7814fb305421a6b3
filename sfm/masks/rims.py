"""A frame around the picture that rests while the picture moves: a border drawn around a film, a photo it lies on."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.config import OverlayConfig
from sfm.masks.pixels import evenly, slopes

SAMPLE_FRAMES, SLOPE_FRAMES = 24, 4
AT_REST = 0.85
"""Share of a line that rests where it belongs to the rim: the blocks of a codec that reach over its edge ripple."""
SHIFT_PX = 0.12
"""What changes by less than so many pixels of its own slope has not moved: codecs ripple more on steep texture."""
NARROWEST = 0.008
"""Of the side. What is narrower is an edge of the codec."""
LEAST_DETAIL = 0.02
"""Share of the rim that has edges: a plain sky changes little, however it moves."""
MOVES_BEHIND = 0.5
"""Share of the four lines behind the rim that moves, and of the edges of each quarter inside; what walks before a
resting camera touches such lines here and there."""
MOVES_INSIDE = 0.8
"""Share of all edges inside that move."""
LINE_PX = 3
WIDEST = 0.45
"""Share of the picture: a wider rim may be a room with a screen in it, which of the two is filmed is not known."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Rim:
    """Pixels of the rim, and its depth at the top, bottom, left and right."""

    mask: Bool[np.ndarray, "h w"]
    depths_px: tuple[int, int, int, int]

    @property
    def doubt(self) -> str:
        """Why it is not known what is filmed, "" where it is."""
        share = float(self.mask.mean())
        if share <= WIDEST:
            return ""
        return (
            f"{share:.0%} of the picture rests around a smaller one that moves (a film on a page, a screen in a room), "
            "whose motion is told; cut it out to be sure"
        )


def find_rim(
    grey: UInt8[np.ndarray, "n h w"], bars: Bool[np.ndarray, "h w"], config: OverlayConfig = OverlayConfig()
) -> Rim | None:
    """The rim of one shot, None where there is none. Bars of one colour belong to it where more lies behind them."""
    if len(grey) < 4 or not _may_have_one(grey, config):
        return None
    sample = grey[evenly(len(grey), SAMPLE_FRAMES)].astype(np.float32)
    mean, change = sample.mean(0), sample.std(0)
    rests = change <= np.maximum(config.still_grey, SHIFT_PX * np.hypot(*slopes(mean)))
    depths = _depths(rests)
    if depths is None or any(
        depth < max(2, NARROWEST * side) for depth, side in zip(depths, np.repeat(rests.shape, 2), strict=True)
    ):
        return None
    top, bottom, left, right = depths
    inside = (slice(top, len(rests) - bottom), slice(left, rests.shape[1] - right))
    mask = np.ones(rests.shape, bool)
    mask[inside] = False
    some = sample[evenly(len(sample), SLOPE_FRAMES)]
    edges = np.mean([np.hypot(*slopes(image)) for image in some], axis=0) >= config.scene_grey
    beyond = mask & ~bars
    if not beyond.any() or edges[beyond].mean() < LEAST_DETAIL:
        return None
    mostly = np.median(np.abs(sample[:, *inside] - np.median(sample[:, *inside], axis=0)), axis=0)
    if not _moves(mostly, edges[inside], config):
        return None
    margin = max(1, round(config.margin * max(rests.shape)))
    widened = np.ones(rests.shape, bool)
    widened[top + margin : -bottom - margin, left + margin : -right - margin] = False
    return Rim(mask=widened, depths_px=depths)


def _may_have_one(grey: UInt8[np.ndarray, "n h w"], config: OverlayConfig) -> bool:
    """Whether the outermost lines rest: spares most clips the look at whole pictures."""
    some = grey[evenly(len(grey), SAMPLE_FRAMES)]
    borders = (some[:, 0], some[:, -1], some[:, :, 0], some[:, :, -1])
    return all((line.std(0) <= 2 * config.still_grey).mean() >= AT_REST for line in borders)


def _depths(rests: Bool[np.ndarray, "h w"]) -> tuple[int, int, int, int] | None:
    """Lines that rest from each border on: top, bottom, and between them left, right. None where all do."""
    found: list[int] = []
    for lines in (rests, rests.T):
        shown = lines if not found else lines[:, found[0] : len(rests) - found[1]]
        moving = np.flatnonzero(shown.mean(1) < AT_REST)
        if not len(moving):
            return None
        found += [int(moving[0]), len(lines) - 1 - int(moving[-1])]
    return found[0], found[1], found[2], found[3]


def _moves(change: Float[np.ndarray, "h w"], edges: Bool[np.ndarray, "h w"], config: OverlayConfig) -> bool:
    """Whether the picture inside a rim moves everywhere: its edges, in each quarter, and along its own border.

    Args:
        change: median deviation over time: what rests but while something passes before it does not move.
    """
    moving = edges & (change > config.still_grey)
    if moving.sum() < MOVES_INSIDE * max(edges.sum(), 1):
        return False
    for rows in np.array_split(np.arange(len(edges)), 2):
        for columns in np.array_split(np.arange(edges.shape[1]), 2):
            quarter = np.ix_(rows, columns)
            if moving[quarter].sum() < MOVES_BEHIND * edges[quarter].sum():
                return False
    behind = [lines[1 : 1 + LINE_PX].max(0) for lines in (change, change[::-1], change.T, change.T[::-1])]
    return float(np.mean([(line > config.still_grey / 2).mean() for line in behind])) >= MOVES_BEHIND
