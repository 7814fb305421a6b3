"""Pictures of a trajectory, drawn on the caller's axes: curves over time, and all on one figure.

Nothing here changes matplotlib's settings.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from jaxtyping import Float

from trajectory.caption import DATED_S
from trajectory.colors import PALETTE, color_of
from trajectory.curves import moved_from_first, pose_sigma, rotation_deg
from trajectory.description import Description
from trajectory.figure_files import kind_of, write
from trajectory.files import write_whole
from trajectory.kinematics import INDEX_FPS
from trajectory.model import Trajectory
from trajectory.moves import with_holds
from trajectory.picture import in_parts
from trajectory.plot_path import draw_alone, draw_path, draw_top, few_ticks
from trajectory.segments import Segment

_MOST_ABOVE = 8
"""Entries of a legend that stands above its panel, those of two paths: more would leave no room for the curves."""
ROTATION_LABELS = ("tilt (up +)", "pan (right +)", "roll (clockwise +)")
POSITION_LABELS = ("x (right +)", "y (down +)", "z (forward +)")


def draw_position(axes: Any, trajectory: Trajectory, *, linestyle: str = "-", prefix: str = "") -> None:
    """Position relative to the first valid frame, in that camera's axes, over time, with one standard deviation.

    The axis keeps the unit of the first path that is drawn on it.
    """
    moved = moved_from_first(trajectory)
    _draw_lines(axes, trajectory, moved, POSITION_LABELS, linestyle, prefix)
    _draw_bands(axes, trajectory, moved, pose_sigma(trajectory)[:, :3])
    if not axes.get_ylabel():
        axes.set_ylabel("position (not seen)" if trajectory.scale == "bounded" else f"position [{unit_of(trajectory)}]")


def draw_rotation(axes: Any, trajectory: Trajectory, *, linestyle: str = "-", prefix: str = "") -> None:
    """Rotation relative to the first valid frame, as a rotation vector in that camera's axes, in degrees, with one
    standard deviation where it is known."""
    turned = rotation_deg(trajectory)
    _draw_lines(axes, trajectory, turned, ROTATION_LABELS, linestyle, prefix)
    _draw_bands(axes, trajectory, turned, np.degrees(pose_sigma(trajectory)[:, 3:]))
    axes.set_ylabel("rotation, first camera's axes [°]")


def draw_focal(axes: Any, trajectory: Trajectory, *, linestyle: str = "-", label: str | None = None) -> None:
    """Focal length over time with its standard deviation where that is known; says so where there is none."""
    focal = trajectory.focal_px
    if focal is None:
        axes.text(0.5, 0.5, "focal length not known", ha="center", va="center", transform=axes.transAxes)
        return
    before = list(axes.get_ylim()) if axes.lines else []  # of another path, which stays in view
    focal, time_s = np.where(trajectory.valid, focal, np.nan), _clock(axes, trajectory)
    sigma = np.zeros(len(trajectory)) if trajectory.focal_sigma_px is None else trajectory.focal_sigma_px
    (line,) = axes.plot(time_s, focal, linestyle, color=PALETTE[0], label=label, linewidth=1.3)
    draw_alone(axes, trajectory, (time_s, focal), PALETTE[0])
    if trajectory.focal_sigma_px is not None:
        axes.fill_between(time_s, focal - sigma, focal + sigma, color=line.get_color(), alpha=0.2, lw=0)
    axes.set_xlabel(_time_label(axes, trajectory))
    axes.set_ylabel(f"focal length [{'parts of the picture' if in_parts(trajectory) else 'px'}]")
    few_ticks(axes)
    known = focal[np.isfinite(focal)]
    if known.size:  # the time of the other curves, which mark frames without a pose
        axes.update_datalim([(end_s, known[0]) for end_s in time_s[[0, -1]].tolist()])
        axes.autoscale_view()
    constant = known.size and np.ptp(known) < 0.02 * np.median(known)  # it must not look like a zoom
    if constant or (known.size and before):
        ends = [0.9 * np.median(known), 1.1 * np.median(known)] if constant else []
        band = np.concatenate([before, ends, focal - 1.05 * sigma, focal + 1.05 * sigma])
        band = band[np.isfinite(band)]
        axes.set_ylim(band.min(), band.max())


def draw_segments(
    axes: Any, segments: Sequence[Segment], trajectory: Trajectory, *, index_fps: float = INDEX_FPS
) -> None:
    """Which primitive happens when: one bar for each segment, one line for each primitive, on the time of the curves.

    Args:
        index_fps: the rate by which the segments have seconds, where the trajectory counts frames.
    """
    names = list(dict.fromkeys(segment.primitive for segment in segments))
    unit = index_fps if trajectory.time_source == "index" else 1.0
    time_s = _clock(axes, trajectory)
    zero = float(trajectory.time_s[0] - time_s[0])
    for segment in segments:
        row = names.index(segment.primitive)
        start, end = unit * segment.start_s - zero, unit * segment.end_s - zero
        axes.barh(row, end - start, left=start, height=0.6, color=color_of(row))
    row_pt = axes.bbox.height * 72.0 / axes.figure.dpi / max(len(names), 1)
    size_pt = min(8.3, 0.75 * row_pt)  # small, and no name over the next
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=size_pt)
    axes.set_ylim(len(names) - 0.4 if names else 1, -0.6)
    first, last = time_s[[0, -1]].tolist()
    axes.set_xlim(first, last if last > first else first + 1)
    axes.set_xlabel(_time_label(axes, trajectory))
    if not names:
        axes.text(0.5, 0.5, "no segments", ha="center", va="center", transform=axes.transAxes)
    axes.grid(visible=True, axis="x", alpha=0.3)


def draw_overview(
    figure: Any,
    trajectories: Sequence[Trajectory],
    labels: Sequence[str] = (),
    *,
    description: Description | None = None,
    index_fps: float = INDEX_FPS,
) -> None:
    """Path, top view, position and rotation of up to a few trajectories on an empty figure of the caller.

    Args:
        description: of the first one; what it tells becomes a timeline below, its sentence the title.
        index_fps: the rate that the description assumed, where the trajectory counts frames.
    """
    import mpl_toolkits.mplot3d  # noqa: F401  registers the projection  # pyright: ignore

    names = [*labels, *[""] * (len(trajectories) - len(labels))]
    rows = 2 if description is None else 3
    grid = figure.add_gridspec(rows, 2, height_ratios=(1.0, 1.0, 0.5)[:rows])
    path = figure.add_subplot(grid[0, 0], projection="3d")
    above, position, rotation = (figure.add_subplot(grid[k]) for k in ((0, 1), (1, 0), (1, 1)))
    for number, (trajectory, name) in enumerate(zip(trajectories, names, strict=True)):
        style = ("-", "--", ":", "-.")[number % 4]
        draw_path(path, trajectory, color=color_of(number), label=name or None)
        draw_top(above, trajectory, color=color_of(number), label=name or None)
        draw_position(position, trajectory, linestyle=style, prefix=f"{name} " if name else "")
        draw_rotation(rotation, trajectory, linestyle=style, prefix=f"{name} " if name else "")
    if any(names):
        above.legend(fontsize="x-small")
    top = 0.92
    if description is not None:
        below = figure.add_subplot(grid[2, :])
        shown = with_holds(description.decisions, description.segments, description.translation_unit)
        draw_segments(below, shown, trajectories[0], index_fps=index_fps)
        title = fill(description.sentence, 110)
        figure.suptitle(title, fontsize="medium")
        top = top_below(figure, title, "medium")
    figure.subplots_adjust(
        left=0.14, right=0.97, bottom=0.07, top=top, hspace=0.45 if len(trajectories) == 2 else 0.3, wspace=0.25
    )


def top_below(figure: Any, title: str, fontsize: str) -> float:
    """Where the panels of a figure end, as a share of its height, so that they and their titles are below its own."""
    from matplotlib.font_manager import FontProperties

    size_pt = FontProperties(size=fontsize).get_size_in_points()
    lines = title.count("\n") + 1
    height_in = figure.get_figheight()
    # matplotlib begins at 0.98 with lines 1.2 high; a third of an inch holds a panel's own title.
    return float(np.clip(0.98 - (1.2 * size_pt * lines / 72 + 0.34) / height_in, 0.5, 0.92))


def unit_of(trajectory: Trajectory) -> str:
    """How the unit of positions is called; a depth of the scene only where the path was made so."""
    if trajectory.scale == "metric":
        return "m"
    known = np.zeros(0) if trajectory.scene_depth is None else trajectory.scene_depth[trajectory.valid]
    known = known[np.isfinite(known)]
    return "scene depths" if known.size and abs(np.median(known) - 1) < 0.5 else "units of the path"


def _draw_lines(
    axes: Any,
    trajectory: Trajectory,
    values: Float[np.ndarray, "n 3"],
    labels: tuple[str, str, str],
    linestyle: str,
    prefix: str,
) -> None:
    time_s = _clock(axes, trajectory)
    for column, label in enumerate(labels):
        axes.plot(time_s, values[:, column], linestyle, color=color_of(column), label=prefix + label, linewidth=1.3)
    for column in range(3):
        draw_alone(axes, trajectory, (time_s, values[:, column]), color_of(column))
    missing = time_s[~trajectory.valid]
    if len(missing):
        axes.plot(missing, np.zeros(len(missing)), "x", color="0.5", markersize=4, label=f"{prefix}no pose")
    axes.set_xlabel(_time_label(axes, trajectory))
    _draw_legend(axes)
    few_ticks(axes)
    axes.grid(visible=True, alpha=0.3)


def _draw_legend(axes: Any) -> None:
    """Above the curves of one or two paths, for within the panel it would hide some; of more where it hides least."""
    count = len(axes.get_legend_handles_labels()[1])
    above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "frameon": False, "borderaxespad": 0.2}
    narrow = {"handlelength": 1.2, "handletextpad": 0.4, "columnspacing": 1.0, "ncols": count if count <= 4 else 2}
    axes.legend(fontsize="x-small", **({**above, **narrow} if count <= _MOST_ABOVE else {}))


def _draw_bands(
    axes: Any, trajectory: Trajectory, values: Float[np.ndarray, "n 3"], sigma: Float[np.ndarray, "n 3"]
) -> None:
    if not (sigma > 0).any():
        return
    for column in range(3):
        low, high = values[:, column] - sigma[:, column], values[:, column] + sigma[:, column]
        axes.fill_between(_clock(axes, trajectory), low, high, color=color_of(column), alpha=0.18, lw=0)


def _clock(axes: Any, trajectory: Trajectory) -> Float[np.ndarray, " n"]:
    """Times as the axes count them: where those of their first path tell the date, from its first frame."""
    if not hasattr(axes, "_zero_s"):
        first_s = float(trajectory.time_s[0])
        axes._zero_s = first_s if trajectory.time_source != "index" and first_s > DATED_S else 0.0
    return trajectory.time_s - axes._zero_s


def _time_label(axes: Any, trajectory: Trajectory) -> str:
    if axes._zero_s:
        return "time from the first frame [s]"
    return {"seconds": "time [s]", "index": "frame", "assumed": "time [s, rate assumed]"}[trajectory.time_source]


def save_overview(
    trajectories: Sequence[Trajectory],
    path: str | Path,
    labels: Sequence[str] = (),
    *,
    description: Description | None = None,
    index_fps: float = INDEX_FPS,
) -> None:
    """`draw_overview` into a file (.png, .svg, .pdf) by a figure of its own: matplotlib's settings and backend stay.

    The file is written whole or not at all, and folders that are missing are made.
    """
    import zlib  # noqa: F401  pycolmap exports its own copy of zlib; the first one loaded wins  # pyright: ignore

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kind = kind_of(path)
    figure: Any = Figure(figsize=(11, 8 if description is None else 9.5), dpi=100)
    FigureCanvasAgg(figure)
    draw_overview(figure, trajectories, labels, description=description, index_fps=index_fps)
    data = io.BytesIO()
    write(figure, data, kind)
    write_whole(path, data.getvalue())
