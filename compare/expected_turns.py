"""The path that WBench expects of a commanded turn, made of the command and of the estimate's own amplitude.

Source: meituan-longcat/WBench `src/metrics/interaction/navigation_trajectory.py` (_build_gt_translation,
_build_gt_rotation, _build_gt_trajectory), bug for bug. The script sorts the keys of an action before it looks it up,
and its table holds W+A, W+D, S+A and S+D in that order only: "A+W" is not found, so that a diagonal is expected to
stand still, in the orientation of the world. Its comment says that y is up; its signs are OpenCV's, with y down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import final

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from compare.metrics.rotation import angles_between
from trajectory.actions import Code, spelled
from trajectory.commands import Perspective

SHORTEST_MOVE = 0.1
"""A turn that moves less is expected to move by `FALLBACK_MOVE`, in the arbitrary unit of the estimate."""
FALLBACK_MOVE = 1.0
SMALLEST_TURN_DEG = 3.0
FALLBACK_TURN_DEG = 30.0
FALLBACK_DEPTH = 1.0
ORBIT_DEG = 5.0
"""Below this no radius of an orbit is taken from the estimate."""
STEP = 2.0
"""How far a turn with a movement goes before it is scaled to the estimate."""
TINY = 1e-12

CANONICAL: Mapping[Code, str] = MappingProxyType(
    {(a, b, c, d): "+".join(sorted(spelled((a, b, c, d)).split("+"))) for a, b, c, d in product((-1, 0, 1), repeat=4)}
)
"""The script's spelling of each code, its keys sorted (normalize_action)."""

_AHEAD: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {"W": (0.0, 0.0, 1.0), "S": (0.0, 0.0, -1.0), "A": (-1.0, 0.0, 0.0), "D": (1.0, 0.0, 0.0)}
)
_LOOKS = MappingProxyType({"left": ("y", -1), "right": ("y", 1), "up": ("x", 1), "down": ("x", -1)})
_WITH_A_LOOK = frozenset(
    {*(f"W+{look}" for look in _LOOKS), *(f"{key}+{look}" for key in "SAD" for look in ("left", "right"))}
)
"""Movements with a look that the script's table holds (ACTION_TO_MOTION); all others of two keys are not found."""


@final
@dataclass(frozen=True, kw_only=True)
class _Motion:
    """What the script's table says of an action: a direction, an axis with its sign, or both."""

    move: tuple[float, float, float] | None
    look: tuple[str, int] | None


def _motion(action: str) -> _Motion | None:
    keys = action.split("+")
    if len(keys) > 1 and action not in _WITH_A_LOOK:
        return None
    return _Motion(
        move=next((_AHEAD[key] for key in keys if key in _AHEAD), None),
        look=next((_LOOKS[key] for key in keys if key in _LOOKS), None),
    )


def is_translation(action: str) -> bool:
    """Whether the script finds a movement without a look."""
    found = _motion(action)
    return found is not None and found.look is None


def path_length(poses: Float[np.ndarray, "n 4 4"]) -> float:
    """Length of the polygon through the positions."""
    return float(np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1).sum())


def total_turn_deg(poses: Float[np.ndarray, "n 4 4"]) -> float:
    """Sum of the angles from pose to pose."""
    return float(np.degrees(angles_between(poses[:-1, :3, :3], poses[1:, :3, :3])).sum())


def expected_turn(
    poses: Float[np.ndarray, "n 4 4"], action: str, heading: Float[np.ndarray, "3 3"], perspective: Perspective
) -> Float[np.ndarray, "n 4 4"]:
    """The expected poses of a turn, from the estimate's first position.

    Args:
        poses: of the estimate in this turn.
        action: in the script's spelling (`CANONICAL`).
        heading: orientation in which the turns before it are expected to have ended.
        perspective: a camera that follows somebody turns about them.
    """
    found = _motion(action)
    if found is None:
        return np.tile(np.eye(4), (len(poses), 1, 1))
    if found.look is None:
        return _straight(poses, found, heading)
    return _turning(poses, found, perspective)


def _shares(count: int) -> Float[np.ndarray, " n"]:
    return np.arange(count) / max(count - 1, 1)


def _straight(
    poses: Float[np.ndarray, "n 4 4"], motion: _Motion, heading: Float[np.ndarray, "3 3"]
) -> Float[np.ndarray, "n 4 4"]:
    moved = float(np.linalg.norm(poses[-1, :3, 3] - poses[0, :3, 3]))
    length = moved if moved > SHORTEST_MOVE else FALLBACK_MOVE
    out = np.tile(np.eye(4), (len(poses), 1, 1))
    out[:, :3, :3] = heading
    out[:, :3, 3] = poses[0, :3, 3] + _shares(len(poses))[:, None] * length * (heading @ np.array(motion.move))
    return out


def _turning(
    poses: Float[np.ndarray, "n 4 4"], motion: _Motion, perspective: Perspective
) -> Float[np.ndarray, "n 4 4"]:
    """A turn by the estimate's angle, at least 30°, about itself or about somebody, scaled to the estimate's path."""
    turned = total_turn_deg(poses)
    angle_deg, depth = FALLBACK_TURN_DEG, FALLBACK_DEPTH
    radius = _orbit_radius(poses, turned)
    if turned >= SMALLEST_TURN_DEG and radius is not None:
        angle_deg = max(turned, FALLBACK_TURN_DEG)
        depth = radius if perspective == "first_person" else max(radius, FALLBACK_DEPTH)
    shape = _shape(len(poses), motion, np.radians(angle_deg), depth, perspective)
    align = poses[0, :3, :3] @ shape[0, :3, :3].T
    place, own = (x[:, :3, 3] - x[0, :3, 3] for x in (shape, poses))
    reach, own_reach = (float(np.linalg.norm(x, axis=1).mean()) + TINY for x in (place, own))
    scale = 1.0 if turned < SMALLEST_TURN_DEG or own_reach < SHORTEST_MOVE else own_reach / reach
    out = np.tile(np.eye(4), (len(poses), 1, 1))
    out[:, :3, :3] = align @ shape[:, :3, :3]
    out[:, :3, 3] = scale * place @ align.T + poses[0, :3, 3]
    return out


def _orbit_radius(poses: Float[np.ndarray, "n 4 4"], turned_deg: float) -> float | None:
    """Of the circle on which the ends of the turn are as far apart as they are."""
    half = np.sin(np.radians(turned_deg) / 2)
    if turned_deg < ORBIT_DEG or half < 1e-6:
        return None
    return float(np.linalg.norm(poses[-1, :3, 3] - poses[0, :3, 3]) / (2 * half))


def _shape(
    count: int, motion: _Motion, angle_rad: float, depth: float, perspective: Perspective
) -> Float[np.ndarray, "n 4 4"]:
    """The turn of a camera that starts at the identity (_build_gt_trajectory)."""
    assert motion.look is not None
    axis, sign = motion.look
    total = Rotation.from_euler(axis, sign * angle_rad).as_rotvec()
    out = np.tile(np.eye(4), (count, 1, 1))
    share = _shares(count)
    move = np.zeros(3) if motion.move is None else STEP * np.array(motion.move)
    turn = Rotation.from_rotvec(share[:, None] * total).as_matrix()
    if perspective == "first_person":
        out[:, :3, :3] = turn
        steps = turn[1:] @ (move / max(count - 1, 1))  # each step goes where the camera looks after it
        out[1:, :3, 3] = np.cumsum(steps, axis=0)
        return out
    subject = np.array([0.0, 0.0, depth]) + share[:, None] * move
    out[:, :3, 3] = subject + turn @ np.array([0.0, 0.0, -depth])
    ahead = _unit(subject - out[:, :3, 3])
    right = _unit(np.cross(ahead, [0.0, -1.0, 0.0]))
    down = -np.cross(right, ahead)
    out[:, :3, :3] = np.stack([right, down, ahead], axis=2)
    return out


def _unit(vector: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    # The script adds 1e-8 to the length, which leaves rotations that are none by as much.
    return vector / np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-150)
