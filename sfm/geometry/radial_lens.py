"""Radial distortion: x_d = x (1 + k1 r^2), x and r over the focal length of the frame (Brown 1966, first term)."""

from math import sqrt

import numpy as np
from jaxtyping import Float

_STEPS = 12


def distorted(x: Float[np.ndarray, "*n 2"], k1: float) -> Float[np.ndarray, "*n 2"]:
    """Where a lens shows what a pinhole shows at x, both over the focal length."""
    return x * (1 + k1 * (x**2).sum(-1, keepdims=True))


def undistorted(x_d: Float[np.ndarray, "*n 2"], k1: float) -> Float[np.ndarray, "*n 2"]:
    """The inverse of `distorted` (Newton on the radius); what no ray reaches is NaN."""
    if k1 == 0:
        return x_d
    r_d = np.linalg.norm(x_d, axis=-1, keepdims=True)
    r = r_d.copy()
    for _ in range(_STEPS):
        slope = 1 + 3 * k1 * r**2
        r = r - (r * (1 + k1 * r**2) - r_d) / np.where(slope > 1e-6, slope, np.nan)
    return x_d * np.where(r_d > 0, r / np.maximum(r_d, 1e-12), 1.0)


def reaches(radius: float, k1: float) -> bool:
    """Whether a lens shows something at a distorted radius: a strong barrel folds back before."""
    return k1 >= 0 or radius < 2 / 3 / sqrt(-3 * k1)


def pinhole_px(
    xy_px: Float[np.ndarray, "*n 2"], image_hw: tuple[int, int], focal_px: float, k1: float
) -> Float[np.ndarray, "*n 2"]:
    """Where a pinhole of the same focal length has what the lens shows at positions of the frame."""
    if k1 == 0:
        return xy_px
    middle = np.array([image_hw[1] / 2, image_hw[0] / 2])
    return undistorted((xy_px - middle) / focal_px, k1) * focal_px + middle
