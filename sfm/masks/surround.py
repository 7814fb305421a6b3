"""What lies around the picture of a shot and is none of it: bars, a frame that rests, or blurred copies."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, UInt8

from sfm.config import OverlayConfig
from sfm.masks.fills import find_fill
from sfm.masks.moving_bars import find_moving_bars
from sfm.masks.overlays import find_bars
from sfm.masks.rims import find_rim


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Surround:
    """Its pixels, what was found in words, and why the shot cannot be believed where most of the picture rests."""

    mask: Bool[np.ndarray, "h w"]
    note: str = ""
    doubt: str = ""


def find_surround(grey: UInt8[np.ndarray, "n h w"], config: OverlayConfig = OverlayConfig()) -> Surround:
    """Bars, at their widest where they move, or the frame that they belong to; without any copies beside it."""
    bars, sides = find_bars(grey, config)
    if (moving := find_moving_bars(grey, config)) is not None:
        return Surround(mask=bars | moving.mask, note=moving.note)
    rim = find_rim(grey, bars, config)
    doubt = "" if rim is None else rim.doubt
    if rim is not None and not rim.wide:
        depths = _in_words(("top", "bottom", "left", "right"), rim.depths_px)
        return Surround(
            mask=bars | rim.mask, note=f"a frame that rests around the picture masked: {depths}", doubt=doubt
        )
    if bars.any():
        return Surround(mask=bars, note=f"bars masked: {', '.join(sides)}", doubt=doubt)
    if (fill := find_fill(grey)) is not None:
        depths = _in_words(fill.sides, fill.depths_px)
        return Surround(mask=fill.mask, note=f"blurred copies beside the picture masked: {depths}", doubt=doubt)
    return Surround(mask=bars, doubt=doubt)


def _in_words(sides: tuple[str, ...], depths_px: tuple[int, ...]) -> str:
    return ", ".join(f"{side} {px} px" for side, px in zip(sides, depths_px, strict=True))
