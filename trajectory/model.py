"""The value that everything passes around: camera poses over time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Bool, Float

from trajectory.errors import CinetrajError
from trajectory.frozen import frozen_array, reduced

Scale = Literal["metric", "arbitrary", "bounded"]
TimeSource = Literal["seconds", "index", "assumed"]
ROTATION_TOLERANCE = 1e-6
"""Largest deviation of RᵀR from the identity that is accepted as printed digits; beyond it the input is refused."""
FARTHEST = 1e100
"""Of a coordinate: its square, and that of a whole path, is a number still."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Provenance:
    """Where a trajectory comes from. Never holds timings, so equal input gives equal files.

    Attributes:
        evidence: what the estimator learnt beyond the poses, JSON values only. Keys in use: status
            "ok|partial|unreliable|failed", motion_model, confidence (0..1), noise_px (measured noise at the working
            size), working_hw, ambiguous (list, e.g. ["dolly_zoom"]), gravity (pitch_deg, roll_deg of the first frame,
            if known), probability (of "rotation", "translation" and "zoom": that what is told of it is right; of
            "rigid": that anything rigid was filmed), sure (verdict true or false for the same three), candidates (list
            of objects, the most probable answer first: backend, motion_model, probability, file, which is None for
            this trajectory and else a native file below its folder), depth_quantiles (16th, 50th and 84th percentile
            of the scene depth of the first frame, in the unit of the positions).
    """

    backend: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    seed: int | None = None
    source: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        for name in ("config", "versions", "evidence"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Trajectory:
    """Camera poses over time, in OpenCV axes (x right, y down, z forward).

    Attributes:
        world_from_cam: rigid transforms; rows of frames that are not valid are NaN.
        time_s: strictly increasing; seconds for time_source "seconds", frame numbers for "index", frame numbers over an
            assumed rate for "assumed".
        valid: False where the frame has no pose; the time axis stays whole.
        intrinsics_px: K per frame in pixels of `image_hw`; zoom is data.
        scale: "metric" (metres), "arbitrary", or "bounded": no translation was seen, positions are zero by convention,
            and the true one is below `translation_bound` (in units of scene depth; inf = nothing is known about it).
        scene_depth: median depth of what each frame saw, in the units of the translation; NaN where unknown.
        reason: one per frame, "" where valid.
        focal_sigma_px: standard deviation of the focal length.
        pose_covariance: of (v, ω) of each pose relative to the first valid one, in the axes of its own camera: v its
            displacement in the unit of the positions, ω a rotation vector in radians. The unit itself is taken as
            known. NaN where nothing is known.
        distortion: of the lens: k1, k2, p1, p2.
    """

    world_from_cam: Float[np.ndarray, "n 4 4"]
    time_s: Float[np.ndarray, " n"]
    valid: Bool[np.ndarray, " n"]
    image_hw: tuple[int, int] | None = None
    intrinsics_px: Float[np.ndarray, "n 3 3"] | None = None
    scale: Scale = "arbitrary"
    translation_bound: float | None = None
    scene_depth: Float[np.ndarray, " n"] | None = None
    reason: tuple[str, ...] | None = None
    focal_sigma_px: Float[np.ndarray, " n"] | None = None
    pose_covariance: Float[np.ndarray, "n 6 6"] | None = None
    distortion: Float[np.ndarray, " k"] | None = None
    time_source: TimeSource = "seconds"
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        poses = frozen_array(self.world_from_cam, np.float64)
        if poses.ndim != 3 or poses.shape[1:] != (4, 4):
            raise CinetrajError(f"world_from_cam has shape {poses.shape}, expected (n, 4, 4)")
        n = len(poses)
        if n == 0:
            raise CinetrajError("world_from_cam is empty, expected at least one frame")
        time_s = frozen_array(self.time_s, np.float64)
        valid = frozen_array(self.valid, bool)
        for name, array, shape in (("time_s", time_s, (n,)), ("valid", valid, (n,))):
            if array.shape != shape:
                raise CinetrajError(f"{name} has shape {array.shape}, expected {shape}")
        if not np.isfinite(time_s).all():
            raise CinetrajError(f"time_s[{int(np.argmin(np.isfinite(time_s)))}] is not finite")
        require_increasing(time_s)
        _check_poses(poses, valid)
        poses = _blank_invalid(poses, valid)
        if self.scale not in ("metric", "arbitrary", "bounded"):
            raise CinetrajError(f"scale is {self.scale!r}, expected metric, arbitrary or bounded")
        if self.time_source not in ("seconds", "index", "assumed"):
            raise CinetrajError(f"time_source is {self.time_source!r}, expected seconds, index or assumed")
        if self.scale == "bounded" and self.translation_bound is None:
            raise CinetrajError("scale 'bounded' needs translation_bound (inf where nothing is known)")
        bound = self.translation_bound
        if bound is not None and not bound >= 0:
            raise CinetrajError(f"translation_bound is {bound}, expected a number >= 0 or inf")
        optional: tuple[tuple[str, tuple[int, ...]], ...] = (
            ("intrinsics_px", (n, 3, 3)),
            ("scene_depth", (n,)),
            ("focal_sigma_px", (n,)),
            ("pose_covariance", (n, 6, 6)),
        )
        for name, shape in optional:
            value = getattr(self, name)
            if value is None:
                continue
            array = frozen_array(value, np.float64)
            if array.shape != shape:
                raise CinetrajError(f"{name} has shape {array.shape}, expected {shape}")
            object.__setattr__(self, name, array)
        if self.intrinsics_px is not None:
            focal = self.intrinsics_px[:, [0, 1], [0, 1]]
            if not (np.isnan(focal) | (focal > 0)).all() or np.isnan(focal[valid]).any():
                raise CinetrajError("intrinsics_px has a focal length that is not positive on a valid frame")
        if self.scene_depth is not None and (self.scene_depth <= 0).any():
            raise CinetrajError("scene_depth has a value that is not positive; NaN means unknown")
        if self.distortion is not None:
            object.__setattr__(self, "distortion", frozen_array(self.distortion, np.float64))
        if self.reason is not None and len(self.reason) != n:
            raise CinetrajError(f"reason has {len(self.reason)} entries, expected {n}")
        if self.image_hw is not None:
            object.__setattr__(self, "image_hw", (int(self.image_hw[0]), int(self.image_hw[1])))
            if min(self.image_hw) < 1:
                raise CinetrajError(f"image_hw is {self.image_hw}, expected a height and a width in pixels, or None")
        object.__setattr__(self, "world_from_cam", poses)
        object.__setattr__(self, "time_s", time_s)
        object.__setattr__(self, "valid", valid)

    def __len__(self) -> int:
        return len(self.time_s)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    @property
    def positions(self) -> Float[np.ndarray, "n 3"]:
        """Camera centres in the world, NaN where not valid."""
        return self.world_from_cam[:, :3, 3]

    @property
    def rotations(self) -> Float[np.ndarray, "n 3 3"]:
        """`world_from_cam` rotations, NaN where not valid."""
        return self.world_from_cam[:, :3, :3]

    @property
    def focal_px(self) -> Float[np.ndarray, " n"] | None:
        """Geometric mean of fx and fy per frame, or None without intrinsics."""
        if self.intrinsics_px is None:
            return None
        return np.sqrt(self.intrinsics_px[:, 0, 0] * self.intrinsics_px[:, 1, 1])

    def replace(self, **changes: Any) -> "Trajectory":
        """A new trajectory with some fields changed and everything checked again."""
        return replace(self, **changes)


def _check_poses(poses: np.ndarray, valid: np.ndarray) -> None:
    """Refuse valid rows that are not rigid transforms (reflection, scale, NaN, wrong last row)."""
    good = poses[valid]
    index = np.flatnonzero(valid)

    def refuse(bad: np.ndarray | np.bool, problem: str) -> None:
        if bad.any():
            raise CinetrajError(f"world_from_cam[{int(index[int(np.argmax(bad))])}] {problem}")

    refuse(~np.isfinite(good).all((1, 2)), "is not finite; mark the frame as not valid")
    refuse((good[:, 3] != (0.0, 0.0, 0.0, 1.0)).any(1), "has a last row other than 0 0 0 1")
    far = np.abs(good[:, :3, 3]).max(1, initial=0.0) > FARTHEST
    refuse(far, f"lies farther out than {FARTHEST:g}; give it another unit of length")
    rotation = good[:, :3, :3]
    refuse(np.linalg.det(rotation) < 0, "is a reflection (determinant -1); check the axes of its source")
    deviation = np.abs(rotation.transpose(0, 2, 1) @ rotation - np.eye(3)).max((1, 2), initial=0.0)
    hidden = "is no rotation: its columns are not orthonormal; a scale may be hidden in it"
    refuse(deviation > ROTATION_TOLERANCE, hidden)


def _blank_invalid(poses: np.ndarray, valid: np.ndarray) -> np.ndarray:
    blanked = poses.copy()
    blanked[~valid] = np.nan
    blanked.setflags(write=False)
    return blanked


def require_trajectory(value: Any, called: str = "trajectory") -> Trajectory:
    """The value, if it is one. Raises CinetrajError with the way from what was given to a trajectory."""
    if isinstance(value, Trajectory):
        return value
    if isinstance(value, str | Path):
        remedy = f"; trajectory.read({str(value)!r}) reads one"
    elif hasattr(value, "trajectories"):
        remedy = "; its .trajectories holds one for each shot"
    else:
        remedy = "; its .trajectory is one" if hasattr(value, "shots") else ""
    raise CinetrajError(f"{called} is of type {type(value).__name__}, expected trajectory.Trajectory{remedy}")


def evidence_of(trajectory: Trajectory) -> Mapping[str, Any]:
    """What the estimator left about itself (`Provenance.evidence`), empty where nothing is known."""
    return {} if trajectory.provenance is None else trajectory.provenance.evidence


def require_increasing(time_s: Float[np.ndarray, " n"], remedy: str = "") -> None:
    """Raises CinetrajError, with the first two times that do not increase and what to do about it."""
    wrong = np.diff(time_s) <= 0
    if wrong.any():
        i = int(np.argmax(wrong))
        pair = f"time_s[{i}]={time_s[i]:.9g} and time_s[{i + 1}]={time_s[i + 1]:.9g}"
        raise CinetrajError(f"time_s must increase strictly, but {pair}{remedy and '; '}{remedy}")
