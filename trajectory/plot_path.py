"""A path in space and from above, drawn on the caller's axes.

In the axes of the first camera of the first path on the axes, with its up on top: x to the right, z forward, y down
drawn downwards. The worlds of files have other axes: what is z in them may be up.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from trajectory.colors import PALETTE
from trajectory.curves import alone
from trajectory.errors import CinetrajError
from trajectory.frames import seen_from
from trajectory.model import Trajectory


def draw_path(
    axes: Any, trajectory: Trajectory, *, frusta: int = 8, color: str | None = None, label: str | None = None
) -> None:
    """The path with some camera frusta, on axes with projection "3d".

    Args:
        frusta: how many cameras are drawn, spread over the valid frames; the first is drawn thicker. Frames that are
            not valid leave gaps; one between two gaps is a dot.

    Raises:
        CinetrajError: the axes are flat.
    """
    if not hasattr(axes, "get_zlim"):
        raise CinetrajError("these axes are flat; figure.add_subplot(projection='3d') makes some for a path in space")
    trajectory = _from_first(axes, trajectory)
    points = _drawn(trajectory.positions)
    (line,) = axes.plot(*points.T, color=color or PALETTE[0], label=label, linewidth=1.5)
    draw_alone(axes, trajectory, tuple(points.T), line.get_color())
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


def draw_top(axes: Any, trajectory: Trajectory, *, color: str | None = None, label: str | None = None) -> None:
    """The path seen from above, x to the right and z upwards, with the viewing direction at some frames."""
    trajectory = _from_first(axes, trajectory)
    x, z = trajectory.positions[:, 0], trajectory.positions[:, 2]
    (line,) = axes.plot(x, z, color=color or PALETTE[0], label=label, linewidth=1.5)
    draw_alone(axes, trajectory, (x, z), line.get_color())
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
    few_ticks(axes)


def draw_alone(axes: Any, trajectory: Trajectory, columns: tuple[Float[np.ndarray, " n"], ...], color: str) -> None:
    """Dots for the frames that no line shows, for they stand between frames without a pose."""
    rows = alone(trajectory)
    if rows.any():
        axes.plot(*(column[rows] for column in columns), ".", color=color, markersize=3)


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


def few_ticks(axes: Any) -> None:
    """As many as a small panel needs: each takes half a millisecond to draw."""
    axes.locator_params(nbins=6)
