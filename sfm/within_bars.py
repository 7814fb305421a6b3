"""A backend sees the picture alone: bars around it are cut off before, and what it says is told of whole frames.

What a lens usually sees, what counts as the border of the picture and what scales with its size are those of the
picture, not of the frame that holds it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from sfm.structure import Structure
from sfm.types import BackendResult, Frames, Masks
from trajectory.model import Trajectory

STEP_PX = 8
"""Bars are cut to a multiple of it, so that cells of 8 pixels keep their places; what is left of them is masked."""
LEAST_PX = 96
"""A side that would be shorter stays as it is: too little to see anything by, whatever is cut off."""

Margins = tuple[int, int]
"""Rows that are cut off at the top and as many at the bottom, columns at the left and as many at the right."""


def margins_of(masks: Masks) -> Margins:
    """What can be cut off on both sides alike, for the axis of the lens is in the middle of the frame.

    Nothing where the longer side stays as long, as of a letterbox: the masks do as well there (docs/estimator.md).
    """
    margins = _margin(np.any(masks.usable, axis=1)), _margin(np.any(masks.usable, axis=0))
    hw = masks.usable.shape
    shorter = max(side - 2 * margin for side, margin in zip(hw, margins, strict=True)) < max(hw)
    return margins if shorter else (0, 0)


def _margin(seen: Bool[np.ndarray, " k"]) -> int:
    """The largest multiple of the step that lies outside of all that is seen, at both ends of a side."""
    at = np.flatnonzero(seen)
    margin = int(min(at[0], len(seen) - 1 - at[-1])) // STEP_PX * STEP_PX if len(at) else 0
    return margin if len(seen) - 2 * margin >= LEAST_PX else 0


def run_within(
    margins: Margins, run: Callable[[Frames, Masks], BackendResult], frames: Frames, masks: Masks
) -> BackendResult:
    """What `run` says of the frames without these margins, told of the whole frames."""
    if margins == (0, 0):
        return run(frames, masks)
    return _of_whole(run(*_cut(frames, masks, margins)), margins, frames.hw)


def _cut(frames: Frames, masks: Masks, margins: Margins) -> tuple[Frames, Masks]:
    rows, columns = (slice(margin, side - margin) for margin, side in zip(margins, frames.hw, strict=True))
    rgb = np.ascontiguousarray(frames.rgb[:, rows, columns])
    sizes = zip(frames.source_hw, rgb.shape[1:3], frames.hw, strict=True)
    height, width = (max(1, round(whole * cut / side)) for whole, cut, side in sizes)
    moving = None if masks.moving is None else masks.moving[:, rows, columns]
    return (
        replace(frames, rgb=rgb, source_hw=(height, width)),
        replace(masks, usable=masks.usable[rows, columns], moving=moving),
    )


def _of_whole(found: BackendResult, margins: Margins, hw: tuple[int, int]) -> BackendResult:
    picture = dict(found.picture)
    if "tracks_px" in picture:
        picture["tracks_px"] = picture["tracks_px"] + np.array(margins[::-1], picture["tracks_px"].dtype)
    return replace(
        found,
        trajectory=None if found.trajectory is None else _moved(found.trajectory, margins, hw),
        alternatives=tuple(_moved(each, margins, hw) for each in found.alternatives),
        structure=None if found.structure is None else _padded(found.structure, margins, hw),
        picture=picture,
    )


def _moved(trajectory: Trajectory, margins: Margins, hw: tuple[int, int]) -> Trajectory:
    """The same camera behind the whole frame: its principal point lies farther in."""
    if trajectory.intrinsics_px is None:
        return trajectory.replace(image_hw=hw) if trajectory.image_hw is not None else trajectory
    shift = np.zeros((3, 3))
    shift[:2, 2] = margins[::-1]
    return trajectory.replace(intrinsics_px=trajectory.intrinsics_px + shift, image_hw=hw)


def _padded(structure: Structure, margins: Margins, hw: tuple[int, int]) -> Structure:
    """Depth and movement of the whole frame: nothing is known of what was cut off."""
    grids: dict[str, Any] = {}
    for name, unknown in (("depth", np.nan), ("depth_sigma_log", np.nan), ("moving", False)):
        grid = getattr(structure, name)
        if grid is not None:
            rows, columns = (
                _cells(side // structure.cell_px, margin / structure.cell_px, count)
                for side, margin, count in zip(hw, margins, grid.shape[1:], strict=True)
            )
            known = (rows >= 0)[:, None] & (columns >= 0)
            grids[name] = np.where(known, grid[:, rows][:, :, columns], unknown).astype(grid.dtype)
    tracks = structure.tracks
    if tracks is not None:
        tracks = replace(tracks, xy_px=tracks.xy_px + np.array(margins[::-1], np.float32))
    return replace(structure, image_hw=hw, tracks=tracks, **grids)


def _cells(length: int, margin: float, count: int) -> Int[np.ndarray, " length"]:
    """For each of `length` cells of a side the one of `count` that has its middle, after a margin in cells; else -1."""
    at = np.floor(np.arange(length) + 0.5 - margin).astype(int)
    return np.where((at >= 0) & (at < count), at, -1)
