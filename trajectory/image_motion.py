"""Motion as a viewer sees it: how far each primitive alone shifts the content of the image."""

from dataclasses import dataclass
from typing import Any, cast, final

import numpy as np
from jaxtyping import Bool, Float

from trajectory.components import (
    NO_INTRINSICS,
    PATH_LENGTH,
    TRANSLATION,
    ZOOM,
    TranslationUnit,
    translation_unit,
)
from trajectory.errors import CinetrajError
from trajectory.gravity import Gravity
from trajectory.kinematics import Motion, motion
from trajectory.model import Trajectory, evidence_of
from trajectory.picture import in_parts, with_square_pixels
from trajectory.turns import Turns, turns

_ASSUMED_HW = (9.0, 16.0)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ImageMotion:
    """Signed content displacement of the seven components (`components.CHANNELS`) over the valid frames.

    Attributes:
        amount: running sum along the path in the current camera's axes, in natural units: translation in scene depths
            (or shares of the path length), rotation in radians, zoom as log focal ratio.
        shift: the same in image diagonals (translation without a scene depth stays a share of the path length).
        endpoint: displacement of the last frame against the first, translation in the axes of the first camera.
        bounded_diag: content shift that could hide in a translation that was only bounded (inf: nothing is known), else
            0.
        noise_diag: noise of one content position as the estimator measured it, in image diagonals, 0 where it did not
            say.
        weight: image diagonals per natural unit at the typical focal length.
        turns: of the steps, and the frame that they are told in.
        nearness: depth that the translation is judged against, over the median scene depth; 1 where only that is known.
    """

    moved: Motion
    amount: Float[np.ndarray, "m 7"]
    shift: Float[np.ndarray, "m 7"]
    endpoint: Float[np.ndarray, " 7"]
    bounded_diag: Float[np.ndarray, " 3"]
    noise_diag: float
    weight: Float[np.ndarray, " 7"]
    turns: Turns
    nearness: float
    unit: TranslationUnit
    notes: tuple[str, ...]

    @property
    def in_diagonals(self) -> Bool[np.ndarray, " 7"]:
        """Which components are measured in image diagonals."""
        mask = np.ones(7, dtype=bool)
        if self.unit == "path_length":
            mask[TRANSLATION] = False
        return mask


def mean_radius(height: float, width: float) -> float:
    """Mean distance of the pixels of a frame from its centre, in image diagonals (closed form)."""
    a, b = width / 2.0, height / 2.0
    d = float(np.hypot(a, b))
    mean = d / 3.0 + a * a / (6.0 * b) * np.log((b + d) / a) + b * b / (6.0 * a) * np.log((a + d) / b)
    return float(mean / (2.0 * d))


def weights(
    height: float, width: float, fx_px: Float[np.ndarray, " s"], fy_px: Float[np.ndarray, " s"]
) -> Float[np.ndarray, "s 7"]:
    """Content displacement per unit of motion, in image diagonals.

    From the motion field of a pinhole camera (Longuet-Higgins and Prazdny 1980), averaged over the frame: a pan by w
    shifts content by f (1 + x^2) w, on average f w (1 + (width / f)^2 / 12), a small-step form of f tan w that stays
    monotone over any angle when summed; a tilt likewise; a roll by the mean radius times w; a truck or pedestal by
    f t / depth; a move along the axis by t / depth, and a zoom by the log of the focal ratio, times the mean radius.
    """
    diagonal = float(np.hypot(height, width))
    radius = np.full_like(fx_px, mean_radius(height, width))
    pan = fx_px / diagonal * (1.0 + (width / fx_px) ** 2 / 12.0)
    tilt = fy_px / diagonal * (1.0 + (height / fy_px) ** 2 / 12.0)
    return np.stack([fx_px / diagonal, fy_px / diagonal, radius, tilt, pan, radius, radius], axis=1)


def image_motion(
    trajectory: Trajectory,
    *,
    assumed_fov_deg: float = 55.0,
    index_fps: float = 24.0,
    gravity: Gravity | None = None,
) -> ImageMotion:
    """Content displacement along a trajectory of at least two valid frames.

    Args:
        assumed_fov_deg: field of view along the longer side where the trajectory has no intrinsics (noted).
        index_fps: frame rate where the trajectory only counts frames.
        gravity: attitude of the first frame, with which turns are told about the horizon (`trajectory.turns`).
    """
    moved = motion(trajectory, index_fps=index_fps)
    notes: list[str] = []
    if in_parts(trajectory):
        trajectory = with_square_pixels(trajectory)
        notes.append("the file tells no size of the picture; its shape is that of square pixels")
    height, width = (float(v) for v in trajectory.image_hw or _ASSUMED_HW)
    if trajectory.intrinsics_px is None:
        focal = 0.5 * max(height, width) / np.tan(np.radians(assumed_fov_deg) / 2.0)
        fx = fy = np.full(len(moved), focal)
        notes.append(f"{NO_INTRINSICS}; a field of view of {assumed_fov_deg:g} degrees is assumed")
    else:
        kept = trajectory.intrinsics_px[moved.frame]
        fx, fy = kept[:, 0, 0], kept[:, 1, 1]
        if trajectory.image_hw is None:
            height, width, note = _size_of(kept, assumed_fov_deg)
            notes.append(note)
    per_step = weights(height, width, np.sqrt(fx[:-1] * fx[1:]), np.sqrt(fy[:-1] * fy[1:]))
    typical = np.median(per_step, axis=0)

    length, unit = translation_unit(moved)
    nearness = _nearness(trajectory) if unit == "scene_depth" or trajectory.scale == "bounded" else 1.0
    bounded = np.zeros(3)
    step = np.zeros((len(moved) - 1, 7))
    endpoint = np.zeros(7)
    if trajectory.scale == "bounded":
        unit = "scene_depth"
        bound = np.inf if trajectory.translation_bound is None else trajectory.translation_bound
        bounded = bound * typical[TRANSLATION] / nearness
    elif unit == "scene_depth" and moved.depth is not None:
        depth = nearness * moved.depth
        step[:, TRANSLATION] = moved.step_translation / np.sqrt(depth[:-1] * depth[1:])[:, None]
        endpoint[TRANSLATION] = moved.position[-1] / (nearness * length) * typical[TRANSLATION]
    else:
        notes.append(PATH_LENGTH)
        per_step[:, TRANSLATION] = 1.0
        typical[TRANSLATION] = 1.0
        step[:, TRANSLATION] = moved.step_translation / length
        endpoint[TRANSLATION] = moved.position[-1] / length
    told = turns(moved, gravity)
    step[:, 3:6] = told.step_rad
    if moved.log_focal is not None:
        step[:, ZOOM] = np.diff(moved.log_focal)
    if nearness < 1.0:
        notes.append(f"translation is judged against what is near, at {nearness:.2f} of the median scene depth")
    start = np.zeros((1, 7))
    amount = np.concatenate([start, np.cumsum(step, axis=0)])
    shift = np.concatenate([start, np.cumsum(step * per_step, axis=0)])
    endpoint[3:] = shift[-1, 3:]
    return ImageMotion(
        moved=moved,
        amount=amount,
        shift=shift,
        endpoint=endpoint,
        bounded_diag=bounded,
        noise_diag=_noise_diag(trajectory),
        weight=typical,
        turns=told,
        nearness=nearness,
        unit=unit,
        notes=tuple(notes),
    )


def _size_of(intrinsics_px: Float[np.ndarray, "m 3 3"], assumed_fov_deg: float) -> tuple[float, float, str]:
    """Height and width of a picture of which only the lens is known, and how it is told to be so large."""
    middle = np.median(intrinsics_px[:, :2, 2], axis=0)
    if (middle > 0).all():
        note = "no image size: the principal point is taken as the centre of the frame"
        return 2.0 * float(middle[1]), 2.0 * float(middle[0]), note
    height, width = _ASSUMED_HW
    longer = 2.0 * float(np.median(intrinsics_px[:, 0, 0])) * float(np.tan(np.radians(assumed_fov_deg) / 2.0))
    note = f"no image size nor principal point: a field of view of {assumed_fov_deg:g} degrees is assumed"
    return longer * height / width, longer, note


def _nearness(trajectory: Trajectory) -> float:
    """Depth of the near part of the scene over the median, at most 1; 1 where `evidence["depth_quantiles"]` is absent.

    What is near tells a move first: actors before clouds, of which the median knows nothing.
    """
    found = evidence_of(trajectory).get("depth_quantiles")
    if found is None:
        return 1.0
    near, middle, _ = checked_quantiles(found)
    return near / middle


def checked_quantiles(found: object) -> tuple[float, float, float]:
    """The three depths of `evidence["depth_quantiles"]`.

    Raises:
        CinetrajError: they are none.
    """
    values = cast("list[Any]", found) if isinstance(found, list | tuple) else []
    numbers = [float(v) for v in values if isinstance(v, int | float) and np.isfinite(v)]
    if len(numbers) != 3 or len(values) != 3 or not 0.0 < numbers[0] <= numbers[1] <= numbers[2]:
        raise CinetrajError(
            f"evidence['depth_quantiles'] is {found!r}, expected three depths that rise: 16th, 50th, 84th percentile"
        )
    return numbers[0], numbers[1], numbers[2]


def _noise_diag(trajectory: Trajectory) -> float:
    evidence = evidence_of(trajectory)
    noise, size = evidence.get("noise_px"), evidence.get("working_hw")
    if isinstance(noise, int | float) and np.isfinite(noise) and isinstance(size, list | tuple):
        height, width = (float(v) for v in cast("list[Any]", size))
        return float(noise) / float(np.hypot(height, width))
    return 0.0
