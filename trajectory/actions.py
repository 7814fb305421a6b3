"""The keys that a camera's steps amount to: W A S D and looks, as world models are steered by them.

A code is four numbers of -1, 0 and 1, in the order of `AXES`. HY-WorldPlay numbers the 81 codes that there are.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from trajectory.errors import CinetrajError

AXES: Final = ("forward", "right", "look_right", "look_up")
KEYS: Final = (("S", "W"), ("A", "D"), ("left", "right"), ("down", "up"))
"""For each axis the key of -1 and that of 1; left, right, up and down turn the camera."""
NONE: Final = "none"

Code = tuple[int, int, int, int]

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        **{name: key for pair in KEYS for key in pair for name in (key, key.lower())},
        "forward": "W",
        "backward": "S",
        **{f"{how}_{key}": key for how in ("cam", "look") for key in ("left", "right", "up", "down")},
        **{"yaw_left": "left", "yaw_right": "right", "pitch_up": "up", "pitch_down": "down"},
        **{"←": "left", "→": "right", "↑": "up", "↓": "down"},
        **dict.fromkeys((NONE, "stop", "no_op"), ""),
    }
)
"""Words of WBench, MIND and HY-WorldPlay for keys ("" for none of them)."""

_LABELS = {(0, 0): 0, (1, 0): 1, (-1, 0): 2, (0, 1): 3, (0, -1): 4, (1, 1): 5, (1, -1): 6, (-1, 1): 7, (-1, -1): 8}
"""HY-WorldPlay's numbers (`mapping` in generate.py) of (forward, right) and of (look_right, look_up)."""

WITHIN_DEG = 60.0
"""A step goes along an axis if its direction is within this angle of it (HY-WorldPlay): 45° is both."""


def spelled(code: Code | Int[np.ndarray, "4"]) -> str:
    """A code in words, as W+right; `none` where no key is pressed."""
    return "+".join(KEYS[axis][1 if sign > 0 else 0] for axis, sign in enumerate(code) if sign) or NONE


def code_of(action: str) -> Code:
    """The code of keys that are joined by + or a comma; words that mean the same are in `ALIASES`.

    Raises:
        CinetrajError: a word is none of them, or two contradict each other.
    """
    code = [0, 0, 0, 0]
    for word in filter(None, (part.strip() for part in action.replace(",", "+").split("+"))):
        key = ALIASES.get(word, ALIASES.get(word.lower()))
        if key is None:
            raise CinetrajError(f"action {word!r} is not known, expected of {' '.join(k for p in KEYS for k in p)}")
        if not key:
            continue
        axis = next(axis for axis, pair in enumerate(KEYS) if key in pair)
        if code[axis]:
            raise CinetrajError(f"action {action!r} has two keys for one axis, expected at most one")
        code[axis] = 1 if key == KEYS[axis][1] else -1
    return code[0], code[1], code[2], code[3]


def labels(codes: Int[np.ndarray, "s 4"]) -> Int[np.ndarray, " s"]:
    """HY-WorldPlay's number of each code, 0 to 80: nine times that of the movement, plus that of the look."""
    return np.array([9 * _LABELS[f, r] + _LABELS[x, y] for f, r, x, y in codes.tolist()], dtype=np.int64)


def steps_between(
    world_from_cam: Float[np.ndarray, "n 4 4"],
) -> tuple[Float[np.ndarray, "s 3"], Float[np.ndarray, "s 3 3"]]:
    """Displacement and turn from each camera to the next, in the axes of the earlier one (D = C_i⁻¹ C_i+1)."""
    before = world_from_cam[:-1, :3, :3].transpose(0, 2, 1)
    shift = np.einsum("sij,sj->si", before, np.diff(world_from_cam[:, :3, 3], axis=0))
    return shift, before @ world_from_cam[1:, :3, :3]


def beyond(value: Float[np.ndarray, " s"], limit: float | Float[np.ndarray, " s"]) -> Int[np.ndarray, " s"]:
    """1 above a limit, -1 below its negative, 0 between."""
    return (value > limit).astype(int) - (value < -limit)


def worldplay_codes(
    world_from_cam: Float[np.ndarray, "n 4 4"], *, move: float, turn_deg: float
) -> Int[np.ndarray, "s 4"]:
    """The code of each step, as HY-WorldPlay finds it (reward_function.py, _camera_pose_to_discrete_action).

    Args:
        world_from_cam: poses of at least one frame.
        move: a longer step is a movement, in the unit of the positions.
        turn_deg: a larger Euler angle (xyz, of the turn in the earlier camera's axes) is a look.
    """
    shift, turn = steps_between(world_from_cam)
    codes = np.zeros((len(shift), 4), dtype=np.int64)
    length = np.linalg.norm(shift, axis=1)
    moves = length > move
    unit = shift / np.where(moves, length, 1.0)[:, None]
    angle = np.degrees(np.arccos(np.clip(unit, -1.0, 1.0)))
    for axis, component in ((0, 2), (1, 0)):
        codes[:, axis] = (angle[:, component] < WITHIN_DEG).astype(int) - (angle[:, component] > 180 - WITHIN_DEG)
    codes[~moves] = 0
    level = np.hypot(turn[:, 0, 0], turn[:, 1, 0])
    yaw = np.degrees(np.arctan2(-turn[:, 2, 0], level))
    upright = level > 1e-6
    pitch = np.degrees(
        np.where(upright, np.arctan2(turn[:, 2, 1], turn[:, 2, 2]), np.arctan2(-turn[:, 1, 2], turn[:, 1, 1]))
    )
    for axis, value in ((2, yaw), (3, pitch)):
        codes[:, axis] = beyond(value, turn_deg)
    return codes
