"""A frame around the picture that rests while the picture moves: a border drawn around a film, a photo it lies on.

What rests around water, a fire or a ticker is no frame: what is inside has one motion, as a film has.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.config import OverlayConfig
from sfm.masks.followed import CORNERS, affine_of, followed, limit_of
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
LEAST_INSIDE = 0.25
"""Of either side: less is no picture in a frame."""
PAIRS, LONGEST_STEP = 5, 3
FOLLOWED, ONE_MOTION = 0.3, 0.4
"""Share of the corners inside that can be followed, and of these that follow one affine motion."""
WIDEST = 0.45
"""Share of the picture: a wider rim may be a room with a screen in it, which of the two is filmed is not known."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Rim:
    """Pixels of the rim, and its depth at the top, bottom, left and right."""

    mask: Bool[np.ndarray, "h w"]
    depths_px: tuple[int, int, int, int]

    @property
    def wide(self) -> bool:
        """Whether it may be what is filmed, with a screen in it; then nothing is masked."""
        return float(self.mask.mean()) > WIDEST

    @property
    def doubt(self) -> str:
        """Why it is not known what is filmed, "" where it is."""
        if not self.wide:
            return ""
        return (
            f"{self.mask.mean():.0%} of the picture rests around a smaller one that moves: a film on a page, or a "
            "screen in a room; which of them is meant is not known; cut the smaller one out for its camera"
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
    if min(rests[inside].shape[k] / rests.shape[k] for k in (0, 1)) < LEAST_INSIDE:
        return None
    mask = np.ones(rests.shape, bool)
    mask[inside] = False
    some = sample[evenly(len(sample), SLOPE_FRAMES)]
    edges = np.mean([np.hypot(*slopes(image)) for image in some], axis=0) >= config.scene_grey
    beyond = mask & ~bars
    if not beyond.any() or edges[beyond].mean() < LEAST_DETAIL:
        return None
    mostly = np.median(np.abs(sample[:, *inside] - np.median(sample[:, *inside], axis=0)), axis=0)
    if not _moves(mostly, edges[inside], config) or not _has_one_motion(grey[:, *inside]):
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


def _has_one_motion(grey: UInt8[np.ndarray, "n h w"]) -> bool:
    """Whether what is inside can be followed, and much of it moves alike, in most of some pairs of frames."""
    step = min(LONGEST_STEP, max(1, len(grey) // 4))
    everywhere = np.full(grey.shape[1:], 255, np.uint8)
    said: list[bool] = []
    for start in evenly(len(grey) - step, PAIRS):
        pair = [np.ascontiguousarray(grey[k]) for k in (int(start), int(start) + step)]
        before, now = followed(pair[0], pair[1], everywhere)
        if len(before) <= FOLLOWED * CORNERS:
            said.append(False)
            continue
        limit_px = limit_of((before, now))
        motion = affine_of(before, now, limit_px)
        said.append(motion is not None and float((motion(before, now) < limit_px).mean()) > ONE_MOTION)
    return sum(said) > len(said) / 2
