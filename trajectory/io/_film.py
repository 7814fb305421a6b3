"""What the writers for programs that make pictures share: one rate, the lens, and what has no place there."""

import warnings
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError
from trajectory.io._build import pinhole
from trajectory.model import Trajectory
from trajectory.picture import in_parts, resized

ASSUMED_FPS = 24.0
"""Where frames have numbers and no times: that of films."""
UNEVEN = 0.02
"""Steps of time that differ by more than this part are told: one rate shifts their frames."""
SQUARE = 1e-4
"""Relative change of fx / fy that is no change: a tenth of a pixel at the edge of a picture 2000 wide."""
TAKEN_HEIGHT = 1080
"""Of pictures whose size is not known: that of high definition."""
SENSOR_MM = 36.0
"""Width of the sensor that lenses are told for: full frame, the default of Blender."""


def sized(trajectory: Trajectory) -> Trajectory:
    """Intrinsics that are parts of a picture become pixels of one of square pixels, TAKEN_HEIGHT high."""
    if not in_parts(trajectory) or not trajectory.valid.any():
        return trajectory
    fx, fy = pinhole(trajectory, "the program")[int(np.argmax(trajectory.valid)), :2]
    return resized(trajectory, (TAKEN_HEIGHT, max(1, round(TAKEN_HEIGHT * float(fy / fx)))))


def rate(trajectory: Trajectory) -> float:
    """Frames in a second, the mean of the clip."""
    time_s = trajectory.time_s
    if trajectory.time_source == "index" or len(time_s) < 2:
        return ASSUMED_FPS
    return (len(time_s) - 1) / float(time_s[-1] - time_s[0])


def frames(trajectory: Trajectory) -> Int[np.ndarray, " n"]:
    """Place of each row on a time axis of one rate, from 0: holes of frame numbers stay holes."""
    time_s = trajectory.time_s
    if trajectory.time_source == "index" and bool((time_s == np.round(time_s)).all()):
        return (time_s - time_s[0]).astype(np.int64)
    return np.arange(len(time_s))


def aspect(trajectory: Trajectory, name: str) -> float:
    """Width of a pixel over its height, fy / fx, which programs hold once for a clip."""
    fx, fy = pinhole(trajectory, name)[trajectory.valid, :2].T
    ratio = fy / fx
    if float(np.ptp(ratio)) > SQUARE * float(ratio[0]):
        raise CinetrajError(f"fx / fy changes over time and {name} holds one shape of pixels; write usd or colmap")
    return float(np.median(ratio))


def euler_deg(rotation: Float[np.ndarray, "n 3 3"], order: Literal["XYZ", "YXZ", "ZYX"]) -> Float[np.ndarray, "n 3"]:
    """Angles in degrees, in scipy's `order`, that do not jump by a turn from frame to frame."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # at the pole two angles are one: any split of it is right
        angles = Rotation.from_matrix(rotation).as_euler(order).reshape(-1, 3)
    return np.degrees(np.unwrap(angles, axis=0))


def absences(trajectory: Trajectory, *, times: bool = True, shift: bool = True, shape: bool = True) -> list[str]:
    """What has no place, in words: uneven times, a principal point off the middle, pixels that are not square."""
    seen = sized(trajectory)
    said = [*_unsized(trajectory, seen), *(_uneven(seen) if times else [])]
    return [*said, *(_shifted(seen) if shift else []), *(_oblong(seen) if shape else [])]


def _unsized(trajectory: Trajectory, seen: Trajectory) -> list[str]:
    if seen is trajectory or seen.image_hw is None:
        return []
    return [f"the picture's own size (not known: {seen.image_hw[1]} x {seen.image_hw[0]} is taken)"]


def _uneven(trajectory: Trajectory) -> list[str]:
    """That times are not those of one rate."""
    steps = np.diff(trajectory.time_s)
    if trajectory.time_source == "index" or len(steps) < 2 or float(np.ptp(steps)) <= UNEVEN * float(steps.mean()):
        return []
    return [f"times that are not even (frames follow each other at {rate(trajectory):.6g} a second)"]


def _shifted(trajectory: Trajectory) -> list[str]:
    """That the principal point is not the middle of the picture, in words."""
    k, hw = trajectory.intrinsics_px, trajectory.image_hw
    if k is None or hw is None or not trajectory.valid.any():
        return []
    off = np.abs(k[trajectory.valid, :2, 2] - np.array([hw[1], hw[0]]) / 2).max()
    return [f"the principal point, up to {off:.3g} pixels off the middle"] if off > 1e-6 * max(hw) else []


def _oblong(trajectory: Trajectory) -> list[str]:
    """That pixels are not square, in words."""
    k = trajectory.intrinsics_px
    if k is None or not trajectory.valid.any():
        return []
    ratio = k[trajectory.valid, 1, 1] / k[trajectory.valid, 0, 0]
    return [f"the shape of pixels, {ratio[0]:.6g} wide (fy is written)"] if np.abs(ratio - 1).max() > SQUARE else []


def absolute(movie: str) -> str:
    """The film's path, which a script may run anywhere else; as it was given, where no such film is there now."""
    return str(Path(movie).resolve()) if movie and Path(movie).is_file() else movie
