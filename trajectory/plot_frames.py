"""A frame of a clip with what was seen in it, drawn on the caller's axes: tracks, depth, movement."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from trajectory.colors import AGAINST, ALONG
from trajectory.model import Trajectory

TRAIL = 12
"""Frames over which a track's trail is drawn."""
NEARNESS = "viridis"
"""Even steps of brightness, which no kind of colour blindness confuses; near is bright."""


def draw_tracks(
    axes: Any,
    rgb: UInt8[np.ndarray, "h w 3"],
    xy_px: Float[np.ndarray, "m n 2"] | None,
    moving: Bool[np.ndarray, " m"] | None,
    frame: int,
    *,
    number: int,
) -> None:
    """One frame with its tracks and their trails, those that move by themselves in another colour.

    Args:
        xy_px: pixels of `rgb`, NaN where a point is not seen; None where there are no tracks.
        frame: row of the tracks; number: of the frame in the clip (`number_of`), for the title.
    """
    _bare(axes)
    axes.imshow(rgb)
    said = f"frame {number}"
    if xy_px is not None and xy_px.size:
        against = np.zeros(len(xy_px), bool) if moving is None else moving
        here = np.isfinite(xy_px[:, frame, 0])
        trail = xy_px[:, max(0, frame - TRAIL) : frame + 1]
        for chosen, color in ((here & ~against, ALONG), (here & against, AGAINST)):
            lines = np.concatenate([trail[chosen], np.full((int(chosen.sum()), 1, 2), np.nan)], axis=1).reshape(-1, 2)
            axes.plot(lines[:, 0], lines[:, 1], color=color, linewidth=0.8)
            axes.plot(xy_px[chosen, frame, 0], xy_px[chosen, frame, 1], ".", color=color, markersize=2.5)
        said += f": {int((here & ~against).sum())} tracks with the camera's motion (green), "
        said += f"{int((here & against).sum())} against it (orange)"
    _frame_limits(axes, (rgb.shape[0], rgb.shape[1]))
    axes.set_title(said, fontsize="x-small")


def draw_depth(
    axes: Any, depth: Float[np.ndarray, "gh gw"], cell_px: int, image_hw: tuple[int, int], *, number: int
) -> None:
    """Depth of a frame by its inverse, near is bright; white where unknown."""
    from mpl_toolkits.axes_grid1.axes_divider import AxesDivider  # pyright: ignore
    from mpl_toolkits.axes_grid1.axes_size import AxesY  # pyright: ignore

    _bare(axes)
    nearness, top = nearness_of(depth)
    shown = axes.imshow(nearness, cmap=NEARNESS, vmin=0.0, vmax=top, extent=_extent(nearness.shape, cell_px))
    _frame_limits(axes, image_hw)
    by_axes: Any = "axes"  # its type is that of numbers alone
    divider: Any = AxesDivider(axes, yref=AxesY(axes, by_axes, axes))  # so that the bar is as tall as the picture
    axes.set_axes_locator(divider.new_locator(nx=0, ny=0))
    bar = axes.figure.colorbar(shown, cax=divider.append_axes("right", size="3%", pad=0.06))
    bar.ax.tick_params(labelsize="xx-small")
    axes.set_title(f"frame {number}: 1 / depth, known in {np.isfinite(nearness).mean():.0%}", fontsize="x-small")


def nearness_of(depth: Float[np.ndarray, "*shape"]) -> tuple[Float[np.ndarray, "*shape"], float]:
    """Inverse depth, and the value that is drawn brightest: few are nearer, and outliers shall not darken the rest."""
    nearness = 1.0 / depth
    seen = nearness[np.isfinite(nearness)]
    return nearness, float(np.percentile(seen, 99)) if len(seen) else 1.0


def draw_moving(
    axes: Any,
    rgb: UInt8[np.ndarray, "h w 3"],
    moving: Bool[np.ndarray, "gh gw"] | None,
    cell_px: int,
    *,
    number: int,
) -> None:
    """A frame with what moves by itself in orange; a mask of the frame's own size has cells of one pixel."""
    _bare(axes)
    axes.imshow(rgb)
    if moving is None:
        axes.set_title("no movement mask", fontsize="x-small")
        return
    orange = np.zeros((*moving.shape, 4))
    orange[moving] = (0.835, 0.369, 0.0, 0.6)
    axes.imshow(orange, extent=_extent(moving.shape, cell_px), interpolation="nearest")
    _frame_limits(axes, (rgb.shape[0], rgb.shape[1]))
    axes.set_title(f"frame {number}: masked as moving {moving.mean():.0%} of it (orange)", fontsize="x-small")


def shape_pixels(axes: Any, trajectory: Trajectory | None) -> None:
    """Give the pixels of a drawn frame the shape that they have by the intrinsics: those of many films are not square.

    The frame may be smaller than the pictures of the trajectory. Without intrinsics, the size that they are of (which
    files of other programs may not tell), or a frame, nothing changes.
    """
    if trajectory is None or trajectory.intrinsics_px is None or trajectory.image_hw is None:
        return
    if not axes.images or not trajectory.valid.any():
        return
    height, width = abs(np.ptp(axes.get_ylim())), abs(np.ptp(axes.get_xlim()))
    k = trajectory.intrinsics_px[int(np.argmax(trajectory.valid))]
    across, down = k[0, 0] * width / trajectory.image_hw[1], k[1, 1] * height / trajectory.image_hw[0]
    axes.set_aspect(float(across / down))


def number_of(trajectory: Trajectory | None, row: int, start: int) -> int:
    """How the frame of a row is counted: as curves and captions do, by its number where there are numbers and no times.

    Args:
        start: place of the shot's first frame in the clip.
    """
    if trajectory is not None and trajectory.time_source == "index":
        return round(float(trajectory.time_s[row]))
    return start + row


def say(axes: Any, text: str) -> None:
    """Why there is nothing to draw."""
    _bare(axes)
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)


def _bare(axes: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])


def _extent(shape: tuple[int, ...], cell_px: int) -> tuple[float, float, float, float]:
    """Where matplotlib puts a grid of cells over the picture: left, right, bottom, top."""
    return -0.5, shape[1] * cell_px - 0.5, shape[0] * cell_px - 0.5, -0.5


def _frame_limits(axes: Any, hw: tuple[int, int]) -> None:
    axes.set_xlim(-0.5, hw[1] - 0.5)
    axes.set_ylim(hw[0] - 0.5, -0.5)
