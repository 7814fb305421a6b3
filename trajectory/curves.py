"""A path over time, relative to its first valid frame and in that camera's axes: position, rotation, deviations."""

import numpy as np
from jaxtyping import Bool, Float

from trajectory.model import Trajectory


def alone(trajectory: Trajectory) -> Bool[np.ndarray, " n"]:
    """Frames with a pose whose neighbours have none: a line from frame to frame does not show them."""
    around = np.pad(trajectory.valid, 1)
    return trajectory.valid & ~around[:-2] & ~around[2:]


def moved_from_first(trajectory: Trajectory) -> Float[np.ndarray, "n 3"]:
    """Positions relative to the first valid frame, in that camera's axes; NaN where there is no pose."""
    index = np.flatnonzero(trajectory.valid)
    if not len(index):
        return np.full((len(trajectory), 3), np.nan)
    return (trajectory.positions - trajectory.positions[index[0]]) @ trajectory.rotations[index[0]]


def rotation_deg(trajectory: Trajectory) -> Float[np.ndarray, "n 3"]:
    """Rotation vectors from the first valid frame in that camera's axes, continuous beyond half a turn, in degrees."""
    from scipy.spatial.transform import Rotation

    result = np.full((len(trajectory), 3), np.nan)
    index = np.flatnonzero(trajectory.valid)
    if not len(index):
        return result
    relative = trajectory.rotations[index[0]].T @ trajectory.rotations[index]
    vectors = Rotation.from_matrix(relative).as_rotvec()
    turn = 2 * np.pi
    for i in range(1, len(vectors)):
        angle = float(np.linalg.norm(vectors[i]))
        # No turn has no axis: a circle that closes keeps that of the frame before.
        along = vectors[i] if angle >= 1e-9 else vectors[i - 1]
        axis = along / max(float(np.linalg.norm(along)), 1e-9)
        # The same rotation has the vectors axis·(angle + 2πk): take the one nearest to the frame before.
        vectors[i] = axis * (angle + turn * np.round((vectors[i - 1] @ axis - angle) / turn))
    result[index] = np.rad2deg(vectors)
    return result


def pose_sigma(trajectory: Trajectory) -> Float[np.ndarray, "n 6"]:
    """Standard deviation of each pose relative to the first valid one, in that camera's axes: position (in its unit)
    and rotation vector (radians); NaN where it is not known."""
    sigma = np.full((len(trajectory), 6), np.nan)
    covariance, index = trajectory.pose_covariance, np.flatnonzero(trajectory.valid)
    if covariance is None or not len(index):
        return sigma
    turn = np.swapaxes(trajectory.rotations[index], 1, 2) @ trajectory.rotations[index[0]]  # cam from first
    for rows in (slice(0, 3), slice(3, 6)):
        own = covariance[index, rows, rows]
        variance = np.einsum("nki,nkl,nli->ni", turn, own, turn)
        sigma[index, rows] = np.sqrt(np.maximum(variance, 0.0))
    return sigma
