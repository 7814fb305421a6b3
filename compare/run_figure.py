# pyright: basic
# (matplotlib's figures)
"""A drawing of a run from its folder: path, curves with their spread, segments, a frame with what was seen in it."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from compare.align import laid_on
from compare.film import Film, Films, scaled_tracks
from compare.run_files import RunShot, read_depth, read_tracks
from trajectory import plot, plot_frames
from trajectory.colors import AGAINST
from trajectory.errors import CinetrajError
from trajectory.figure_files import kind_of, write
from trajectory.frames import at_rows
from trajectory.model import Trajectory
from trajectory.moves import with_holds


def draw_run(figure: Any, shot: RunShot, *, films: Films | None = None, reference: Trajectory | None = None) -> None:
    """Draw a shot on an empty figure of the caller.

    Args:
        films: decodes the shot; without it, or where the clip is gone, the frames are left out and the figure says so.
        reference: another path of the same clip, drawn dashed, moved, turned and scaled so that both fit best.

    Raises:
        CinetrajError: the shot has no path, or shares no pose with the reference.
    """
    import mpl_toolkits.mplot3d  # noqa: F401  registers the projection  # pyright: ignore

    trajectory = shot.trajectory()
    if trajectory is None:
        raise CinetrajError(f"{shot.name} has no path to draw: {shot.shot.get('reason')}")
    description = shot.describe(trajectory)
    grid = figure.add_gridspec(3, 3, height_ratios=(1.15, 1.0, 0.55), hspace=0.38, wspace=0.28)
    path = figure.add_subplot(grid[0, 0], projection="3d")
    plot.draw_path(path, trajectory, label=None if reference is None else "this run")
    frames = [figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[0, 2])]
    _draw_frames(frames, shot, films)
    for axes in frames:
        plot_frames.shape_pixels(axes, trajectory)
    position, rotation, focal = (figure.add_subplot(grid[1, column]) for column in range(3))
    plot.draw_position(position, trajectory)
    plot.draw_rotation(rotation, trajectory)
    plot.draw_focal(focal, trajectory)
    if reference is not None:
        laid = _while_it_lasts(laid_on(trajectory, reference), reference)
        plot.draw_path(path, laid, color=AGAINST, label="reference")
        path.legend(fontsize="x-small", loc="upper left", frameon=False)
        plot.draw_position(position, laid, linestyle="--", prefix="reference ")
        plot.draw_rotation(rotation, laid, linestyle="--", prefix="reference ")
        if laid.focal_px is not None:
            plot.draw_focal(focal, laid, linestyle="--", label="reference")
            focal.legend(fontsize="x-small")
    below = figure.add_subplot(grid[2, :])
    shown = with_holds(description.decisions, description.segments, description.translation_unit)
    plot.draw_segments(below, shown, trajectory)
    confidence = shot.statistics.get("confidence")
    sure = f", confidence {confidence:.2f}" if isinstance(confidence, int | float) else ""
    said = textwrap.fill(description.sentence, 120)
    title = textwrap.fill(f"{shot.name}: {shot.status}{sure}", 120) + f"\n{said}"
    top = plot.top_below(figure, title, "medium")
    figure.subplots_adjust(left=0.11, right=0.97, bottom=0.07, top=top)
    figure.suptitle(title, fontsize="medium", x=0.07, ha="left", parse_math=False)


def _draw_frames(axes: list[Any], shot: RunShot, films: Films | None) -> None:
    """The frame in the middle with its tracks or what moves, and its depth."""
    try:
        film = None if films is None else films(shot)
        gone = "no film"
    except CinetrajError as error:
        film, gone = None, textwrap.fill(str(error), 40)
    depth = read_depth(shot.folder)
    row = 0 if film is None else int(film.rows[len(film.rows) // 2])
    number = plot_frames.number_of(shot.trajectory(), row, int(shot.shot.get("start") or 0))
    if film is None:
        plot_frames.say(axes[0], gone)
    else:
        _draw_seen(axes[0], shot, film, row, number)
    if depth is None or not np.isfinite(depth.depth[row]).any():
        plot_frames.say(axes[1], "no depth was kept")
    else:
        plot_frames.draw_depth(axes[1], depth.depth[row], depth.cell_px, depth.image_hw, number=number)


def _draw_seen(axes: Any, shot: RunShot, film: Film, row: int, number: int) -> None:
    at = len(film.rows) // 2
    tracks = read_tracks(shot.folder)
    if tracks is None and film.moving is not None:
        plot_frames.draw_moving(axes, film.rgb[at], film.moving[at], 1, number=number)
        return
    places = None if tracks is None else scaled_tracks(tracks.xy_px.astype(float), tracks.image_hw, film.hw)
    moving = None if tracks is None else tracks.moving
    plot_frames.draw_tracks(axes, film.rgb[at], places, moving, row, number=number)


def _while_it_lasts(laid: Trajectory, reference: Trajectory) -> Trajectory:
    """A reference that was laid by time, without the frames before its begin and after its end: there it lacks none."""
    if len(laid) == len(reference):  # frame by frame
        return laid
    inside = laid.valid | ((laid.time_s >= reference.time_s[0]) & (laid.time_s <= reference.time_s[-1]))  # or rounded
    return at_rows(laid, np.flatnonzero(inside))


def save_figure(
    shot: RunShot, path: str | Path, *, films: Films | None = None, reference: Trajectory | None = None
) -> Path:
    """`draw_run` into a file (.png, .svg, .pdf) by a figure of its own: matplotlib's settings and backend stay."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from trajectory.files import write_whole

    kind = kind_of(path)
    figure: Any = Figure(figsize=(14, 9.5), dpi=100)
    FigureCanvasAgg(figure)
    draw_run(figure, shot, films=films, reference=reference)
    data = io.BytesIO()
    write(figure, data, kind)
    return write_whole(path, data.getvalue())
