"""Corners that are followed from one frame to another, and the one motion that most of them have."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float, UInt8

CORNERS, FEWEST = 200, 12
BACK_PX = 1.0
"""What is followed there and back ends within this much of where it began."""

FOLLOWS_PX, FOLLOWS_SHARE = 1.0, 0.25
"""What follows a motion does so within this much, or this share of its way: depth parts what one camera sees, too."""


def followed(
    before: UInt8[np.ndarray, "h w"], now: UInt8[np.ndarray, "h w"], where: UInt8[np.ndarray, "h w"]
) -> tuple[Float[np.ndarray, "m 2"], Float[np.ndarray, "m 2"]]:
    """Corners in some part of a picture, and where they are in another one."""
    corners = cv2.goodFeaturesToTrack(before, CORNERS, 0.01, 5, mask=where)
    if corners is None:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    there, ok, _ = cv2.calcOpticalFlowPyrLK(before, now, corners, np.empty_like(corners))
    back, ok_back, _ = cv2.calcOpticalFlowPyrLK(now, before, there, np.empty_like(corners))
    kept = (ok.ravel() > 0) & (ok_back.ravel() > 0) & (np.linalg.norm(back - corners, axis=2).ravel() < BACK_PX)
    return corners[kept, 0], there[kept, 0]


def limit_of(*sides: tuple[Float[np.ndarray, "_ 2"], Float[np.ndarray, "_ 2"]]) -> float:
    """Within how many pixels points follow a motion, by the largest median way of some: points before and after."""
    ways_px = (float(np.median(np.linalg.norm(now - before, axis=1))) for before, now in sides)
    return max(FOLLOWS_PX, FOLLOWS_SHARE * max(ways_px))


def affine_of(
    before: Float[np.ndarray, "m 2"], now: Float[np.ndarray, "m 2"], limit_px: float
) -> Callable[[Float[np.ndarray, "k 2"], Float[np.ndarray, "k 2"]], Float[np.ndarray, " k"]] | None:
    """How far points are off the affine motion that most of these have (within a limit); None where there are few."""
    if len(before) < FEWEST:
        return None
    affine, _ = cv2.estimateAffine2D(before, now, method=cv2.RANSAC, ransacReprojThreshold=limit_px)
    if affine is None:
        return None
    return lambda a, b: np.linalg.norm(a @ affine[:, :2].T + affine[:, 2] - b, axis=1)
