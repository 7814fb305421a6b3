"""The picture of a run: the path, what the camera turned and zoomed, and what the estimate rests on."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sfm.runs.estimate import ShotEstimate
from sfm.types import ModelName
from trajectory import plot, plot_frames
from trajectory.figure_files import kind_of, write
from trajectory.model import Trajectory

MODEL_WORDS: dict[ModelName | None, str] = {
    "static": "static camera",
    "rotation": "rotation only",
    "rotation_zoom": "rotation and zoom",
    "full": "full motion",
    "full_zoom": "full motion and zoom",
    None: "no motion model",
}

_MOST_LINES = 6
"""Of what is said under the name: more would take the room of the panels, and run into them."""


def write_picture(shot: ShotEstimate, trajectory: Trajectory, path: Path, *, title: str, backend: str) -> None:
    """`plot.png` of a shot; a vector drawing where the name ends in .svg or .pdf.

    Uses its own figure and canvas, so that matplotlib's settings and backend stay.
    """
    import mpl_toolkits.mplot3d  # noqa: F401  registers the projection
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    import sfm.processes.zlib_first  # noqa: F401

    dense = shot.structure is not None and shot.structure.cell_px > 0 and shot.picture.get("rgb") is not None
    width = 19.5 if dense else 14.0
    figure = Figure(figsize=(width, 8), dpi=100)
    FigureCanvasAgg(figure)
    ratios = {"width_ratios": (1.0, 0.9, 1.25, 1.25)[: 4 if dense else 3], "height_ratios": (1.1, 1.0)}
    head = headline(shot, trajectory, title, backend)
    top = plot.top_below(figure, head, "large")
    sides = {"left": 0.07 * 14.0 / width, "right": 0.985, "bottom": 0.07, "top": top}
    grid = figure.add_gridspec(2, 4 if dense else 3, wspace=0.25, hspace=0.22, **sides, **ratios)
    plot.draw_path(figure.add_subplot(grid[0, 0], projection="3d"), trajectory)
    plot.draw_top(figure.add_subplot(grid[0, 1]), trajectory)
    shown = [figure.add_subplot(grid[0, 2])]
    draw_frame(shown[0], shot)
    plot.draw_position(figure.add_subplot(grid[1, 0]), trajectory)
    plot.draw_rotation(figure.add_subplot(grid[1, 1]), trajectory)
    plot.draw_focal(figure.add_subplot(grid[1, 2]), trajectory)
    if dense:
        shown += [figure.add_subplot(grid[0, 3]), figure.add_subplot(grid[1, 3])]
        draw_depth(shown[1], shot)
        draw_moving(shown[2], shot)
    for axes in shown:
        plot_frames.shape_pixels(axes, trajectory)
    figure.suptitle(head, fontsize="large", x=0.06, ha="left", parse_math=False)
    write(figure, path, kind_of(path))


def headline(shot: ShotEstimate, trajectory: Trajectory, title: str, backend: str) -> str:
    """Two lines or a few more: what was found, how sure, and what was not seen; the record has all of a long reason."""
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
    return (
        textwrap.fill("  ·  ".join(parts), 130)
        + "\n"
        + textwrap.fill("  ·  ".join(second), 150, max_lines=_MOST_LINES, placeholder=" ... (run.json has all)")
    )


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
    rgb = shot.picture.get("rgb")
    if rgb is None:
        plot_frames.say(axes, "no frame")
        return
    frame = int(shot.picture["frame"])
    xy_px, moving = shot.picture.get("tracks_px"), shot.picture.get("moving")
    against = None if moving is None else np.asarray(moving, dtype=bool)
    plot_frames.draw_tracks(axes, rgb, xy_px, against, frame, number=_number(shot))


def _number(shot: ShotEstimate) -> int:
    return plot_frames.number_of(shot.trajectory, int(shot.picture["frame"]), shot.start)


def draw_depth(axes: Any, shot: ShotEstimate) -> None:
    """Depth of the frame that `draw_frame` shows."""
    structure, frame = shot.structure, int(shot.picture["frame"])
    if structure is None or not structure.has_depth() or structure.depth is None:
        plot_frames.say(axes, "no depth: the camera does not translate")
        return
    plot_frames.draw_depth(axes, structure.depth[frame], structure.cell_px, structure.image_hw, number=_number(shot))


def draw_moving(axes: Any, shot: ShotEstimate) -> None:
    """The same frame with what moves by itself in orange."""
    structure, frame = shot.structure, int(shot.picture["frame"])
    moving, cell_px = None, 1
    if structure is not None and structure.moving is not None:
        moving, cell_px = structure.moving[frame], structure.cell_px
    plot_frames.draw_moving(axes, shot.picture["rgb"], moving, cell_px, number=_number(shot))
