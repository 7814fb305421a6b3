"""Whether a roll may be the pan of a pitched camera, where gravity is not known."""

from typing import Final

import numpy as np
from jaxtyping import Float

from trajectory.gravity import Gravity
from trajectory.kinematics import Motion
from trajectory.moves import CLEAR_MARGIN
from trajectory.turns import about_the_horizon, is_seen_level

STEEPEST_DEG: Final = 45.0
"""How far a camera of unknown gravity is taken to look up or down at most: beyond it a shot is made to look steep."""
CLEAR: Final = 1.0 + CLEAR_MARGIN
"""Multiple of its limit from which a roll on the way is told, though the last frame shows none."""
_STEP_DEG = 2.5
_MOST_FRAMES = 200
"""Frames that are looked at: the angles add up to the same over any, while no two of them are half a turn apart."""


def explaining_pitch_deg(moved: Motion, limit_rad: float) -> float | None:
    """Pitch of the first camera, the least one, at which a path has no roll beyond the limit; None where none is.

    Turning about the vertical, a camera pitched by p pans by cos p and rolls by sin p of the angle: without gravity
    the same path may be either. None too where it does not roll beyond the limit with a level first camera. What counts
    is the roll from the first frame to the last; of a path without one, as a pan there and back, a clear roll on the
    way (`CLEAR`). A pitch that leaves a clear roll on the way explains neither: of a pan and then a roll it would make
    one roll there and one back.
    """
    few = _thinned(moved.rotation)
    for roll_rad, limit in ((_net_rad, limit_rad), (_reach_rad, CLEAR * limit_rad)):
        if roll_rad(_rolled_rad(few, Gravity(pitch_deg=0.0))) < limit:
            continue
        for size in np.arange(_STEP_DEG, STEEPEST_DEG + _STEP_DEG, _STEP_DEG).tolist():
            for pitch_deg in (size, -size):
                rolled = _rolled_rad(few, Gravity(pitch_deg=pitch_deg))
                if roll_rad(rolled) < limit and _reach_rad(rolled) < CLEAR * limit_rad:
                    return pitch_deg
    return None


def ways(rolled: Float[np.ndarray, " m"], limit: float) -> tuple[bool, bool]:
    """Whether a roll goes clockwise (the values rise), and counterclockwise, by the limit from the first frame to the
    last, or clearly on the way."""
    rise = float((rolled - np.minimum.accumulate(rolled)).max())
    fall = float((np.maximum.accumulate(rolled) - rolled).max())
    net = float(rolled[-1] - rolled[0])
    return rise >= CLEAR * limit or net >= limit, fall >= CLEAR * limit or -net >= limit


def _net_rad(rolled: Float[np.ndarray, " m"]) -> float:
    return abs(float(rolled[-1]))


def _reach_rad(rolled: Float[np.ndarray, " m"]) -> float:
    return float(np.ptp(rolled))


def _rolled_rad(first_from_cam: Float[np.ndarray, "m 3 3"], gravity: Gravity) -> Float[np.ndarray, " m"]:
    """Roll against the horizon since the first camera; inf at the end where one looks steeply up or down."""
    level_from_cam = gravity.level_from_first @ first_from_cam
    rolled = np.zeros(len(first_from_cam))
    rolled[1:] = np.cumsum(about_the_horizon(level_from_cam)[:, 2]) if is_seen_level(level_from_cam) else np.inf
    return rolled


def _thinned(rotation: Float[np.ndarray, "m 3 3"]) -> Float[np.ndarray, "k 3 3"]:
    """At most so many of the frames, the first and the last among them."""
    return rotation[np.unique(np.linspace(0, len(rotation) - 1, _MOST_FRAMES).round().astype(np.int64))]
