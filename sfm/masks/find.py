"""Which pixels and frames may testify about the camera: bars, overlays, repeated and blank frames are left out."""

import numpy as np
from jaxtyping import Bool, UInt8

from sfm.config import BlankConfig, MaskConfig
from sfm.masks.duplicates import find_repeats
from sfm.masks.overlays import find_bars, find_overlays
from sfm.types import Frames, Masks

DEFAULT_CONFIG = MaskConfig()


def find(frames: Frames, config: MaskConfig = DEFAULT_CONFIG) -> Masks:
    """Judge the pixels and frames of one shot. Cheap: grey images and differences only, no features."""
    grey = to_grey(frames.rgb)
    notes: list[str] = []
    blank = find_blank(grey, np.ones(frames.hw, bool), config.blank)
    seen = np.flatnonzero(~blank)
    bars, sides = find_bars(grey[seen] if len(seen) else grey, config.overlays)
    overlays = np.zeros(frames.hw, bool)
    if len(seen):
        overlays, boxes = find_overlays(grey[seen], ~bars, _typical_step_s(frames), config.overlays)
        if boxes:
            notes.append(f"{boxes} burnt-in overlays (logo or text) masked, {overlays.mean():.1%} of the picture")
    if sides:
        notes.insert(0, f"bars masked: {', '.join(sides)}")
    usable = ~(bars | overlays)
    blank = find_blank(grey, usable, config.blank)
    if blank.any():
        notes.append(f"{int(blank.sum())} of {len(frames)} frames are blank, the first is {int(np.argmax(blank))}")
    duplicate_of, remarks = find_repeats(grey, blank, config.duplicates)
    return Masks(usable=usable, blank=blank, duplicate_of=duplicate_of, notes=(*notes, *remarks))


def to_grey(rgb: UInt8[np.ndarray, "n h w 3"]) -> UInt8[np.ndarray, "n h w"]:
    """Luma of Rec. 601."""
    import cv2

    grey = np.empty(rgb.shape[:3], np.uint8)
    for source, target in zip(rgb, grey, strict=True):
        cv2.cvtColor(source, cv2.COLOR_RGB2GRAY, dst=target)
    return grey


def find_blank(
    grey: UInt8[np.ndarray, "n h w"], usable: Bool[np.ndarray, "h w"], config: BlankConfig = BlankConfig()
) -> Bool[np.ndarray, " n"]:
    """Frames without content on the usable pixels: black, white, covered, or faded away."""
    import cv2

    height, width = usable.shape
    size = (max(2, width // 4), max(2, height // 4))
    inside = cv2.resize(usable.astype(np.uint8), size, interpolation=cv2.INTER_AREA).astype(bool)
    inside = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1).astype(bool)
    if not inside.any():
        return np.ones(len(grey), bool)
    blank = np.empty(len(grey), bool)
    for number, image in enumerate(grey):
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        step = np.maximum(np.abs(np.diff(small, axis=1))[1:], np.abs(np.diff(small, axis=0))[:, 1:])
        blank[number] = (step > config.edge_grey)[inside[1:, 1:]].mean() < config.edge_share
    return blank


def _typical_step_s(frames: Frames) -> float:
    """Seconds between frames; a 25th where the frames carry no seconds."""
    if frames.time_source == "index" or len(frames) < 2:
        return 1.0 / 25.0
    return float(np.median(np.diff(frames.time_s)))
