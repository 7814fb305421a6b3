"""Pictures of a trajectory, drawn on the caller's axes. Nothing here changes matplotlib's settings.

Paths are drawn in the axes of the first camera of the first path on the axes, with its up on top: x to the right, z
forward, y down drawn downwards. The worlds of files have other axes: what is z in them may be up.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from jaxtyping import Float

from trajectory.caption import DATED_S
from trajectory.description import Description
from trajectory.errors import CinetrajError
from trajectory.files import write_whole
from trajectory.frames import seen_from
from trajectory.glyphs import with_all_letters
from trajectory.kinematics import INDEX_FPS
from trajectory.model import Trajectory
from trajectory.moves import with_holds
from trajectory.picture import in_parts
from trajectory.segments import Segment

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours that no kind of colour blindness confuses, by M. Okabe and K. Ito (2008); without their yellow, which is not
seen on white, and their black."""
ALONG, AGAINST = PALETTE[2], PALETTE[1]
"""Of what moves with the scene (green) and of what moves by itself (orange)."""
KINDS = (".png", ".svg", ".pdf")
_MOST_ABOVE = 8
"""Entries of a legend that stands above its panel, those of two paths: more would leave no room for the curves."""
ROTATION_LABELS = ("tilt (up +)", "pan (right +)", "roll (clockwise +)")
POSITION_LABELS = ("x (right +)", "y (down +)", "z (forward +)")


def draw_path(
    axes: Any, trajectory: Trajectory, *, frusta: int = 8, color: str | None = None, label: str | None = None
) -> None:
    """The path with some camera frusta, on axes with projection "3d".

    Args:
        frusta: how many cameras are drawn, spread over the valid frames; the first is drawn thicker. Frames that are
            not valid leave gaps.
    """
    trajectory = _from_first(axes, trajectory)
    points = _drawn(trajectory.positions)
    (line,) = axes.plot(*points.T, color=color or PALETTE[0], label=label, linewidth=1.5)
    index = np.flatnonzero(trajectory.valid)
    chosen = index[np.unique(np.linspace(0, len(index) - 1, min(frusta, len(index))).round().astype(int))]
    size = 0.08 * (_extent(trajectory) or 1.0)
    for cameras, width in ((chosen[:1], 1.4), (chosen[1:], 0.6)):
        edges = [edge for i in cameras for edge in _frustum(trajectory, int(i), size)]
        if edges:
            axes.plot(*_drawn(_with_gaps(np.stack(edges))).T, color=line.get_color(), linewidth=width)
    _label_space(axes, 12.5 * size)
    axes.set_box_aspect((4, 4, 3), zoom=0.88)  # the labels stay within the panel
    axes.set_aspect("equal", adjustable="datalim")


def _label_space(axes: Any, extent: float) -> None:
    """Labels and short numbers; a power of ten stands in the label, for matplotlib would print it over that."""
    power = int(np.floor(np.log10(extent)))
    power = 0 if -3 <= power <= 3 else power

    def shown(number: float, _: int) -> str:
        return f"{round(number / 10.0**power, 4):.4g}".replace("-", "\N{MINUS SIGN}")

    unit = f" [$10^{{{power}}}$]" if power else ""
    axes.set_xlabel(f"x right{unit}", fontsize="small")
    axes.set_ylabel(f"z forward{unit}", fontsize="small")
    axes.set_zlabel(f"up (−y){unit}", fontsize="small", labelpad=0)
    axes.tick_params(labelsize="xx-small", pad=0)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.get_major_locator().set_params(nbins=4)
        if power:
            axis.set_major_formatter(shown)


def draw_top(axes: Any, trajectory: Trajectory, *, color: str | None = None, label: str | None = None) -> None:
    """The path seen from above, x to the right and z upwards, with the viewing direction at some frames."""
    trajectory = _from_first(axes, trajectory)
    x, z = trajectory.positions[:, 0], trajectory.positions[:, 2]
    (line,) = axes.plot(x, z, color=color or PALETTE[0], label=label, linewidth=1.5)
    index = np.flatnonzero(trajectory.valid)
    if len(index):
        axes.plot(x[index[0]], z[index[0]], "o", color=line.get_color(), markersize=5)
        chosen = index[np.unique(np.linspace(0, len(index) - 1, min(8, len(index))).round().astype(int))]
        length = 0.1 * (_extent(trajectory) or 1.0)
        look = length * trajectory.rotations[chosen][:, [0, 2], 2]
        starts = trajectory.positions[chosen][:, [0, 2]]
        axes.plot(*_with_gaps(np.stack([starts, starts + look], 1)).T, color=line.get_color(), linewidth=0.8)
    axes.set_xlabel("x right")
    axes.set_ylabel("z forward")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_title("from above", fontsize="medium")
    _few_ticks(axes)


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
    focal, time_s = np.where(trajectory.valid, focal, np.nan), _clock(axes, trajectory)
    sigma = np.zeros(len(trajectory)) if trajectory.focal_sigma_px is None else trajectory.focal_sigma_px
    (line,) = axes.plot(time_s, focal, linestyle, color=PALETTE[0], label=label, linewidth=1.3)
    if trajectory.focal_sigma_px is not None:
        axes.fill_between(time_s, focal - sigma, focal + sigma, color=line.get_color(), alpha=0.2, lw=0)
    axes.set_xlabel(_time_label(axes, trajectory))
    axes.set_ylabel(f"focal length [{'parts of the picture' if in_parts(trajectory) else 'px'}]")
    _few_ticks(axes)
    known = focal[np.isfinite(focal)]
    if known.size:  # the time of the other curves, which mark frames without a pose
        axes.update_datalim([(end_s, known[0]) for end_s in time_s[[0, -1]].tolist()])
        axes.autoscale_view()
    if known.size and np.ptp(known) < 0.02 * np.median(known):  # a constant must not look like a zoom
        ends = [0.9 * np.median(known), 1.1 * np.median(known)]
        band = np.concatenate([ends, focal - 1.05 * sigma, focal + 1.05 * sigma])
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


def color_of(number: int) -> str:
    """The colour of the line of that number; they come again after six."""
    return PALETTE[number % len(PALETTE)]


def pose_sigma(trajectory: Trajectory) -> Float[np.ndarray, "n 6"]:
    """Standard deviation of each pose relative to the first valid one, in that camera's axes: position (in its unit)
    and rotation vector (radians); NaN where it is not known."""
    sigma = np.full((len(trajectory), 6), np.nan)
    covariance, index = trajectory.pose_covariance, np.flatnonzero(trajectory.valid)
    if covariance is None or not len(index):
        return sigma
    turn = np.swapaxes(trajectory.rotations[index], 1, 2) @ trajectory.rotations[index[0]]  # cam from first
    for rows in (slice(0, 3), slice(3, 6)):
        own = covariance[index, rows, rows]
        variance = np.einsum("nki,nkl,nli->ni", turn, own, turn)
        sigma[index, rows] = np.sqrt(np.maximum(variance, 0.0))
    return sigma


def kind_of(path: str | Path) -> str:
    """png, svg or pdf, by the suffix of a picture's name. Raises CinetrajError for another one."""
    suffix = Path(path).suffix.lower()
    if suffix not in KINDS:
        raise CinetrajError(f"{path} ends in {suffix or 'nothing'}, expected {', '.join(KINDS)}")
    return suffix[1:]


def write(figure: Any, target: Any, kind: str) -> None:
    """A drawn figure as a file of a `kind_of` path. A png is packed less: half the time, 4 % more room.

    Args:
        target: path, or a file to write bytes to.
    """
    with with_all_letters(figure):
        figure.savefig(target, format=kind, **({"pil_kwargs": {"compress_level": 1}} if kind == "png" else {}))


def moved_from_first(trajectory: Trajectory) -> Float[np.ndarray, "n 3"]:
    """Positions relative to the first valid frame, in that camera's axes; NaN where there is no pose."""
    index = np.flatnonzero(trajectory.valid)
    if not len(index):
        return np.full((len(trajectory), 3), np.nan)
    return (trajectory.positions - trajectory.positions[index[0]]) @ trajectory.rotations[index[0]]


def rotation_deg(trajectory: Trajectory) -> Float[np.ndarray, "n 3"]:
    """Rotation vectors from the first valid frame in that camera's axes, continuous beyond half a turn, in degrees."""
    from scipy.spatial.transform import Rotation

    result = np.full((len(trajectory), 3), np.nan)
    index = np.flatnonzero(trajectory.valid)
    if not len(index):
        return result
    relative = trajectory.rotations[index[0]].T @ trajectory.rotations[index]
    vectors = Rotation.from_matrix(relative).as_rotvec()
    turn = 2 * np.pi
    for i in range(1, len(vectors)):
        angle = float(np.linalg.norm(vectors[i]))
        # No turn has no axis: a circle that closes keeps that of the frame before.
        along = vectors[i] if angle >= 1e-9 else vectors[i - 1]
        axis = along / max(float(np.linalg.norm(along)), 1e-9)
        # The same rotation has the vectors axis·(angle + 2πk): take the one nearest to the frame before.
        vectors[i] = axis * (angle + turn * np.round((vectors[i - 1] @ axis - angle) / turn))
    result[index] = np.rad2deg(vectors)
    return result


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
    missing = time_s[~trajectory.valid]
    if len(missing):
        axes.plot(missing, np.zeros(len(missing)), "x", color="0.5", markersize=4, label=f"{prefix}no pose")
    axes.set_xlabel(_time_label(axes, trajectory))
    _draw_legend(axes)
    _few_ticks(axes)
    axes.grid(visible=True, alpha=0.3)


def _few_ticks(axes: Any) -> None:
    """As many as a small panel needs: each takes half a millisecond to draw."""
    axes.locator_params(nbins=6)


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


def _from_first(axes: Any, trajectory: Trajectory) -> Trajectory:
    """The path in the axes of the first camera of the first path that is drawn on these axes, which keep them."""
    if not axes.lines:
        first = trajectory.world_from_cam[trajectory.valid][:1]
        axes._first_world_from_cam = first[0] if len(first) else np.eye(4)
    return seen_from(trajectory, getattr(axes, "_first_world_from_cam", np.eye(4)))


def _drawn(points: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "k 3"]:
    """OpenCV world to the plot's axes, whose third points up."""
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


def _with_gaps(strokes: Float[np.ndarray, "k 2 d"]) -> Float[np.ndarray, "m d"]:
    """Strokes as one line with gaps, which is drawn in a fraction of the time that each by itself takes."""
    gap = np.full_like(strokes[:, :1], np.nan)
    return np.concatenate([strokes, gap], 1).reshape(-1, strokes.shape[2])


def _extent(trajectory: Trajectory) -> float:
    points = trajectory.positions[trajectory.valid]
    return float(np.linalg.norm(np.ptp(points, axis=0))) if len(points) else 0.0


def _frustum(trajectory: Trajectory, i: int, size: float) -> list[Float[np.ndarray, "2 3"]]:
    """The eight edges of the camera's pyramid as pairs of world points."""
    half_w, half_h = 0.5, 0.3
    if trajectory.intrinsics_px is not None and trajectory.image_hw is not None:
        k = trajectory.intrinsics_px[i]
        half_w, half_h = trajectory.image_hw[1] / 2 / k[0, 0], trajectory.image_hw[0] / 2 / k[1, 1]
    corners = np.array([[-half_w, -half_h, 1], [half_w, -half_h, 1], [half_w, half_h, 1], [-half_w, half_h, 1]])
    world = size * corners @ trajectory.rotations[i].T + trajectory.positions[i]
    centre = trajectory.positions[i]
    return [np.stack([centre, c]) for c in world] + [np.stack([world[j], world[(j + 1) % 4]]) for j in range(4)]


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
