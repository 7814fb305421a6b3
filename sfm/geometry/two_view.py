"""Essential geometry of two frames."""

import math

import cv2
import numpy as np

from sfm.geometry.problem import Observations


def two_view(
    observations: Observations, log_focal: float, first: int, second: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Essential geometry of two frames: rotation, unit translation and the points (m, 4), NaN where unseen.

    Five points with RANSAC (Nistér 2004), through OpenCV. None where it finds nothing.
    """
    xy = observations.xy_px
    both = (observations.weight[:, first] > 0) & (observations.weight[:, second] > 0)
    if both.sum() < 20:
        return None
    focal = math.exp(log_focal)
    square = np.array([observations.pixel_aspect, 1.0]) / focal
    a, b = xy[both, first] * square, xy[both, second] * square
    cv2.setRNGSeed(0)
    essential, inlier = cv2.findEssentialMat(a, b, np.eye(3), method=cv2.RANSAC, prob=0.999, threshold=1.0 / focal)
    if essential is None or essential.shape != (3, 3):
        return None
    _, rotation, translation, inlier, points = cv2.recoverPose(
        essential, a, b, np.eye(3), distanceThresh=1e4, mask=inlier
    )
    world = np.full((len(xy), 4), np.nan)
    found = points.T
    found = found * np.sign(found[:, 3:] + 1e-300)
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    good = inlier.ravel() > 0
    world[np.flatnonzero(both)[good]] = found[good]
    return rotation, translation.ravel(), world
