"""Which pixels and frames may testify about the camera: bars, overlays, repeated and blank frames are left out."""

import numpy as np
from jaxtyping import Bool

from sfm.config import MaskConfig
from sfm.masks.blank import find_blank, to_grey
from sfm.masks.duplicates import find_repeats
from sfm.masks.overlays import find_overlays
from sfm.masks.surround import find_surround
from sfm.types import Frames, Masks

DEFAULT_CONFIG = MaskConfig()


def find(frames: Frames, config: MaskConfig = DEFAULT_CONFIG, moving: Bool[np.ndarray, "n h w"] | None = None) -> Masks:
    """Judge the pixels and frames of one shot. Cheap: grey images and differences only, no features.

    Args:
        moving: pixels that were told to move by themselves (`sfm.masks.told`).
    """
    grey = to_grey(frames.rgb)
    notes: list[str] = []
    blank = find_blank(grey, np.ones(frames.hw, bool), config.blank)
    seen = np.flatnonzero(~blank)
    shown = grey[seen] if 0 < len(seen) < len(grey) else grey
    around = find_surround(shown, config.overlays)
    notes += [around.note] if around.note else []
    overlays = np.zeros(frames.hw, bool)
    if len(seen):
        overlays, boxes = find_overlays(shown, ~around.mask, _typical_step_s(frames), config.overlays)
        if boxes:
            notes.append(f"{boxes} burnt-in overlays (logo or text) masked, {overlays.mean():.1%} of the picture")
    usable = ~(around.mask | overlays)
    if not usable.all():
        blank = find_blank(grey, usable, config.blank)
    if blank.any():
        notes.append(f"{int(blank.sum())} of {len(frames)} frames are blank, the first is {int(np.argmax(blank))}")
    if moving is not None:
        share = moving.mean((1, 2))
        notes.append(f"told to move: {share.mean():.1%} of the picture, at most {share.max():.1%} of a frame")
        beside = [find_blank(grey[k : k + 1], usable & ~moving[k], config.blank)[0] for k in range(len(grey))]
        hidden = np.array(beside, bool) & ~blank
        if hidden.any():
            notes.append(f"{int(hidden.sum())} of {len(frames)} frames show nothing beside what is told to move")
        blank = blank | hidden
    duplicate_of, remarks = find_repeats(grey, blank, config.duplicates)
    notes += remarks
    return Masks(
        usable=usable, blank=blank, duplicate_of=duplicate_of, notes=tuple(notes), moving=moving, doubt=around.doubt
    )


def _typical_step_s(frames: Frames) -> float:
    """Seconds between frames; a 25th where the frames carry no seconds."""
    if frames.time_source == "index" or len(frames) < 2:
        return 1.0 / 25.0
    return float(np.median(np.diff(frames.time_s)))
