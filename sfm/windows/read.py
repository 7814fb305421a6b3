"""A clip that is too long to be held: read in windows, in pieces that are whole shots as far as these fit."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from sfm.config import VideoConfig, WindowConfig
from sfm.types import Frames
from sfm.video.container import Film, film
from sfm.video.reader import is_film

Split = Callable[[Frames], Sequence[tuple[int, int]]]
"""Frames -> shots as (start, stop), which cover them in order."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """A shot, or what of one a window holds.

    Attributes:
        frames: a view, which the next piece overwrites.
        start: number of its first frame among those that are read.
        continues: it begins within the shot of the piece before it and shares its first frames with that one.
    """

    frames: Frames
    start: int
    continues: bool


def is_long(video: str | Path, config: VideoConfig, windows: WindowConfig) -> bool:
    """Whether a clip is a video file with more frames, by its header, than are held at once."""
    if not is_film(video):
        return False
    with film(Path(video), config) as reel:
        return reel.expected > windows.beyond


def pieces(reel: Film, split: Split, config: WindowConfig) -> Iterator[Piece]:
    """The shots of a clip in order; one longer than a window in pieces that share `overlap` frames each.

    A cut is believed once `overlap` frames beyond it were seen: what comes later is kept for the next window.
    """
    room: np.ndarray | None = None
    time_s, index = np.zeros(config.frames), np.zeros(config.frames, np.int64)
    held = start = 0
    continues = False
    for number, moment_s, rgb in reel.pictures():
        if room is None:
            room = np.empty((config.frames, *reel.hw, 3), np.uint8)
        if held == config.frames:
            window = reel.frames(room, time_s.copy(), index.copy())
            kept_from = 0
            for first, stop in _believed(split(window), continues, config, stop=config.frames - config.overlap):
                yield Piece(frames=window.part(first, stop), start=start + first, continues=continues and first == 0)
                kept_from, continues = stop, False
            if kept_from == 0:
                seen = config.frames - config.overlap
                yield Piece(frames=window.part(0, seen), start=start, continues=continues)
                kept_from, continues = seen - config.overlap, True
            held, start = config.frames - kept_from, start + kept_from
            for array in (room, time_s, index):
                array[:held] = array[kept_from:].copy()
        room[held], time_s[held], index[held] = rgb, moment_s, number
        held += 1
    if room is not None:
        rest = reel.frames(room[:held], time_s[:held].copy(), index[:held].copy(), reel.lost())
        for first, stop in _believed([*split(rest), (held, held)], continues, config, stop=held):
            yield Piece(frames=rest.part(first, stop), start=start + first, continues=continues and first == 0)


def _believed(
    spans: Sequence[tuple[int, int]], continues: bool, config: WindowConfig, *, stop: int
) -> list[tuple[int, int]]:
    """The shots that end at a cut that is believed: not after `stop`, nor where the window before saw more."""
    least = config.overlap if continues else 0
    cuts = [end for _, end in spans[:-1] if least < end <= stop]
    return list(itertools.pairwise([0, *cuts]))
