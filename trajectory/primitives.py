"""The 15 camera-motion primitives of CameraBench, scored from a trajectory by one of two rules."""

from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from trajectory.components import (
    CHANNEL_OF,
    CHANNELS,
    NAMES,
    NO_INTRINSICS,
    PATH_LENGTH,
    ROTATION,
    TRANSLATION,
    ZOOM,
    Scores,
    TranslationUnit,
    best_by_name,
    by_name,
    translation_unit,
)
from trajectory.image_motion import ImageMotion
from trajectory.kinematics import motion
from trajectory.model import Trajectory

__all__ = ["CHANNELS", "CHANNEL_OF", "NAMES", "Extent", "Scores", "TranslationUnit", "apparent", "authors"]

Extent = Literal["endpoint", "path"]
UNKNOWN_TRANSLATION = "translation is not known: nothing bounds it below the decision threshold"


def authors(trajectory: Trajectory, *, largest_bound: float = 0.05, still_share: float = 0.01) -> Scores:
    """The rule of CameraBench's authors: signed components from the first to the last valid frame.

    Axes of the first valid camera (camera-to-world, OpenCV). Translation in units of the median scene depth, else of
    the path length (then marked); rotation as a rotation vector in degrees (x: tilt up, y: pan right, z: roll
    clockwise); zoom as the focal ratio minus 1; Static as -max(|dx|, |dy|, |dz|, |angles| / 180, |zoom - 1|).
    Source: cam_motion_sfm.py of the CameraBench annotation repository (sy77777en/video_annotation).

    Args:
        largest_bound: a translation bounded below this (units of scene depth) scores 0; above it it is not known.
        still_share: largest component by which a camera still counts as fixed; the best estimate of an unknown Static.
    """
    moved = motion(trajectory)
    channels = np.full(7, np.nan)
    if len(moved) < 2:
        return Scores(
            rule="authors",
            channels=channels,
            scores=by_name(channels, None),
            translation_unit="scene_depth",
            notes=("fewer than two valid frames: no motion is known",),
        )
    notes: list[str] = []
    length, unit = translation_unit(moved)
    if trajectory.scale == "bounded":
        unit = "scene_depth"
        bound = trajectory.translation_bound
        if bound is not None and bound < largest_bound:
            channels[TRANSLATION] = 0.0
        else:
            notes.append(UNKNOWN_TRANSLATION)
    else:
        channels[TRANSLATION] = moved.position[-1] / length
        if unit == "path_length":
            notes.append(PATH_LENGTH)
    channels[ROTATION] = Rotation.from_matrix(moved.rotation[-1]).as_rotvec(degrees=True)
    if moved.log_focal is None:
        channels[ZOOM] = 0.0
        notes.append(NO_INTRINSICS)
    else:
        channels[ZOOM] = np.expm1(moved.log_focal[-1] - moved.log_focal[0])
    size = np.abs(channels)
    size[ROTATION] /= 180.0
    static = -float(np.max(size)) if np.isfinite(size).all() else None
    static_best = -max(float(np.nanmax(size)), still_share)
    return Scores(
        rule="authors",
        channels=channels,
        scores=by_name(channels, static),
        translation_unit=unit,
        notes=tuple(notes),
        best=best_by_name(channels, static, static_best),
    )


def apparent(
    seen: ImageMotion, limits: Float[np.ndarray, " 7"], *, extent: Extent = "endpoint", still_diag: float = 0.005
) -> Scores:
    """Signed displacement of image content that each primitive alone causes, in image diagonals.

    A magnitude, not a share, so that clips can be ranked against each other. Static is minus the largest excursion of
    any component over the clip, shake included.

    Args:
        limits: decision thresholds of the components; a translation that is only bounded scores 0 below them and is
            not known above.
        extent: "endpoint" compares the last frame with the first, translation in the axes of the first camera. It
            answers "with respect to the initial frame", as the binary splits of CameraBench and its camera-centric
            tasks ask. "path" sums translation in the axes that the camera has at each moment; it answers what an
            operator does (a walk around a corner is forward all the way), as tasks "in the scene" and segments need.
            Turns and zooms are summed along the path in both, so that they never wrap.
        still_diag: excursion below which a camera counts as fixed; decides whether Static can be told while the
            translation is unknown, and is its best estimate then.
    """
    channels = seen.endpoint.copy() if extent == "endpoint" else seen.shift[-1].copy()
    notes = list(seen.notes)
    unknown = seen.bounded_diag >= limits[TRANSLATION]
    if unknown.any():
        channels[:3][unknown] = np.nan
        notes.append(UNKNOWN_TRANSLATION)
    excursion = float(np.max(np.ptp(seen.shift, axis=0)))
    static = None if unknown.any() and excursion <= still_diag else -excursion + 0.0
    return Scores(
        rule="apparent",
        channels=channels,
        scores=by_name(channels, static),
        translation_unit=seen.unit,
        notes=tuple(notes),
        best=best_by_name(channels, static, -max(excursion, still_diag)),
    )
