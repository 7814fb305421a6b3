"""Estimates of known paths: the truth with an error of a stated covariance."""

import numpy as np
from scipy.spatial.transform import Rotation

from trajectory.model import Trajectory


def reach(path: Trajectory) -> float:
    return float(np.linalg.norm(path.positions - path.positions[0], axis=1).max())


def other(path: Trajectory, size: float, random: np.random.Generator) -> Trajectory:
    """A path that differs from another by a smooth difference of about this share of its extent, or in radians."""
    u = np.linspace(0, 1, len(path))[:, None]
    turn = 0.5 * size * (random.normal(size=3) * u + random.normal(size=3) * np.sin(3 * u) * u)
    shift = 0.6 * size * reach(path) * (random.normal(size=3) * u + random.normal(size=3) * np.sin(2 * u) * u)
    poses = np.array(path.world_from_cam)
    poses[:, :3, :3] = poses[:, :3, :3] @ Rotation.from_rotvec(turn).as_matrix()
    poses[:, :3, 3] += shift
    return path.replace(world_from_cam=poses)


def estimate(truth: Trajectory, noise: float, random: np.random.Generator, *, smooth: bool = False) -> Trajectory:
    """The truth with a drift whose covariance it states: a random walk, or two slow waves of the same variance.

    noise: standard deviation at the end, as a share of the extent; half of it in radians for the orientation.
    """
    n = len(truth)
    mixed = random.normal(size=(6, 6))
    covariance = mixed @ mixed.T
    covariance /= np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    sigma = np.diag([noise * reach(truth)] * 3 + [noise / 2] * 3)
    covariance = sigma @ covariance @ sigma
    growth = np.linspace(0, 1, n) ** random.choice([0.5, 1.0, 2.0])
    if smooth:
        phase, wave = 0.75 * np.pi * np.linspace(0, 1, n)[:, None], random.normal(size=(2, 6))
        unit = np.sqrt(growth)[:, None] * (np.cos(phase) * wave[0] + np.sin(phase) * wave[1])
    else:
        unit = np.cumsum(np.sqrt(np.diff(growth, prepend=0))[:, None] * random.normal(size=(n, 6)), axis=0)
    error = unit @ np.linalg.cholesky(covariance).T
    poses = np.array(truth.world_from_cam)
    poses[:, :3, 3] += np.einsum("nij,nj->ni", truth.rotations, error[:, :3])
    poses[:, :3, :3] = poses[:, :3, :3] @ Rotation.from_rotvec(error[:, 3:]).as_matrix()
    return truth.replace(world_from_cam=poses, pose_covariance=growth[:, None, None] * covariance)
