"""Whether a roll may be the pan of a pitched camera, where gravity is not known."""

from typing import Final

import numpy as np
from jaxtyping import Float

from trajectory.gravity import Gravity
from trajectory.kinematics import Motion
from trajectory.turns import about_the_horizon, is_seen_level

STEEPEST_DEG: Final = 45.0
"""How far a camera of unknown gravity is taken to look up or down at most: beyond it a shot is made to look steep."""
_STEP_DEG = 2.5
_MOST_FRAMES = 200
"""Frames that are looked at: the angles add up to the same over any, while no two of them are half a turn apart."""


def explaining_pitch_deg(moved: Motion, limit_rad: float) -> float | None:
    """Pitch of the first camera, the least one, at which a path has no roll beyond the limit; None where none is.

    Turning about the vertical, a camera pitched by p pans by cos p and rolls by sin p of the angle: without gravity
    the same path may be either. None too where it does not roll beyond the limit with a level first camera.
    """
    few = _thinned(moved.rotation)
    for size in np.arange(0.0, STEEPEST_DEG + _STEP_DEG, _STEP_DEG).tolist():
        for pitch_deg in (size, -size):
            if abs(_roll_rad(few, Gravity(pitch_deg=pitch_deg))) < limit_rad:
                return None if size == 0.0 else pitch_deg
    return None


def _roll_rad(first_from_cam: Float[np.ndarray, "m 3 3"], gravity: Gravity) -> float:
    """Roll against the horizon from the first to the last camera; inf where one looks steeply up or down."""
    level_from_cam = gravity.level_from_first @ first_from_cam
    return float(about_the_horizon(level_from_cam)[:, 2].sum()) if is_seen_level(level_from_cam) else np.inf


def _thinned(rotation: Float[np.ndarray, "m 3 3"]) -> Float[np.ndarray, "k 3 3"]:
    """At most so many of the frames, the first and the last among them."""
    return rotation[np.unique(np.linspace(0, len(rotation) - 1, _MOST_FRAMES).round().astype(np.int64))]
