"""The value that everything passes around: camera poses over time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
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
        poses = _numbers("world_from_cam", self.world_from_cam)
        if poses.ndim != 3 or poses.shape[1:] != (4, 4):
            remedy = "; add the row 0 0 0 1 to each" if poses.shape[1:] == (3, 4) else ""
            raise CinetrajError(f"world_from_cam has shape {poses.shape}, expected (n, 4, 4){remedy}")
        n = len(poses)
        if n == 0:
            raise CinetrajError("world_from_cam is empty, expected at least one frame")
        time_s = _numbers("time_s", self.time_s)
        valid = _truths("valid", self.valid)
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
            array = _numbers(name, value)
            if array.shape != shape:
                raise CinetrajError(f"{name} has shape {array.shape}, expected {shape}")
            object.__setattr__(self, name, array)
        if self.intrinsics_px is not None:
            _check_intrinsics(self.intrinsics_px, valid)
        if self.scene_depth is not None and (self.scene_depth <= 0).any():
            raise CinetrajError("scene_depth has a value that is not positive; NaN means unknown")
        if self.distortion is not None:
            object.__setattr__(self, "distortion", _numbers("distortion", self.distortion))
            if not np.isfinite(self.distortion).all():
                raise CinetrajError(
                    f"distortion is {self.distortion.tolist()}, expected finite numbers; None if unknown"
                )
        _check_spread(self.focal_sigma_px, self.pose_covariance)
        if self.reason is not None:
            if isinstance(self.reason, str) or len(self.reason) != n:
                raise CinetrajError(f"reason has {len(self.reason)} entries, expected a tuple of {n} texts")
            object.__setattr__(self, "reason", tuple(self.reason))
        if self.image_hw is not None:
            object.__setattr__(self, "image_hw", _size(self.image_hw))
        if self.provenance is not None and not isinstance(self.provenance, Provenance):  # pyright: ignore[reportUnnecessaryIsInstance]
            kind = type(self.provenance).__name__
            raise CinetrajError(
                f"provenance is of type {kind}, expected trajectory.Provenance, as Provenance(evidence=...)"
            )
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


def _plain(array: np.ndarray) -> np.ndarray:
    """Python's numbers as numpy's: a row of a table that has words in other columns holds them (pandas); else as is."""
    numbers = array.dtype == object and all(isinstance(each, Real | np.bool_) for each in array.flat)
    return array.astype(np.float64) if numbers else array


def _numbers(name: str, value: Any) -> np.ndarray:
    """A frozen copy in double precision of real numbers; what numpy would read as such (texts, complex) is refused."""
    try:
        array = _plain(np.asarray(value))
    except ValueError as error:  # rows of several lengths
        raise CinetrajError(f"{name} is no array of numbers ({error})") from error
    if array.dtype.kind not in "iufb":
        raise CinetrajError(f"{name} is of type {array.dtype}, expected an array of real numbers")
    return frozen_array(array, np.float64)


def _truths(name: str, value: Any) -> np.ndarray:
    """A frozen copy of what is true or false, 0 or 1; frame numbers, NaN and texts would all be true."""
    array = _plain(np.asarray(value))
    if array.dtype.kind not in "iufb" or not ((array == 0) | (array == 1)).all():
        raise CinetrajError(f"{name} is of type {array.dtype}, expected True or False for each frame")
    return frozen_array(array, bool)


def _size(value: Any) -> tuple[int, int]:
    """Height and width in pixels."""
    try:
        hw = (int(value[0]), int(value[1]))
    except (TypeError, ValueError, LookupError, OverflowError):
        hw = (0, 0)
    if min(hw) < 1 or isinstance(value, str):
        raise CinetrajError(f"image_hw is {value!r}, expected a height and a width in pixels, or None")
    return hw


def _check_intrinsics(intrinsics_px: np.ndarray, valid: np.ndarray) -> None:
    """Refuse matrices that are no K: a focal length that is not positive, or numbers where K has 0 and 1."""
    focal = intrinsics_px[:, [0, 1], [0, 1]]
    if not (np.isnan(focal) | (focal > 0)).all() or np.isnan(focal[valid]).any():
        raise CinetrajError("intrinsics_px has a focal length that is not positive on a valid frame")
    known = intrinsics_px[valid]
    fixed = known[:, [1, 2, 2, 2], [0, 0, 1, 2]] - (0.0, 0.0, 0.0, 1.0)
    bad = np.isinf(known).any((1, 2)) | ~(np.abs(fixed) <= ROTATION_TOLERANCE).all(1)
    if bad.any():
        i = int(np.flatnonzero(valid)[int(np.argmax(bad))])
        raise CinetrajError(
            f"intrinsics_px[{i}] is {intrinsics_px[i].tolist()}, expected rows fx s cx, 0 fy cy, 0 0 1; transpose a K "
            "whose principal point stands in its last row, and divide one by its last number"
        )


def _check_spread(focal_sigma_px: np.ndarray | None, pose_covariance: np.ndarray | None) -> None:
    """Refuse deviations and variances below zero, but for what rounding leaves of a variance."""
    if focal_sigma_px is not None and (focal_sigma_px < 0).any():
        raise CinetrajError("focal_sigma_px has a value below 0; NaN means unknown")
    if pose_covariance is not None:
        variance = np.einsum("nii->ni", pose_covariance)
        bad = (variance < -1e-6 * np.abs(variance).max(initial=0.0, where=np.isfinite(variance))).any(1)
        if bad.any():
            i = int(np.argmax(bad))
            least = np.nanmin(variance[i])
            raise CinetrajError(
                f"pose_covariance[{i}] has a variance of {least:.3g}, expected 0 or more; NaN means unknown"
            )


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
    hidden = f"is no rotation: its columns deviate from orthonormal by {deviation.max(initial=0.0):.2g}, allowed "
    remedy = "; divide a scale out; of what is only rounded take the nearest rotation, u @ vt of np.linalg.svd"
    refuse(deviation > ROTATION_TOLERANCE, f"{hidden}{ROTATION_TOLERANCE:g}{remedy}")


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
