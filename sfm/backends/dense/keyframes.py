"""Keyframes by what the picture moves, and which of them are compared."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.flow.batches import in_batches
from sfm.flow.coarse_to_fine import flow
from sfm.flow.pyramid import Pyramid, grid

COARSE = 2
"""Level on which the motion from frame to frame is measured: a quarter of the size is enough for a median."""
MOTION_STRIDE = 8
PAIRS_AT_ONCE = 32
LEFT_OUT = 1.5
"""Where an interval is so many times the usual one, frames were left out or dropped."""


def frame_motion_px(pyramid: Pyramid, moving: Bool[Tensor, "n h w"] | None = None) -> Float[np.ndarray, " n"]:
    """Median displacement from the frame before to each frame, pixels of the finest level; 0 for the first.

    Args:
        pyramid: of the frames.
        moving: pixels that do not count, as they were told to move by themselves.
    """
    level = min(COARSE, len(pyramid.levels) - 1)
    small = Pyramid(levels=pyramid.levels[level:], noise=pyramid.noise)
    centres = grid(small.hw(0), MOTION_STRIDE, pyramid.device)
    n = len(small.levels[0])
    moved = torch.zeros(n, device=pyramid.device)

    def measured(part: slice) -> None:
        first = torch.arange(part.start, part.stop, device=pyramid.device)
        displaced, _ = flow(small, first, first + 1, centres)
        length = displaced.norm(dim=-1) * 2**level
        if moving is not None:
            x, y = (centres.reshape(-1, 2) * 2**level).round().long().unbind(-1)
            length = length.masked_fill(moving[first][:, y, x], torch.nan)
        moved[first + 1] = length.nanmedian(-1)[0].nan_to_num()

    in_batches(n - 1, PAIRS_AT_ONCE, pyramid.device, measured)
    return moved.cpu().numpy().astype(float)


def keyframes(motion_px: Float[np.ndarray, " n"], width: int, *, fewest: int, share: float) -> Int[np.ndarray, " k"]:
    """Frames such that from one to the next the picture moves by at most a share of its width, up to whole frames.

    Args:
        motion_px: median displacement from the frame before.
        width: of the picture, pixels.
        fewest: keyframes of a clip that moves less (never more than it has frames).
        share: of the width.

    Returns:
        Ascending numbers; the first and the last frame are among them.
    """
    n = len(motion_px)
    if n <= fewest:
        return np.arange(n)
    gap = (n - 1) / (fewest - 1)
    motion_px = np.round(motion_px, 2)  # so that rounding in 32 bits, which differs between devices, moves no keyframe
    most = min(share * width, max(float(motion_px.sum()) / (fewest - 1), 1e-6))
    # Where little moves time counts, so that no gap is longer than in an even choice.
    progress = np.maximum(motion_px / most, 1.0 / gap)
    progress[0] = 0.0
    total = np.cumsum(progress)
    # More marks than frames where frames are apart by more than the share: several marks then fall to one frame.
    count = max(fewest, int(np.ceil(total[-1] - 1e-9)) + 1)
    return np.unique(np.searchsorted(total, np.linspace(0.0, total[-1], count) - 1e-9).clip(0, n - 1))


def around(
    key: Int[np.ndarray, " k"], frame: Int[np.ndarray, " q"]
) -> tuple[Int[np.ndarray, " q"], Int[np.ndarray, " q"]]:
    """Which keyframes are before and after some frames; twice the same one for itself, and where none is before."""
    after = np.searchsorted(key, frame).clip(0, len(key) - 1)
    return np.where(key[after] == frame, after, np.maximum(after - 1, 0)), after


def left_out_after(key: Int[np.ndarray, " k"], time_s: Float[np.ndarray, " n"]) -> tuple[int, ...]:
    """Keyframes (rows) between which and the next one frames were left out: intervals longer than usual (`LEFT_OUT`).

    Args:
        key: numbers of the keyframes among all frames.
        time_s: of all frames, rising.
    """
    steps = np.diff(time_s)
    gaps = np.flatnonzero(steps > LEFT_OUT * np.median(steps)) if len(steps) else steps
    return tuple(row for row in range(len(key) - 1) if ((gaps >= key[row]) & (gaps < key[row + 1])).any())


def clock_of(
    kept: Int[np.ndarray, " q"], duplicate_of: Int[np.ndarray, " n"], time_s: Float[np.ndarray, " n"]
) -> Int[np.ndarray, " q"]:
    """When the frames that were looked at were filmed, in whole steps of the usual length from the first on.

    Blank frames and those that were left out take their time, repeated ones take none: the camera moves on with what is
    new.

    Args:
        kept: numbers of the frames, ascending.
        duplicate_of: for each frame of the shot the earlier one that it repeats, or its own number.
        time_s: of all frames of the shot, rising.
    """
    steps_s = np.diff(time_s)
    steps = np.rint(steps_s / np.median(steps_s)).clip(1) if len(steps_s) else steps_s
    steps[duplicate_of[1:] != np.arange(1, len(time_s))] = 0
    return np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)[kept]


def neighbours(count: int, reach: int, device: torch.device) -> Int[Tensor, "k m"]:
    """For each keyframe those up to `reach` before and after, nearest first; itself where there is none."""
    offsets = [sign * step for step in range(1, reach + 1) for sign in (1, -1)]
    target = torch.arange(count, device=device)[:, None] + torch.tensor(offsets, device=device)
    own = torch.arange(count, device=device)[:, None]
    return torch.where((target >= 0) & (target < count), target, own)
