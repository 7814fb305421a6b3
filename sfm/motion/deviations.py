"""How far poses and focal lengths may be off: more than the residuals of one model say."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from sfm.motion.estimator import FOCAL_PRIOR_SIGMA
from sfm.types import FramePoses

SIGMA_TIMES, FOCAL_SIGMA_LEAST = 5.0, 0.03
"""Residuals of one thing seen many times are not independent: deviations within a model, of poses and of the focal
length, times the first. What no model has (shutter, movers) shifts a focal length: its deviation is not below the
second, and alone not above the prior's. With the spread over the answers beside it 94 % of the focal lengths of 171
clips of `hard-dev` lie within two deviations (without all this 64)."""


def with_deviations(poses: FramePoses, focal_apart_log: float) -> FramePoses:
    """The poses with deviations that say how far they, and over all answers the focal length, may be off.

    Args:
        poses: with the covariance and the deviation of the focal length of their own fit.
        focal_apart_log: deviation of the log focal length over all answers.
    """
    covariance = None if poses.covariance is None else SIGMA_TIMES**2 * poses.covariance
    fitted = poses.focal_sigma_log
    if not fitted:  # given, or unknown
        return replace(poses, covariance=covariance)
    within = max(fitted, min(FOCAL_PRIOR_SIGMA, SIGMA_TIMES * fitted), FOCAL_SIGMA_LEAST)
    told = float(np.hypot(within, focal_apart_log))
    if covariance is not None:
        # What the focal length may be off beyond its fit, the poses of the fit do not know of.
        beyond = max(0.0, told**2 - (SIGMA_TIMES * fitted) ** 2)
        slope = by_focal_length(poses)
        covariance = covariance + beyond * slope[:, :, None] * slope[:, None, :]
    return replace(poses, covariance=covariance, focal_sigma_log=told)


def lens_in_the_middle(poses: FramePoses, usual_px: float, times: float = 1.0) -> FramePoses:
    """The poses of a camera that zooms and does not travel, with the usual lens in the middle of its zoom.

    A zoom shows the ratio of its focal lengths and, without a turn, nothing else. The fit holds the first one against
    the usual lens, so that a zoom in ends as a telephoto lens and the same film played backwards as a fisheye. Here the
    middle of the first and the last one (of their logarithms) is held there, and what the clip itself says of the lens
    counts by its told deviation: both are normal densities, and the told focal length is the mean of their product.
    Turns across the axis follow as in `by_focal_length`. What travels or bends shows its lens and stays as it is.

    Args:
        poses: with the deviation of the focal length of their own fit.
        usual_px: the most likely focal length, by which the fit held the first one.
        times: by how much that deviation is too small.
    """
    fitted, known = poses.focal_sigma_log, np.flatnonzero(poses.valid)
    if not fitted or poses.translates or poses.radial or not len(known):
        return poses
    log_focal = np.log(poses.focal_px[known[[0, -1]]] / usual_px)
    half = 0.5 * float(log_focal[1] - log_focal[0])
    if half == 0.0:
        return poses
    held, beside = (min(1.0, each * fitted / FOCAL_PRIOR_SIGMA) ** 2 for each in (1.0, times))
    alone = float(log_focal[0]) / (1.0 - held) if beside < 1.0 else 0.0  # what the clip says without the usual lens
    longer = (1.0 - beside) * alone - beside * half - float(log_focal[0])
    first, rotation = poses.rotation[known[0]], poses.rotation.copy()
    turn = Rotation.from_matrix(rotation[known] @ first.T).as_rotvec() * np.exp(-longer * np.array([1.0, 1.0, 0.0]))
    rotation[known] = Rotation.from_rotvec(turn).as_matrix() @ first
    return replace(poses, rotation=rotation, focal_px=poses.focal_px * np.exp(longer))


def by_focal_length(poses: FramePoses) -> Float[np.ndarray, "n 6"]:
    """How poses relative to the first one follow the log focal length: derivatives of (v, ω) as in `FramePoses`.

    What moves across the picture does so by f times an angle, or times a way over its depth: the same picture through
    a longer lens is one of smaller turns and ways across the axis. Rolls and ways along it are seen without a lens.
    """
    known, across = poses.valid, np.array([1.0, 1.0, 0.0])
    slope = np.zeros((len(known), 6))
    if not known.any():
        return slope
    first = int(np.argmax(known))
    turn = poses.rotation[known] @ poses.rotation[first].T
    place = -np.einsum("nji,nj->ni", turn, poses.translation[known] - turn @ poses.translation[first])
    slope[known, :3] = np.einsum("nij,nj->ni", turn, place * across)
    slope[known, 3:] = -Rotation.from_matrix(turn).as_rotvec() * across
    return slope
