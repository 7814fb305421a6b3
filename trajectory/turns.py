"""Tilt, pan and roll of each step: about the camera's own axes, or as the horizon sees them."""

from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from trajectory.gravity import STEEP_DEG, Gravity
from trajectory.kinematics import Motion

TurnFrame = Literal["horizon", "upright", "camera"]
"""horizon: pan about the vertical, tilt about the horizontal axis through the lens, roll as the change of the horizon's
tilt. upright: tilt and pan about the camera's axes, roll without what a pan of a pitched camera brings to it; the first
camera counts as level where gravity is not known. camera: all about the camera's axes."""

_STEEPEST = float(np.cos(np.radians(STEEP_DEG)))
"""Cosine of the pitch below which a turn about the vertical is mostly a roll of the picture, and told as one."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Turns:
    """Turns of the steps (tilt, pan, roll) in radians, in the frame that the primitives use.

    Attributes:
        camera_rad: the same about the camera's own axes.
        from_camera: what takes a small turn about the axes of the last camera to the frame.
    """

    frame: TurnFrame
    step_rad: Float[np.ndarray, "s 3"]
    camera_rad: Float[np.ndarray, "s 3"]
    from_camera: Float[np.ndarray, "3 3"]


@final
@dataclass(frozen=True, kw_only=True)
class Turned:
    """How far the camera turned from the first to the last frame (tilt up, pan right, roll clockwise), in degrees.

    All are sums over its steps. About the horizon they are the difference of last and first too; about the camera's
    own axes they are not: who pans, tilts and pans back has rolled as well.

    Attributes:
        frame: the frame that the primitives use: see `trajectory.turns`; rule authors has always "camera".
        horizon: about the horizon, None where gravity is not known or the camera looks steeply up or down.
        camera: summed about the camera's own axes.
    """

    frame: TurnFrame
    told: tuple[float, float, float]
    horizon: tuple[float, float, float] | None
    camera: tuple[float, float, float]

    def to_json(self) -> dict[str, Any]:
        """JSON values, angles by name."""

        def named(angles: tuple[float, float, float]) -> dict[str, float]:
            return dict(zip(("tilt_deg", "pan_deg", "roll_deg"), angles, strict=True))

        return {
            "frame": self.frame,
            "told": named(self.told),
            "horizon": None if self.horizon is None else named(self.horizon),
            "camera": named(self.camera),
        }


def turns(moved: Motion, gravity: Gravity | None) -> Turns:
    """The turns of a path; told about the horizon where gravity is known and no camera looks steeply up or down.

    Beyond `STEEP_DEG` a pan is mostly a roll of the picture, so that there the camera's axes stay.
    """
    own = moved.step_rotvec_rad
    level = np.eye(3) if gravity is None else gravity.level_from_first
    level_from_cam = level @ moved.rotation
    vertical = level_from_cam[:, 1]
    if gravity is not None and is_seen_level(level_from_cam):
        step = about_the_horizon(level_from_cam)
        return Turns(frame="horizon", step_rad=step, camera_rad=own, from_camera=rates(vertical[-1]))
    step = _without_panned_roll(own, vertical)
    frame: TurnFrame = "camera" if np.allclose(step, own, rtol=0.0, atol=1e-12) else "upright"
    return Turns(frame=frame, step_rad=step, camera_rad=own, from_camera=np.eye(3))


def turned_of(each: Turns, *, by_camera: bool = False) -> Turned:
    """How far a camera turned in all, in the frame of its steps or, `by_camera`, about its own axes."""

    def angles(steps: np.ndarray) -> tuple[float, float, float]:
        tilt, pan, roll = np.degrees(steps.sum(axis=0)).tolist()
        return tilt, pan, roll

    told, camera = angles(each.step_rad), angles(each.camera_rad)
    horizon = told if each.frame == "horizon" else None
    if by_camera:
        return Turned(frame="camera", told=camera, horizon=horizon, camera=camera)
    return Turned(frame=each.frame, told=told, horizon=horizon, camera=camera)


def rates(vertical_in_cam: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
    """Rates of tilt, pan and roll about the horizon per angular velocity in camera axes.

    An angular velocity is pan about the vertical v, tilt about the horizontal h = (v_y, -v_x, 0) / |v_xy| in the image
    plane, and roll about the optical axis z: w = pan v + tilt h + roll z. v points down, in camera axes.
    """
    x, y, z = vertical_in_cam
    across = float(np.hypot(x, y))
    pan = np.array([x, y, 0.0]) / across**2
    return np.stack([np.array([y, -x, 0.0]) / across, pan, np.array([0.0, 0.0, 1.0]) - z * pan])


def is_seen_level(level_from_cam: Float[np.ndarray, "m 3 3"]) -> bool:
    """Whether no camera looks up or down by more than `STEEP_DEG`."""
    across = np.hypot(level_from_cam[:, 1, 0], level_from_cam[:, 1, 1])
    return bool(across.min() >= _STEEPEST - 1e-9)  # rounding leaves a pitch of just as much on this side


def about_the_horizon(level_from_cam: Float[np.ndarray, "m 3 3"]) -> Float[np.ndarray, "s 3"]:
    """Differences of the angles in level_from_cam = R_y(pan) R_x(tilt) R_z(roll), by the short way around.

    They add up to the difference between the last frame and the first, whatever lies between.
    """
    pan_tilt_roll = Rotation.from_matrix(level_from_cam).as_euler("YXZ")
    step = np.diff(pan_tilt_roll[:, [1, 0, 2]], axis=0)
    return (step + np.pi) % (2.0 * np.pi) - np.pi


def _without_panned_roll(
    turn: Float[np.ndarray, "s 3"], vertical: Float[np.ndarray, "m 3"]
) -> Float[np.ndarray, "s 3"]:
    """The turns with the roll that a pan of a pitched camera brings taken out.

    A camera pitched by p that turns about the vertical by w turns by w sin p about its optical axis. That is panning;
    roll is what is left: w_z - v_z (w_x v_x + w_y v_y) / (v_x^2 + v_y^2), with v the vertical in camera axes.
    """
    found = turn.copy()
    vertical = 0.5 * (vertical[:-1] + vertical[1:])
    across = vertical[:, 0] ** 2 + vertical[:, 1] ** 2
    pan_part = vertical[:, 0] * turn[:, 0] + vertical[:, 1] * turn[:, 1]
    found[:, 2] -= np.where(across > _STEEPEST**2, vertical[:, 2] * pan_part / np.maximum(across, _STEEPEST**2), 0.0)
    return found
