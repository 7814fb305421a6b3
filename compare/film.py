"""The frames of a shot as viewers and pages show them. Who decodes them is the caller's business."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from compare.run_files import RunShot, SavedDepth
from trajectory.errors import CinetrajError
from trajectory.plot_frames import NEARNESS, nearness_of


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Film:
    """Some frames of a shot.

    Attributes:
        rgb: the frames; they may be smaller than those that were estimated.
        rows: which frame of the shot each is, from 0.
        moving: what moves by itself in them; None where no mask was saved.
    """

    rgb: UInt8[np.ndarray, "n h w 3"]
    rows: Int[np.ndarray, " n"]
    moving: Bool[np.ndarray, "n h w"] | None = None

    def __post_init__(self) -> None:
        if len(self.rgb) != len(self.rows) or not len(self.rows):
            raise CinetrajError(f"{len(self.rgb)} frames for {len(self.rows)} rows, expected as many, at least 1")

    @property
    def hw(self) -> tuple[int, int]:
        """Rows and columns of a frame."""
        return int(self.rgb.shape[1]), int(self.rgb.shape[2])


Films = Callable[[RunShot], Film]
"""Decodes the film of a shot; raises CinetrajError, with what to say on the page, where it is gone or another."""
Encode = Callable[[np.ndarray, float], bytes]
"""Frames (n h w 3) and their rate to an MP4 file of H.264."""


def spaced(count: int, most: int) -> Int[np.ndarray, " k"]:
    """Rows of at most `most` frames, evenly from the first to the last."""
    step = max(1, -(-count // most))
    return np.arange(0, count, step)


def nearness_rgb(depth: SavedDepth, rows: Int[np.ndarray, " k"], hw: tuple[int, int]) -> UInt8[np.ndarray, "k h w 3"]:
    """Depth maps as pictures of a size, near is bright, on one scale for the whole shot; black where unknown."""
    import matplotlib

    near, top = nearness_of(depth.depth[rows].astype(float))
    coloured = matplotlib.colormaps[NEARNESS](np.nan_to_num(near / top, nan=0.0), bytes=True)[..., :3].copy()
    coloured[~np.isfinite(near)] = 0
    return np.stack([enlarged(image, depth.cell_px, depth.image_hw, hw) for image in coloured])


def enlarged(
    grid: UInt8[np.ndarray, "gh gw 3"], cell_px: int, image_hw: tuple[int, int], hw: tuple[int, int]
) -> UInt8[np.ndarray, "h w 3"]:
    """A picture of a size from cells of `image_hw`; what lies beyond the grid is black."""
    rows, columns = (
        np.floor((np.arange(to) + 0.5) * of / to / cell_px).astype(int) for of, to in zip(image_hw, hw, strict=True)
    )
    inside = (rows[:, None] < grid.shape[0]) & (columns[None] < grid.shape[1])
    picked = grid[rows.clip(max=grid.shape[0] - 1)][:, columns.clip(max=grid.shape[1] - 1)]
    return np.where(inside[..., None], picked, 0).astype(np.uint8)


def scaled_tracks(
    xy_px: Float[np.ndarray, "m n 2"], image_hw: tuple[int, int], hw: tuple[int, int]
) -> Float[np.ndarray, "m n 2"]:
    """Places in a picture of another size; pixel centres are integers in both."""
    scale = np.array([hw[1] / image_hw[1], hw[0] / image_hw[0]])
    return (xy_px + 0.5) * scale - 0.5


def stacked(film: Film, depth: SavedDepth | None) -> tuple[UInt8[np.ndarray, "n hh w 3"], tuple[str, ...]]:
    """One picture for each frame: the film, below it what moves (white) and the depth, where these are known.

    One film of all three cannot fall out of step. Sides are even, as encoders want them; one of a pixel is doubled.
    """
    rows, columns = (np.arange(side - side % 2) if side > 1 else np.zeros(2, int) for side in film.hw)
    tiles, names = [film.rgb], ["film"]
    if film.moving is not None:
        tiles.append(np.repeat((film.moving * np.uint8(255))[..., None], 3, axis=-1).astype(np.uint8))
        names.append("moving")
    if depth is not None:
        tiles.append(nearness_rgb(depth, film.rows, film.hw))
        names.append("depth")
    return np.concatenate([tile[:, rows][:, :, columns] for tile in tiles], axis=1), tuple(names)


def jpeg(rgb: UInt8[np.ndarray, "h w 3"], quality: int = 80) -> bytes:
    """A frame as a JPEG file."""
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(data, format="JPEG", quality=quality)
    return data.getvalue()
