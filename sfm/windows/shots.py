"""The shots of a clip that is read in windows, estimated piece by piece while it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from sfm.config import WindowConfig
from sfm.runs.estimate import ShotEstimate
from sfm.types import Frames
from sfm.video.container import Film
from sfm.windows.join import shots_of
from sfm.windows.read import Split, pieces

EstimatePiece = Callable[[Frames, tuple[int, int]], ShotEstimate]
"""(frames of a shot or a piece of one, (start, stop) in the clip) -> its estimate."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What became of the clip.

    Attributes:
        shots: in order, joined.
        first, last: frames of the first and of the last piece, without their pictures.
        notes: of the frames.
    """

    shots: tuple[ShotEstimate, ...]
    first: Frames
    last: Frames
    notes: tuple[str, ...]


def estimated(
    reel: Film, split: Split, estimate: EstimatePiece, config: WindowConfig, tell: Callable[[int], None]
) -> Found | None:
    """Every shot, or None where there is no frame.

    Args:
        reel: the clip, unread.
        split: cuts frames into shots.
        estimate: of one piece; of what it returns, structures are dropped, which would add up.
        config: of the windows.
        tell: called with the number of frames done.
    """
    found: list[ShotEstimate] = []
    shot: list[ShotEstimate] = []
    first = last = None
    notes: dict[str, str] = {}
    for piece in pieces(reel, split, config):
        span = (piece.start, piece.start + len(piece.frames))
        one = replace(estimate(piece.frames, span), structure=None)
        if not piece.continues and shot:
            found += shots_of(shot)
            shot = []
        shot.append(one)
        last = _without_pictures(piece.frames)
        first = first or last
        notes |= {re.sub(r"\d+", "", note): note for note in piece.frames.notes}  # counts grow from piece to piece
        tell(span[1])
    if first is None or last is None:
        return None
    return Found(shots=(*found, *shots_of(shot)), first=first, last=last, notes=tuple(notes.values()))


def _without_pictures(frames: Frames) -> Frames:
    """Times and sizes: the pictures are overwritten by the next window."""
    return replace(frames, rgb=np.broadcast_to(np.uint8(0), frames.rgb.shape))
