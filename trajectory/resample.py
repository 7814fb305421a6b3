"""Poses between the frames: SLERP for rotation, straight lines for position, and honest gaps."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from trajectory.errors import CinetrajError
from trajectory.frames import told_of_first
from trajectory.model import Trajectory, require_trajectory

OUTSIDE = "outside the time span"
GAP = "inside a gap"
MOST_FRAMES = 1_000_000
"""More are a slip of the finger: they would fill the memory."""


def quat_wxyz_from_rotation(rotation: Float[np.ndarray, "n 3 3"]) -> Float[np.ndarray, "n 4"]:
    """Unit quaternions of rotation matrices, the largest component positive (Shepperd 1978: no loss near 180°)."""
    diagonal = rotation[:, [0, 1, 2], [0, 1, 2]]
    trace = diagonal.sum(1)
    # Row k holds 4 q_k q; the row with the largest q_k is the well-conditioned one.
    products = np.empty((len(rotation), 4, 4))
    products[:, 0, 0] = 1 + trace
    for axis in range(3):
        products[:, axis + 1, axis + 1] = 1 + 2 * diagonal[:, axis] - trace
        j, k = (axis + 1) % 3, (axis + 2) % 3
        products[:, 0, axis + 1] = products[:, axis + 1, 0] = rotation[:, k, j] - rotation[:, j, k]
        products[:, j + 1, k + 1] = products[:, k + 1, j + 1] = rotation[:, j, k] + rotation[:, k, j]
    best = np.argmax(products[:, [0, 1, 2, 3], [0, 1, 2, 3]], axis=1)
    quat = products[np.arange(len(rotation)), best]
    return quat / np.linalg.norm(quat, axis=1, keepdims=True)


def rotation_from_quat_wxyz(quat_wxyz: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 3 3"]:
    """Rotation matrices of unit quaternions."""
    w, x, y, z = quat_wxyz.T
    rotation = np.empty((len(quat_wxyz), 3, 3))
    rotation[:, 0, 0] = 1 - 2 * (y * y + z * z)
    rotation[:, 0, 1] = 2 * (x * y - w * z)
    rotation[:, 0, 2] = 2 * (x * z + w * y)
    rotation[:, 1, 0] = 2 * (x * y + w * z)
    rotation[:, 1, 1] = 1 - 2 * (x * x + z * z)
    rotation[:, 1, 2] = 2 * (y * z - w * x)
    rotation[:, 2, 0] = 2 * (x * z - w * y)
    rotation[:, 2, 1] = 2 * (y * z + w * x)
    rotation[:, 2, 2] = 1 - 2 * (x * x + y * y)
    return rotation


def slerp(
    start: Float[np.ndarray, "n 3 3"], end: Float[np.ndarray, "n 3 3"], fraction: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n 3 3"]:
    """The rotation at `fraction` of the shortest turn from start to end (Shoemake 1985)."""
    a = quat_wxyz_from_rotation(start)
    b = quat_wxyz_from_rotation(end)
    dot = np.einsum("ni,ni->n", a, b)
    b = np.where(dot[:, None] < 0, -b, b)
    # atan2 of the difference and the sum is exact for small angles, where arccos of the dot product is not.
    half = 2 * np.arctan2(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1))
    sine = np.sin(half)
    small = sine < 1e-9
    safe = np.where(small, 1.0, sine)
    weight_a = np.where(small, 1 - fraction, np.sin((1 - fraction) * half) / safe)
    weight_b = np.where(small, fraction, np.sin(fraction * half) / safe)
    quat = weight_a[:, None] * a + weight_b[:, None] * b
    return rotation_from_quat_wxyz(quat / np.linalg.norm(quat, axis=1, keepdims=True))


def brackets(
    valid: Bool[np.ndarray, " n"],
    axis: Float[np.ndarray, " n"],
    time_s: Float[np.ndarray, " m"],
    *,
    max_gap_s: float | None = None,
) -> tuple[Int[np.ndarray, " m"], Float[np.ndarray, " m"], Bool[np.ndarray, " m"], Bool[np.ndarray, " m"]]:
    """For each time: the frame before it, the fraction towards the next, whether a pose exists there, whether inside.

    A time on a valid frame needs that frame alone; between frames both must be valid and no further apart than
    `max_gap_s`. Times within rounding (1e-9 of the span) of a frame count as on it.
    """
    n = len(axis)
    tolerance = 1e-9 * max(axis[-1] - axis[0], float(np.abs(axis[[0, -1]]).max()) * 1e-6, 1e-12)
    if n == 1:
        on = np.abs(time_s - axis[0]) <= tolerance
        return np.zeros(len(time_s), dtype=int), np.zeros(len(time_s)), on & valid[0], on
    right = np.minimum(np.maximum(axis.searchsorted(time_s), 1), n - 1)
    left = right - 1
    since, until = time_s - axis[left], axis[right] - time_s
    nearest = np.where(since <= until, left, right)
    on = np.minimum(np.abs(since), np.abs(until)) <= tolerance
    if on.all():  # equal clocks, which is common: nothing lies between frames
        return nearest, np.zeros(len(time_s)), valid[nearest], on
    left = np.where(on, nearest, left)
    right = np.where(on, nearest, np.minimum(left + 1, n - 1))
    step = axis[right] - axis[left]
    fraction = np.where(on, 0.0, (time_s - axis[left]) / np.where(on, 1.0, step))
    inside = on | ((time_s >= axis[0]) & (time_s <= axis[-1]))
    known = inside & valid[left] & valid[right]
    if max_gap_s is not None:
        known &= on | (step <= max_gap_s)
    return left, fraction, known, inside


def interpolate_poses(
    world_from_cam: Float[np.ndarray, "n 4 4"],
    left: Int[np.ndarray, " m"],
    right: Int[np.ndarray, " m"],
    fraction: Float[np.ndarray, " m"],
    known: Bool[np.ndarray, " m"],
) -> Float[np.ndarray, "m 4 4"]:
    """Poses at `fraction` of the way from frame `left` to `right`, NaN where not known; frames are copied exactly."""
    if known.all() and not fraction.any():
        return world_from_cam[left]
    poses = np.full((len(left), 4, 4), np.nan)
    exact = known & (fraction == 0)
    poses[exact] = world_from_cam[left[exact]]
    between = known & (fraction != 0)
    if between.any():
        a, b, u = world_from_cam[left[between]], world_from_cam[right[between]], fraction[between]
        mixed = np.zeros_like(a)
        mixed[:, :3, :3] = slerp(a[:, :3, :3], b[:, :3, :3], u)
        mixed[:, :3, 3] = a[:, :3, 3] + u[:, None] * (b[:, :3, 3] - a[:, :3, 3])
        mixed[:, 3, 3] = 1.0
        poses[between] = mixed
    return poses


def at_times(trajectory: Trajectory, time_s: Float[np.ndarray, " m"], *, max_gap_s: float | None = None) -> Trajectory:
    """The trajectory at other times: SLERP between valid neighbours, linear positions, intrinsics and depths.

    Never extrapolates: times outside the span, next to a frame that is not valid, or between frames further apart
    than `max_gap_s` give frames that are not valid, with the reason. Covariances are not interpolated. Gravity and the
    depths of the scene are told of the frame that is first then.
    """
    require_trajectory(trajectory)
    wanted = np.asarray(time_s, dtype=np.float64)
    if wanted.ndim != 1 or not np.isfinite(wanted).all():
        raise CinetrajError(f"time_s has shape {wanted.shape} or a value that is not finite, expected finite times")
    if max_gap_s is not None and not max_gap_s > 0:
        raise CinetrajError(f"max_gap_s is {max_gap_s}, expected a positive number of seconds, or None for no limit")
    left, fraction, known, inside = brackets(trajectory.valid, trajectory.time_s, wanted, max_gap_s=max_gap_s)
    right = np.minimum(left + 1, len(trajectory) - 1)

    def linear(values: np.ndarray | None) -> np.ndarray | None:
        if values is None:
            return None
        weight = fraction.reshape(-1, *([1] * (values.ndim - 1)))
        mixed = np.where(weight == 0, values[left], values[left] + weight * (values[right] - values[left]))
        mixed[~inside] = np.nan
        return mixed

    reason = None
    if not known.all():
        old = trajectory.reason or ("",) * len(trajectory)
        reason = tuple(
            _reason(old, int(i), int(j), bool(k), bool(s))
            for i, j, k, s in zip(left, right, known, inside, strict=True)
        )
    changes: dict[str, Any] = {
        "world_from_cam": interpolate_poses(trajectory.world_from_cam, left, right, fraction, known),
        "time_s": wanted,
        "valid": known,
        "intrinsics_px": linear(trajectory.intrinsics_px),
        "scene_depth": linear(trajectory.scene_depth),
        "focal_sigma_px": linear(trajectory.focal_sigma_px),
        "pose_covariance": None,
        "reason": reason,
    }
    return told_of_first(trajectory, trajectory.replace(**changes))


def evenly(trajectory: Trajectory, *, count: int | None = None, fps: float | None = None) -> Trajectory:
    """The trajectory at even times from its first frame on.

    Args:
        count: frames in all; without `fps` they span the whole path.
        fps: frames in a second; without `count` as many as the path has.

    Errors: CinetrajError where times are frame numbers and a rate is asked for, or the path is too short for both.
    """
    time_s = trajectory.time_s
    first, span = float(time_s[0]), float(time_s[-1] - time_s[0])
    if count is not None and not 1 <= count <= MOST_FRAMES:
        raise CinetrajError(f"{count} frames are asked for, expected 1 to {MOST_FRAMES}")
    if fps is None:
        if count is not None and count > 1 and span == 0.0:
            raise CinetrajError(f"a path of one frame cannot be resampled to {count}; leave that out")
        return trajectory if count is None else at_times(trajectory, np.linspace(first, first + span, count))
    if not (np.isfinite(fps) and fps > 0):
        raise CinetrajError(f"fps is {fps}, expected a positive number of frames in a second")
    if trajectory.time_source == "index":
        raise CinetrajError(
            f"times are frame numbers and no seconds: {fps:g} fps mean nothing; give a number of frames"
        )
    held = int(np.floor(min(span * fps, MOST_FRAMES) + 1e-6)) + 1  # the last frame counts though rounding moves it
    wanted = held if count is None else count
    if wanted > min(held, MOST_FRAMES):
        raise CinetrajError(
            f"{wanted} frames at {fps:g} fps last {(wanted - 1) / fps:.4g} s and the path {span:.4g} s, that is {held} "
            "frames; ask for fewer, or for the number without the rate, which spans the whole path"
        )
    return at_times(trajectory, np.minimum(first + np.arange(wanted) / fps, first + span))


def _reason(old: tuple[str, ...], left: int, right: int, known: bool, inside: bool) -> str:
    if known:
        return ""
    if not inside:
        return OUTSIDE
    return old[left] or old[right] or GAP
