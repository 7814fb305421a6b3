"""Animated pictures as clips: WebP, PNG and AVIF with their own times, the pages of a TIFF by number.

A GIF is a film, but for one that tells no delays: libav takes all its pictures for one.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from sfm.config import VideoConfig
from sfm.types import Frames
from sfm.video.completeness import missing_bytes
from sfm.video.images import ANIMATED, DAMAGES, deep_bits_of, rgb_of, told_bits
from sfm.video.sampling import (
    RATE_UNHEARD,
    UNRATED,
    FrameBuffer,
    nearest_to_ticks,
    none_within,
    shrink,
    spread_repeats,
    within,
    working_hw,
)
from trajectory.errors import CinetrajError

_SUBFILE_TYPE, _REDUCED, _MASK = 254, 1, 4
"""TIFF 6.0, section 8: a page that is a smaller copy of another, or says where another is transparent."""


def is_animation(path: Path) -> bool:
    """Whether a picture has several frames or pages; False where it cannot be read."""
    try:
        with Image.open(path) as image:
            kind = image.format in ANIMATED or (image.format == "GIF" and "duration" not in image.info)
            return kind and getattr(image, "n_frames", 1) > 1
    except DAMAGES:
        return False


def load_animation(path: Path, config: VideoConfig) -> tuple[Frames, tuple[str, ...]]:
    """The frames of an animated picture. Also returns what was lost, in words, where it is damaged."""
    lost: list[str] = []
    with Image.open(path) as picture:
        kind = picture.format
        timed = kind != "TIFF" and _has_durations(path)
        rate = config.assumed_fps if config.assumed_fps is not None else config.fps
        if not timed and rate is None and (config.start_s is not None or config.stop_s is not None):
            raise CinetrajError(f"{path}: its pages {UNRATED}")
        rated = timed or config.assumed_fps is not None
        deep_bits = deep_bits_of(page for _, page in _turned(picture, [], lambda page: page))
        pages = _timed(_pages(picture, lost, deep_bits), None if timed else rate or 1.0)
        wanted = nearest_to_ticks(within(pages, config), config.fps if rated else None)
        buffer, source_hw = _gathered(wanted, path, config, timed=rated)
    if buffer is None:
        raise CinetrajError(f"{path}: {f'{lost[0]}; get the file again' if lost else none_within(config)}")
    if missing_bytes(path):
        lost.append(f"the file is cut short after {len(buffer)} frames")
    rgb, time_s, index = buffer.arrays()
    notes = [*lost, *told_bits(deep_bits)]
    if timed and len(time_s) > 1 and not np.diff(time_s).any():  # the last picture alone has a duration
        timed, time_s = False, index / (rate or 1.0)
    if not timed and len(time_s) > 1 and kind != "TIFF":
        notes.append("the file carries no times")
    elif timed:
        time_s, moved = spread_repeats(time_s, path)
        notes += [f"{moved} repeated timestamps were spread up to the next one"] if moved else []
        notes += [] if config.assumed_fps is None else [RATE_UNHEARD]
    frames = Frames(
        rgb=rgb,
        time_s=time_s,
        index=index,
        source_hw=source_hw,
        source=str(path),
        time_source="seconds" if timed else "assumed" if rate else "index",
        notes=tuple(notes),
    )
    return frames, tuple(lost)


def _pages(picture: Any, lost: list[str], deep_bits: int) -> Iterator[tuple[float, UInt8[np.ndarray, "h w 3"]]]:
    """Each frame with the seconds that it is shown."""
    for number, rgb in _turned(picture, lost, lambda page: rgb_of(page, deep_bits)):
        if number == 0 and getattr(picture, "default_image", False):  # of an APNG: shown where none can be played
            continue
        yield _duration_s(picture), rgb


def _has_durations(path: Path) -> bool:
    with Image.open(path) as picture:  # by itself: Pillow does not turn all kinds back
        return any(duration_s for _, duration_s in _turned(picture, [], _duration_s))


def _duration_s(page: Any) -> float:
    return float(page.info.get("duration") or 0.0) / 1000.0


def _turned(picture: Any, lost: list[str], seen: Callable[[Any], Any]) -> Iterator[tuple[int, Any]]:
    """The number of each frame, and what is seen of the picture that is turned to it; damage ends them."""
    for number in range(picture.n_frames):
        try:
            picture.seek(number)
            if picture.format == "TIFF" and picture.tag_v2.get(_SUBFILE_TYPE, 0) & (_REDUCED | _MASK):
                continue
            picture.load()
            found = seen(picture)
        except DAMAGES as error:
            said = " ".join(str(error).split())
            lost.append(f"frame {number} of {picture.n_frames} cannot be read ({said}); it and the rest were left out")
            return
        yield number, found


def _timed(
    pages: Iterator[tuple[float, UInt8[np.ndarray, "h w 3"]]], rate: float | None
) -> Iterator[tuple[int, float, UInt8[np.ndarray, "h w 3"]]]:
    """(number, time_s, picture): each begins where the one before ends, or by a rate."""
    begin_s = 0.0
    for number, (duration_s, rgb) in enumerate(pages):
        yield number, begin_s if rate is None else number / rate, rgb
        begin_s += duration_s


def _gathered(
    pages: Iterator[tuple[int, float, UInt8[np.ndarray, "h w 3"]]], path: Path, config: VideoConfig, *, timed: bool
) -> tuple[FrameBuffer | None, tuple[int, int]]:
    """The pages at the working size, and their own size; None where there are none."""
    buffer: FrameBuffer | None = None
    source_hw = hw = (0, 0)
    for number, time_s, rgb in pages:
        if buffer is None:
            source_hw = (int(rgb.shape[0]), int(rgb.shape[1]))
            hw = working_hw(source_hw, config.long_side)
            buffer = FrameBuffer(hw, 64, path, timed=timed)
        if rgb.shape[:2] != source_hw:
            raise CinetrajError(
                f"{path}: page {number} is {rgb.shape[1]}x{rgb.shape[0]}, the first {source_hw[1]}x{source_hw[0]}; "
                "give pages of one size"
            )
        buffer.add(number, time_s, shrink(rgb, hw))
    return buffer, source_hw
