"""Where the ground is, when the first frame's pitch and roll are known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, final

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError
from trajectory.kinematics import Motion
from trajectory.model import Trajectory, evidence_of

View = Literal["level", "bird", "worm"]
STEEP_DEG = 60.0
"""Pitch beyond which CameraBench speaks of a bird's-eye or worm's-eye view, where "forward" turns into north."""


@final
@dataclass(frozen=True, kw_only=True)
class Gravity:
    """Attitude of the first frame: pitch above the horizon (positive looks up), roll clockwise, in degrees."""

    pitch_deg: float
    roll_deg: float = 0.0

    def __post_init__(self) -> None:
        if not abs(self.pitch_deg) <= 90.0:
            raise CinetrajError(f"pitch_deg is {self.pitch_deg}, expected degrees within -90..90")
        if not np.isfinite(self.roll_deg):
            raise CinetrajError(f"roll_deg is {self.roll_deg}, expected degrees")

    @property
    def level_from_first(self) -> Float[np.ndarray, "3 3"]:
        """Rotation from the first camera to level axes: x right, y along gravity, z ahead on the horizon.

        At a pitch of -90 (bird's eye) z is the top of the image, at +90 (worm's eye) its bottom.
        """
        return Rotation.from_euler("XZ", (self.pitch_deg, self.roll_deg), degrees=True).as_matrix()

    @property
    def view(self) -> View:
        """Whether "forward" means the direction of view or, from above or below, north or south."""
        if self.pitch_deg < -STEEP_DEG:
            return "bird"
        return "worm" if self.pitch_deg > STEEP_DEG else "level"


def known_gravity(trajectory: Trajectory) -> Gravity | None:
    """The gravity that the estimator left in the provenance (`evidence["gravity"]`), or None."""
    found = evidence_of(trajectory).get("gravity")
    if not isinstance(found, Mapping):
        return None
    values = cast("Mapping[str, Any]", found)
    pitch, roll = values.get("pitch_deg"), values.get("roll_deg", 0.0)
    if not isinstance(pitch, int | float) or not isinstance(roll, int | float):
        raise CinetrajError(f"evidence['gravity'] is {dict(values)}, expected numbers pitch_deg and roll_deg")
    return Gravity(pitch_deg=float(pitch), roll_deg=float(roll))


def attitude_deg(
    trajectory: Trajectory, world_from_cam: Float[np.ndarray, "k 4 4"]
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]] | None:
    """Pitch (up) and roll (clockwise) against the ground of poses in a trajectory's world; None without gravity."""
    gravity = known_gravity(trajectory)
    if gravity is None:
        return None
    first = trajectory.rotations[int(np.argmax(trajectory.valid))]
    down_in_world = (gravity.level_from_first @ first.T)[1]
    # Gravity along the camera's right, down and forward axes: (cos p sin r, cos p cos r, -sin p).
    right, down, ahead = np.einsum("i,kij->jk", down_in_world, world_from_cam[:, :3, :3])
    return np.degrees(np.arctan2(-ahead, np.hypot(right, down))), np.degrees(np.arctan2(right, down))


def with_gravity(trajectory: Trajectory, gravity: Gravity | None) -> Trajectory:
    """The path with another attitude of its first valid frame in place of the one that is known; None: as it is."""
    if gravity is None or trajectory.provenance is None:
        return trajectory
    evidence = dict(trajectory.provenance.evidence)
    evidence["gravity"] = {**evidence["gravity"], "pitch_deg": gravity.pitch_deg, "roll_deg": gravity.roll_deg}
    return trajectory.replace(provenance=replace(trajectory.provenance, evidence=evidence))


def ground_displacement(moved: Motion, gravity: Gravity) -> Float[np.ndarray, " 3"]:
    """Displacement from the first to the last valid frame along level axes (right, down, ahead)."""
    return gravity.level_from_first @ moved.position[-1]
