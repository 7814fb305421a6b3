"""Moves that have a name of their own: arc, crane, dolly zoom."""

from dataclasses import dataclass
from typing import Final, Literal, cast, final

import numpy as np
from jaxtyping import Float

from trajectory.gravity import Gravity
from trajectory.image_motion import ImageMotion
from trajectory.kinematics import Motion

DollyZoom = Literal["in_zoom_out", "out_zoom_in"]
PICTURE_UP: Final = np.array([0.0, -1.0, 0.0])
_SPLITS: Final = 32
_CHORDS: Final = 4


@final
@dataclass(frozen=True, kw_only=True)
class CompoundConfig:
    """What it takes to be called by a compound name.

    Attributes:
        min_sweep_deg: least angle that the camera sweeps around the centre of an arc or crane; less cannot be told from
            a straight move with a little pan.
        max_miss: how far the optical axes may pass from a common centre (root mean square), over the radius: an
            operator keeps a subject within a fifth of the frame.
        min_turn: least turn of the optical axis over the sweep; a camera that keeps looking at the centre turns as much
            as it sweeps, one that only trucks past does not turn.
        max_radius_change: how much the distance to the centre may change, over the radius; more is a spiral, where it
            goes one way.
        min_bend: least bend of the way of a spiral, or of a sweep of more than `max_unbent_deg`, over its sweep: a
            straight way past a subject does not bend, however long the camera looks at it. On a shorter one a bend is
            too little to be told from noise.
        max_bend: how far a crane's path may leave its circle, over the sagitta of the circle.
        max_corner: how far it may leave two straight lines, over how far it leaves its circle, to be a rise and another
            way after it, near whose corner a circle passes too.
        dolly_zoom_balance: range of -zoom / dolly content expansion in which the two cancel for a subject in the scene.
        dolly_zoom_axial: least share of the way that goes along the axis; beside a longer one across it, a zoom holds
            the size of nothing that stays in view.
    """

    min_sweep_deg: float = 12.0
    max_miss: float = 0.2
    min_turn: float = 0.5
    max_radius_change: float = 0.5
    min_bend: float = 0.7
    max_unbent_deg: float = 60.0
    max_bend: float = 0.25
    max_corner: float = 0.5
    dolly_zoom_balance: tuple[float, float] = (0.4, 2.5)
    dolly_zoom_axial: float = 0.5


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Arc:
    """A move around a centre that the camera keeps looking at.

    Attributes:
        direction: the way the camera moves; CameraBench calls leftward "clockwise".
        swept_deg: angle around the axis of the circle, summed along the path: all around is 360 degrees from above too.
        radius: median distance to the centre, in units of the translation; radius_depths: over the scene depth, or
            None.
        centre_first: the centre in the axes of the first camera.
        miss: root mean square distance of the centre from the optical axes, over the radius.
        spiral: whether the distance from the axis of the circle shrinks or grows by more than that of a circle may.
    """

    direction: Literal["left", "right", "up", "down"]
    swept_deg: float
    radius: float
    radius_depths: float | None
    centre_first: tuple[float, float, float]
    miss: float
    spiral: Literal["inward", "outward"] | None = None


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Crane:
    """A path on a circle in the vertical plane, as of the arm of a crane.

    Attributes:
        swept_deg: angle that the path turns through; radius in units of the translation.
    """

    direction: Literal["up", "down"]
    swept_deg: float
    radius: float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Compound:
    """Compound moves found in a clip, None where not.

    Attributes:
        around_diag: content shift that a sideways move and the opposite pan share (geometric mean, positive to the
            right): a continuous score for arcs. over_diag: the same of a pedestal and the opposite tilt (positive
            upward).
    """

    arc: Arc | None
    crane: Crane | None
    dolly_zoom: DollyZoom | None
    around_diag: float
    over_diag: float


def find(
    seen: ImageMotion,
    limits: Float[np.ndarray, " 7"],
    config: CompoundConfig | None = None,
    *,
    gravity: Gravity | None = None,
) -> Compound:
    """Compound moves of a clip; `limits` are the decision thresholds of the components.

    Args:
        gravity: attitude of the first frame, whose "up" is that of the picture where nothing tells it.
    """
    config = config or CompoundConfig()
    up = vertical_of(gravity)
    if seen.unit == "path_length" and not seen.shift[:, :3].any():
        orbit = crane = None
    else:
        orbit = fit_arc(seen.moved, config)
        crane = fit_crane(seen.moved, config, up=up)
    if orbit is not None and np.ptp(seen.shift[:, :3], axis=0).max() < float(limits[:2].min()):
        orbit = None
    total = seen.shift[-1]
    if orbit is not None and orbit.direction in ("up", "down"):
        direction = "up" if orbit.direction == "up" else "down"
        crane = Crane(direction=direction, swept_deg=orbit.swept_deg, radius=orbit.radius)
        orbit = None
    risen = abs(float(total[1])) if gravity is None else abs(_rise(seen, up))
    if crane is not None and risen < float(limits[1]):
        crane = None
    return Compound(
        arc=orbit,
        crane=crane,
        dolly_zoom=_dolly_zoom(total, limits, seen, config),
        around_diag=_shared(float(total[0]), float(total[4])),
        over_diag=_shared(-float(total[1]), float(total[3])),
    )


def fit_arc(moved: Motion, config: CompoundConfig | None = None) -> Arc | None:
    """The common centre of the optical axes, if the camera circles one.

    The centre is the point nearest to all optical axes in the least-squares sense: sum (I - d d^T)(c - p) = 0.
    """
    config = config or CompoundConfig()
    position, axis = moved.position, moved.rotation[:, :, 2]
    if moved.path_length == 0.0 or len(moved) < 3:
        return None
    across = np.eye(3) - axis[:, :, None] * axis[:, None, :]
    system = cast("np.ndarray", across.mean(axis=0))
    if np.linalg.eigvalsh(system)[0] < 1e-4:
        return None
    centre = cast("np.ndarray", np.linalg.solve(system, np.einsum("nij,nj->i", across, position) / len(moved)))
    spoke = position - centre
    radius = np.linalg.norm(spoke, axis=1)
    typical = float(np.median(radius))
    ahead = cast("np.ndarray", -np.sum(spoke * axis, axis=1))
    off_axis = cast("np.ndarray", np.einsum("nij,nj->ni", across, spoke))
    miss = float(np.sqrt((off_axis**2).sum(axis=1).mean())) / max(typical, 1e-300)
    if (ahead <= 0).mean() > 0.05 or miss > config.max_miss:
        return None
    turn: np.ndarray = np.cross(spoke[:-1], spoke[1:]).sum(axis=0)
    if not np.linalg.norm(turn) > 0:
        return None
    normal = turn / np.linalg.norm(turn)
    swept = float(np.degrees(np.sum(_signed_angle(spoke[:-1], spoke[1:], normal))))
    turned = float(np.degrees(np.sum(_signed_angle(axis[:-1], axis[1:], normal))))
    if swept < config.min_sweep_deg or turned < config.min_turn * swept:
        return None
    wide = np.ptp(radius) > config.max_radius_change * typical
    if (wide or swept > config.max_unbent_deg) and _bend_deg(position, spoke, normal) < config.min_bend * swept:
        return None
    # A camera that keeps looking at the centre turns about the axis of its circle, which may lie above the centre.
    pole = np.einsum("nij,nj->i", moved.rotation[:-1], moved.step_rotvec_rad)
    pole = pole / np.linalg.norm(pole)
    flat = spoke - np.outer(spoke @ pole, pole)
    distance = np.linalg.norm(flat, axis=1)
    widens = float(distance[-1] - distance[0])
    spiral = bool(np.ptp(distance) > config.max_radius_change * np.median(distance))
    if spiral and abs(widens) < 0.5 * np.ptp(distance):
        return None
    # Seen from the first camera the centre lies ahead, so the side to which the circle starts names the direction.
    start = np.cross(pole, spoke[0])
    sideways = abs(start[0]) >= abs(start[1])
    direction = ("right" if start[0] > 0 else "left") if sideways else ("down" if start[1] > 0 else "up")
    depth = None if moved.depth is None else typical / float(np.median(moved.depth))
    return Arc(
        direction=direction,
        swept_deg=float(np.degrees(np.sum(_signed_angle(flat[:-1], flat[1:], pole)))),
        radius=typical,
        radius_depths=depth,
        centre_first=(float(centre[0]), float(centre[1]), float(centre[2])),
        miss=miss,
        spiral=("outward" if widens > 0 else "inward") if spiral else None,
    )


def _bend_deg(
    position: Float[np.ndarray, "m 3"], spoke: Float[np.ndarray, "m 3"], normal: Float[np.ndarray, " 3"]
) -> float:
    """How far a way turns about the normal, by its chords between even angles of the spokes from its centre."""
    turned = np.cumsum(_signed_angle(spoke[:-1], spoke[1:], normal))
    gone = np.maximum.accumulate(np.concatenate([[0.0], turned]))
    count = max(_CHORDS, round(gone[-1] / np.radians(45.0)))  # no joint turns by half a turn
    at = cast("np.ndarray", np.linspace(0.0, float(gone[-1]), count + 1))
    points = [cast("np.ndarray", np.interp(at, gone, axis)) for axis in position.T]
    chord = np.diff(np.stack(points, axis=1), axis=0)
    return float(np.degrees(np.sum(_signed_angle(chord[:-1], chord[1:], normal)))) * count / (count - 1)


def vertical_of(gravity: Gravity | None) -> Float[np.ndarray, " 3"]:
    """The way up in the axes of the first camera; that of its picture where gravity is not known, or lies across it."""
    if gravity is None:
        return PICTURE_UP
    up = -gravity.level_from_first[1]
    across = abs(up[0]) > abs(up[1]) + 1e-9  # rounding leaves a camera that looks straight down on this side
    return PICTURE_UP if across else up


def fit_crane(
    moved: Motion, config: CompoundConfig | None = None, *, up: Float[np.ndarray, " 3"] = PICTURE_UP
) -> Crane | None:
    """A circle through the path in a plane that holds the vertical, wherever the camera looks.

    Algebraic circle fit (Kasa 1976) in the plane of the path's two largest principal axes.

    Args:
        up: the way up in the axes of the first camera.
    """
    config = config or CompoundConfig()
    offset = moved.position - moved.position.mean(axis=0)
    if len(moved) < 5 or moved.path_length == 0.0:
        return None
    _, size, axes = np.linalg.svd(offset.T @ offset)
    if size[1] <= 1e-12 * size[0] or abs(axes[2] @ up) > 0.5:
        return None
    flat = offset @ axes[:2].T
    scale = float(np.sqrt(size[0] / len(moved)))
    flat = flat / scale
    design = np.column_stack([2.0 * flat, np.ones(len(flat))])
    solution = cast("np.ndarray", np.linalg.lstsq(design, np.sum(flat**2, axis=1), rcond=None)[0])
    middle = solution[:2]
    radius = float(np.sqrt(max(0.0, float(solution[2]) + float(middle @ middle))))
    spoke = flat - middle
    angle = np.unwrap(np.arctan2(spoke[:, 1], spoke[:, 0]))
    swept = abs(float(angle[-1] - angle[0]))
    misfit = float(np.sqrt(((np.hypot(spoke[:, 0], spoke[:, 1]) - radius) ** 2).mean()))
    sagitta = radius * (1.0 - np.cos(min(swept, np.pi) / 2.0))
    rise = float(moved.position[-1] @ up)
    mostly_up = abs(rise) >= 0.5 * float(np.linalg.norm(moved.position[-1]))
    if np.degrees(swept) < config.min_sweep_deg or misfit > config.max_bend * sagitta or not mostly_up:
        return None
    if _two_ways(flat, angle) < config.max_corner * misfit:
        return None
    return Crane(direction="up" if rise > 0 else "down", swept_deg=float(np.degrees(swept)), radius=radius * scale)


def _two_ways(flat: Float[np.ndarray, "m 2"], angle: Float[np.ndarray, " m"]) -> float:
    """Root mean square distance of a path from the best two straight lines, one after another along it.

    Args:
        angle: of the points on the circle that is fitted to them, unwrapped.
    """
    gone = np.maximum.accumulate(np.sign(angle[-1] - angle[0]) * (angle - angle[0]))
    places = cast("np.ndarray", np.linspace(0.0, float(gone[-1]), _SPLITS + 1))[1:-1].tolist()
    parts = ((flat[gone < at], flat[gone >= at]) for at in places)
    return float(np.sqrt(min(sum(_off_line(part) for part in both) for both in parts) / len(flat)))


def _off_line(points: Float[np.ndarray, "k 2"]) -> float:
    """Sum of squared distances from the best straight line."""
    away = points - points.mean(axis=0)
    return max(0.0, float(np.linalg.eigvalsh(away.T @ away)[0]))


def _rise(seen: ImageMotion, up: Float[np.ndarray, " 3"]) -> float:
    """How far the last camera is above the first, as far as a pedestal would shift the picture."""
    unit = seen.moved.path_length
    if seen.unit == "scene_depth" and seen.moved.depth is not None:
        unit = seen.nearness * float(np.median(seen.moved.depth))
    return float(seen.moved.position[-1] @ up) / max(unit, 1e-300) * float(seen.weight[1])


def _signed_angle(a: np.ndarray, b: np.ndarray, normal: np.ndarray) -> np.ndarray:
    return np.arctan2(np.cross(a, b) @ normal, np.sum(a * b, axis=1))


def _shared(move: float, turn: float) -> float:
    """Geometric mean of a move and the turn against it, with the sign of the move; 0 where they do not oppose."""
    return float(np.sign(move) * np.sqrt(max(0.0, -move * turn)))


def _dolly_zoom(total: np.ndarray, limits: np.ndarray, seen: ImageMotion, config: CompoundConfig) -> DollyZoom | None:
    """A move along the axis against a zoom that holds the size of something in the scene."""
    move, zoom = float(total[2]), float(total[6])
    if abs(move) < limits[2] or abs(zoom) < limits[6] or move * zoom > 0:
        return None
    if abs(move) < config.dolly_zoom_axial * float(np.linalg.norm(total[:3])):
        return None
    low, high = config.dolly_zoom_balance
    if seen.unit == "scene_depth" and not low <= -zoom / move <= high:
        return None
    return "in_zoom_out" if move > 0 else "out_zoom_in"
