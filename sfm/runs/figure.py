"""The picture of a run: the path, what the camera turned and zoomed, and what the estimate rests on."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sfm.runs.estimate import ShotEstimate
from sfm.types import ModelName
from trajectory import plot
from trajectory.model import Trajectory

MODEL_WORDS: dict[ModelName | None, str] = {
    "static": "static camera",
    "rotation": "rotation only",
    "rotation_zoom": "rotation and zoom",
    "full": "full motion",
    "full_zoom": "full motion and zoom",
    None: "no motion model",
}
TRAIL = 12
"""Frames over which a track's trail is drawn."""


def write_picture(shot: ShotEstimate, trajectory: Trajectory, path: Path, *, title: str, backend: str) -> None:
    """`plot.png` of a shot. Uses its own figure and canvas, so that matplotlib's settings and backend stay."""
    import mpl_toolkits.mplot3d  # noqa: F401  registers the projection
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    import sfm.processes.zlib_first  # noqa: F401

    dense = shot.structure is not None and shot.structure.cell_px > 0 and shot.picture.get("rgb") is not None
    width = 19.5 if dense else 14.0
    figure = Figure(figsize=(width, 8), dpi=100)
    FigureCanvasAgg(figure)
    ratios = {"width_ratios": (1.0, 0.9, 1.25, 1.25)[: 4 if dense else 3], "height_ratios": (1.1, 1.0)}
    sides = {"left": 0.07 * 14.0 / width, "right": 0.985, "bottom": 0.07, "top": 0.87}
    grid = figure.add_gridspec(2, 4 if dense else 3, wspace=0.22, hspace=0.22, **sides, **ratios)
    plot.draw_path(figure.add_subplot(grid[0, 0], projection="3d"), trajectory)
    plot.draw_top(figure.add_subplot(grid[0, 1]), trajectory)
    draw_frame(figure.add_subplot(grid[0, 2]), shot)
    plot.draw_position(figure.add_subplot(grid[1, 0]), trajectory)
    plot.draw_rotation(figure.add_subplot(grid[1, 1]), trajectory)
    plot.draw_focal(figure.add_subplot(grid[1, 2]), trajectory)
    if dense:
        draw_depth(figure.add_subplot(grid[0, 3]), shot)
        draw_moving(figure.add_subplot(grid[1, 3]), shot)
    figure.suptitle(headline(shot, trajectory, title, backend), fontsize="large", x=0.06, ha="left", parse_math=False)
    figure.savefig(path, format="png")


def headline(shot: ShotEstimate, trajectory: Trajectory, title: str, backend: str) -> str:
    """Two lines or three: what was found, how sure, and what was not seen."""
    confidence = trajectory.provenance.evidence.get("confidence") if trajectory.provenance else None
    parts = [title, MODEL_WORDS[shot.motion_model], f"{shot.registered} of {len(trajectory)} frames", shot.status]
    if isinstance(confidence, (int, float)):
        parts.insert(2, f"confidence {confidence:.2f}")
    second = [f"backend {backend}"]
    if trajectory.scale == "bounded":
        bound = trajectory.translation_bound
        known = bound is not None and np.isfinite(bound)
        second.append(
            f"no translation seen: below {bound:.2g} of the scene's depth" if known else "translation cannot be seen"
        )
    if shot.reason:
        second.append(shot.reason)
    second += said_by_both(shot)
    return "  ·  ".join(parts) + "\n" + textwrap.fill("  ·  ".join(second), 150)


def said_by_both(shot: ShotEstimate) -> list[str]:
    """Of an answer that was chosen between tracks and dense flow: which won, and what the other said."""
    other, won = shot.statistics.get("other"), shot.statistics.get("won")
    if not isinstance(other, Mapping):
        return []
    loser = "flow" if won == "tracks" else "tracks"
    words = MODEL_WORDS[other["motion_model"]]
    return [f"{won} won; {loser} said {words} ({other['status']})"]


def draw_frame(axes: Any, shot: ShotEstimate) -> None:
    """One frame with its tracks, those that move by themselves in another colour."""
    axes.set_xticks([])
    axes.set_yticks([])
    rgb = shot.picture.get("rgb")
    if rgb is None:
        axes.text(0.5, 0.5, "no frame", ha="center", va="center", transform=axes.transAxes)
        return
    frame = int(shot.picture["frame"])
    axes.imshow(rgb)
    tracks = shot.picture.get("tracks_px")
    said = f"frame {shot.start + frame}"
    if tracks is not None and tracks.size:
        moving = np.asarray(shot.picture.get("moving", np.zeros(len(tracks), bool)), dtype=bool)
        here = np.isfinite(tracks[:, frame, 0])
        trail = tracks[:, max(0, frame - TRAIL) : frame + 1]
        for chosen, color in ((here & ~moving, "#39d353"), (here & moving, "#ff4040")):
            lines = np.concatenate([trail[chosen], np.full((int(chosen.sum()), 1, 2), np.nan)], axis=1).reshape(-1, 2)
            axes.plot(lines[:, 0], lines[:, 1], color=color, linewidth=0.7)
            axes.plot(tracks[chosen, frame, 0], tracks[chosen, frame, 1], ".", color=color, markersize=2.5)
        said += f": {int((here & ~moving).sum())} tracks with the camera's motion (green), "
        said += f"{int((here & moving).sum())} against it (red)"
    axes.set_xlim(-0.5, rgb.shape[1] - 0.5)
    axes.set_ylim(rgb.shape[0] - 0.5, -0.5)
    axes.set_title(said, fontsize="x-small")


def draw_depth(axes: Any, shot: ShotEstimate) -> None:
    """Depth of the frame that `draw_frame` shows, near in warm colours, by its inverse; white where unknown."""
    structure, frame = shot.structure, int(shot.picture["frame"])
    axes.set_xticks([])
    axes.set_yticks([])
    if structure is None or not structure.has_depth() or structure.depth is None:
        axes.text(0.5, 0.5, "no depth: the camera does not translate", ha="center", va="center")
        return
    nearness = 1.0 / structure.depth[frame]
    seen = nearness[np.isfinite(nearness)]
    top = float(np.percentile(seen, 99)) if len(seen) else 1.0
    shown = axes.imshow(nearness, cmap="turbo", vmin=0.0, vmax=top, extent=_extent(nearness.shape, structure.cell_px))
    _frame_limits(axes, structure.image_hw)
    bar = axes.figure.colorbar(shown, ax=axes, fraction=0.03, pad=0.02)
    bar.ax.tick_params(labelsize="xx-small")
    share = np.isfinite(nearness).mean()
    axes.set_title(f"frame {shot.start + frame}: 1 / depth, known in {share:.0%}", fontsize="x-small")


def draw_moving(axes: Any, shot: ShotEstimate) -> None:
    """The same frame with what moves by itself in red."""
    structure, frame = shot.structure, int(shot.picture["frame"])
    axes.set_xticks([])
    axes.set_yticks([])
    rgb = shot.picture["rgb"]
    axes.imshow(rgb)
    if structure is None or structure.moving is None:
        axes.set_title("no movement mask", fontsize="x-small")
        return
    moving = structure.moving[frame]
    red = np.zeros((*moving.shape, 4))
    red[moving] = (1.0, 0.1, 0.1, 0.55)
    axes.imshow(red, extent=_extent(moving.shape, structure.cell_px), interpolation="nearest")
    _frame_limits(axes, structure.image_hw)
    axes.set_title(f"frame {shot.start + frame}: {moving.mean():.0%} moves by itself (red)", fontsize="x-small")


def _extent(shape: tuple[int, ...], cell_px: int) -> tuple[float, float, float, float]:
    """Where matplotlib puts a grid of cells over the picture: left, right, bottom, top."""
    return -0.5, shape[1] * cell_px - 0.5, shape[0] * cell_px - 0.5, -0.5


def _frame_limits(axes: Any, hw: tuple[int, int]) -> None:
    axes.set_xlim(-0.5, hw[1] - 0.5)
    axes.set_ylim(hw[0] - 0.5, -0.5)
