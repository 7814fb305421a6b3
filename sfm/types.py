"""The values that the stages of `sfm` hand to each other. One contract for all backends."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, final, get_args

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sfm.frame_checks import count_of_pictures, require_masks, size, times, whole_numbers
from sfm.structure import Structure
from trajectory.errors import CinetrajError
from trajectory.model import TimeSource, Trajectory
from trajectory.plain_numbers import is_positive

Status = Literal["ok", "partial", "unreliable", "failed"]
ModelName = Literal["static", "rotation", "rotation_zoom", "full", "full_zoom"]


@final
@dataclass(frozen=True, kw_only=True)
class MotionModel:
    """What a camera may do: the five that are fitted are `MOTION_MODELS`, from simple to rich."""

    name: ModelName
    rotates: bool
    translates: bool
    zooms: bool


STATIC = MotionModel(name="static", rotates=False, translates=False, zooms=False)
ROTATION = MotionModel(name="rotation", rotates=True, translates=False, zooms=False)
ROTATION_ZOOM = MotionModel(name="rotation_zoom", rotates=True, translates=False, zooms=True)
FULL = MotionModel(name="full", rotates=True, translates=True, zooms=False)
FULL_ZOOM = MotionModel(name="full_zoom", rotates=True, translates=True, zooms=True)
MOTION_MODELS = (STATIC, ROTATION, ROTATION_ZOOM, FULL, FULL_ZOOM)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Frames:
    """Decoded frames of a clip (or of one shot) at the working size.

    Attributes:
        rgb: sRGB bytes, upright (rotation metadata applied).
        time_s: presentation times, strictly increasing; their meaning is `time_source`.
        index: number of each frame in the source.
        source_hw: upright size in the source, before resizing.
        pixel_aspect: width of a source pixel over its height, 1.0 for square ones.
        focal_px: from metadata, at the working size; None where the file does not say.
        notes: what was found and repaired while reading, in words for run.json.
        first_s: time of the first frame of the source, of which these may be a part.
    """

    rgb: UInt8[np.ndarray, "n h w 3"]
    time_s: Float[np.ndarray, " n"]
    index: Int[np.ndarray, " n"]
    source_hw: tuple[int, int]
    source: str
    time_source: TimeSource = "seconds"
    pixel_aspect: float = 1.0
    focal_px: float | None = None
    notes: tuple[str, ...] = ()
    first_s: float = 0.0

    def __post_init__(self) -> None:
        n = count_of_pictures(self.rgb)
        object.__setattr__(self, "time_s", times(self.time_s, n))
        object.__setattr__(self, "index", whole_numbers(self.index, n))
        object.__setattr__(self, "source_hw", size(self.source_hw))
        if self.time_source not in get_args(TimeSource):
            raise CinetrajError(f"time_source is {self.time_source!r}, expected {', '.join(get_args(TimeSource))}")
        if not is_positive(self.pixel_aspect):
            raise CinetrajError(f"pixel_aspect is {self.pixel_aspect!r}, expected a number above 0; 1.0 is square")
        if self.focal_px is not None and not is_positive(self.focal_px):
            raise CinetrajError(
                f"focal_px is {self.focal_px!r}, expected pixels of the working size above 0; None if unknown"
            )
        object.__setattr__(self, "source", str(self.source))
        object.__setattr__(self, "pixel_aspect", float(self.pixel_aspect))
        object.__setattr__(self, "focal_px", None if self.focal_px is None else float(self.focal_px))

    def __len__(self) -> int:
        return len(self.rgb)

    @property
    def hw(self) -> tuple[int, int]:
        """Working size."""
        return int(self.rgb.shape[1]), int(self.rgb.shape[2])

    def part(self, start: int, stop: int) -> "Frames":
        """The frames start..stop as a view."""
        return Frames(
            rgb=self.rgb[start:stop],
            time_s=self.time_s[start:stop],
            index=self.index[start:stop],
            source_hw=self.source_hw,
            source=self.source,
            time_source=self.time_source,
            pixel_aspect=self.pixel_aspect,
            focal_px=self.focal_px,
            notes=self.notes,
            first_s=self.first_s,
        )


LITTLE_LEFT = 0.2
"""Where masks leave less than this share of the picture, they may be why nothing can be said."""


BLANK = "blank"
"""Why a frame that shows nothing has no pose."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Masks:
    """Which pixels and frames may testify about the camera.

    Attributes:
        usable: False on letterbox and pillarbox bars, burnt-in logos and subtitles (static for the whole shot).
        blank: black, white or covered frames: no content to see.
        duplicate_of: for each frame the earlier frame that it repeats, or its own number.
        notes: what was found, in words for run.json.
        moving: pixels of each frame that were told to move by themselves, with a margin; None where nothing was told.
        doubt: why it is not known what is filmed, "" where it is.
    """

    usable: Bool[np.ndarray, "h w"]
    blank: Bool[np.ndarray, " n"]
    duplicate_of: Int[np.ndarray, " n"]
    notes: tuple[str, ...] = ()
    moving: Bool[np.ndarray, "n h w"] | None = None
    doubt: str = ""

    def __post_init__(self) -> None:
        require_masks(self.usable, self.blank, self.duplicate_of, self.moving)
        for name in ("usable", "blank", "duplicate_of", "moving"):  # lists are truths, too
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asarray(getattr(self, name)))

    def usable_in(self, frame: int | np.integer) -> Bool[np.ndarray, "h w"]:
        """Pixels of one frame that may testify: neither on the screen nor told to move."""
        return self.usable if self.moving is None else self.usable & ~self.moving[frame]

    def hidden(self) -> str:
        """That what hides most of the picture, over all frames, may be why nothing can be said; else nothing."""
        left = float(np.mean([self.usable_in(frame).mean() for frame in range(len(self.blank))]))
        if left >= LITTLE_LEFT:
            return ""
        by = (
            "what was told to move (white in --mask)"
            if self.usable.mean() >= LITTLE_LEFT
            else "what lies still over it"
        )
        return f"{by} leaves {left:.0%} of the picture"

    def blank_reason(self, frame: int | np.integer) -> str:
        """Why a blank frame has no pose."""
        told = self.moving is not None and bool(self.moving[frame].any())
        return f"{BLANK} beside what is told to move" if told else BLANK

    def distinct(self) -> Int[np.ndarray, " k"]:
        """Numbers of the frames that show something new: neither blank nor repeating another one."""
        return np.flatnonzero(~self.blank & (self.duplicate_of == np.arange(len(self.blank))))


RIGID_SLACK = 1e-4
"""Largest deviation of RᵀR from the identity that single precision explains; it is projected away later."""


def require_rigid(
    rotation: Float[np.ndarray, "n 3 3"], translation: Float[np.ndarray, "n 3"], valid: Bool[np.ndarray, " n"]
) -> None:
    """Raises CinetrajError for the first valid frame whose pose is no rigid motion: not finite, reflected or scaled."""
    numbers = np.flatnonzero(valid)
    turned, shifted = rotation[numbers], translation[numbers]
    finite = np.isfinite(turned).all((1, 2)) & np.isfinite(shifted).all(1)
    if not finite.all():
        i = int(numbers[int(np.argmin(finite))])
        raise CinetrajError(f"the pose of frame {i} is not finite; let valid be False there, and reason tell why")
    off = np.abs(turned.transpose(0, 2, 1) @ turned - np.eye(3)).max((1, 2), initial=0.0)
    off = np.where(np.linalg.det(turned) < 0, 2.0, off)
    if (off > RIGID_SLACK).any():
        i = int(numbers[int(np.argmax(off > RIGID_SLACK))])
        raise CinetrajError(
            f"rotation[{i}] is no rotation (a reflection, a scale, a shear, or rounded to few digits): divide a scale "
            "out, change the axes of the world and the camera together, and of what is only rounded take the nearest "
            "rotation, u @ vt of np.linalg.svd"
        )


DEPTH_QUANTILES = (0.16, 0.5, 0.84)
"""What is near, in the middle and far: of a normal distribution the mean and a deviation to either side."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FramePoses:
    """What a backend found for each frame of a shot, in a gauge and a unit of its own.

    Attributes:
        rotation, translation: camera from world, refused if no rigid motion; anything where not valid.
        focal_px: fy at the working size.
        depth: median depth of what the frame saw, in the unit of the translation; NaN where unknown.
        valid: whether the frame has a pose.
        reason: why not; ignored where it has.
        translates: whether a translation was seen; else positions are zero by convention.
        translation_bound: below which it stayed, in scene depths, where none was seen.
        focal_sigma_log: standard deviation of the log focal length, None where it was not estimated.
        radial: first coefficient of radial distortion, 0 where there is none.
        covariance: of (v, ω) of each pose relative to the first, in x' = exp(ω) x + v, camera from world.
        depth_quantiles: `DEPTH_QUANTILES` of the depths that the first frame with a pose saw, in the unit of the
            translation; None where nothing has a depth.
    """

    rotation: Float[np.ndarray, "n 3 3"]
    translation: Float[np.ndarray, "n 3"]
    focal_px: Float[np.ndarray, " n"]
    depth: Float[np.ndarray, " n"]
    valid: Bool[np.ndarray, " n"]
    reason: tuple[str, ...]
    translates: bool = True
    translation_bound: float | None = None
    focal_sigma_log: float | None = None
    radial: float = 0.0
    covariance: Float[np.ndarray, "n 6 6"] | None = None
    depth_quantiles: Float[np.ndarray, " 3"] | None = None

    def __post_init__(self) -> None:
        n = len(self.rotation)
        if len(self.reason) != n:
            raise CinetrajError(f"reason has {len(self.reason)} entries, expected {n}, one for each frame")
        shapes: Mapping[str, tuple[int, ...]] = {
            "rotation": (n, 3, 3),
            "translation": (n, 3),
            "focal_px": (n,),
            "depth": (n,),
            "valid": (n,),
            **({} if self.covariance is None else {"covariance": (n, 6, 6)}),
        }
        for name, shape in shapes.items():
            array = np.asarray(getattr(self, name), bool if name == "valid" else None)
            if array.shape != shape:
                raise CinetrajError(f"{name} has shape {array.shape}, expected {shape} for {n} frames")
            object.__setattr__(self, name, array)
        require_rigid(self.rotation, self.translation, self.valid)
        for name, unknown in (("focal_px", ""), ("depth", ", or NaN where it is unknown")):
            values = getattr(self, name)[self.valid]
            if ((values <= 0) | (np.isnan(values) if not unknown else False)).any():
                raise CinetrajError(f"{name} has a value that is not above 0 on a valid frame; give one{unknown}")
        if not self.translates and self.translation_bound is None:
            raise CinetrajError("poses without translation need translation_bound (inf where nothing is known)")

    def repeated(self, duplicate_of: Int[np.ndarray, " n"]) -> "FramePoses":
        """Frames that repeat another one take its pose, focal length and verdict; they saw nothing themselves."""
        return replace(
            self,
            rotation=self.rotation[duplicate_of],
            translation=self.translation[duplicate_of],
            focal_px=self.focal_px[duplicate_of],
            valid=self.valid[duplicate_of],
            reason=tuple(self.reason[int(i)] for i in duplicate_of),
            covariance=None if self.covariance is None else self.covariance[duplicate_of],
        )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Alternative:
    """Another motion that may be the right one: its poses of every frame, and its model."""

    poses: FramePoses
    motion_model: ModelName


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Solved:
    """What the estimator knows of a shot; `poses` is None where status is "failed".

    Attributes:
        status, reason: the verdict.
        poses: of every frame.
        motion_model: the selected one.
        evidence: JSON values that go with the trajectory.
        statistics: JSON values for run.json.
        seconds: wall time by step.
        picture: arrays for the plot.
        structure: depth, movement and points in the world and the unit of `poses`.
        alternatives: other motions, in the order of `evidence["candidates"]`.
    """

    status: Status
    reason: str
    poses: FramePoses | None = None
    motion_model: ModelName | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])
    statistics: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    picture: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    structure: Structure | None = None
    alternatives: tuple[Alternative, ...] = ()


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class BackendResult:
    """What a backend returns for one shot. `trajectory` is None only where status is "failed".

    Attributes:
        statistics: JSON values for run.json (model evidence, inliers, residuals); no arrays.
        seconds: wall time by stage.
        picture: arrays for the plot: e.g. tracks_px (m n 2, NaN where unseen), moving (m,).
        structure: depth, movement and points in the trajectory's world and unit, as far as the backend knows them.
        alternatives: other motions that may be the right one, each in a gauge and unit of its own.
    """

    status: Status
    reason: str
    trajectory: Trajectory | None
    motion_model: ModelName | None
    statistics: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    picture: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    structure: Structure | None = None
    alternatives: tuple[Trajectory, ...] = ()

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise CinetrajError(f"status is {self.status!r}, expected one of {', '.join(get_args(Status))}")
        if self.motion_model is not None and self.motion_model not in get_args(ModelName):
            known = ", ".join(get_args(ModelName))
            raise CinetrajError(f"motion_model is {self.motion_model!r}, expected None or one of {known}")
        if self.trajectory is None and self.status != "failed":
            raise CinetrajError(f"status is {self.status!r} without a trajectory; give one, or status 'failed'")
