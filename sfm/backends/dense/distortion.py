"""One radial coefficient, both ways: how a lens bends (k1), and what straightens it (κ).

A lens maps x to x (1 + k1 |x|²) (Brown 1971, first term); the estimator takes places off the picture with
x (1 + κ |x|²), since that needs no iteration. Each is the other's inverse to first order, and here by least squares
over the picture.
"""

import math
from typing import TypeVar

import numpy as np
from jaxtyping import Float
from torch import Tensor

SAMPLES = 64
ROUNDS = 8

Array = TypeVar("Array", np.ndarray, Tensor)


def distortion_of(undistortion: float, radius: float) -> float:
    """k1 of the lens that κ straightens best over a picture whose corner is `radius` focal lengths from its middle."""
    distorted = _radii(radius)
    return _coefficient(distorted * (1.0 + undistortion * distorted**2), distorted)


def undistortion_of(distortion: float, radius: float) -> float:
    """κ that straightens best what a lens of k1 shows over a picture whose corner is `radius` focal lengths away."""
    folds = math.inf if distortion >= 0.0 else (-3.0 * distortion) ** -0.5  # beyond it the lens shows nothing
    ideal = _radii(min(2.0 * radius, folds))
    shown = ideal * (1.0 + distortion * ideal**2)
    seen = shown <= radius
    return _coefficient(shown[seen], ideal[seen])


def redistorted(x: Array, y: Array, undistortion: float) -> tuple[Array, Array]:
    """Where the lens shows ideal places (over the focal length): the fixed point of ideal / (1 + κ |x|²)."""
    bent = x, y
    for _ in range(ROUNDS if undistortion else 0):
        straighter = 1.0 + undistortion * (bent[0] ** 2 + bent[1] ** 2)
        bent = x / straighter, y / straighter
    return bent


def corner_radius(hw: tuple[int, int], pixel_aspect: float, focal_px: float) -> float:
    """Distance of the picture's corner from its middle, in focal lengths."""
    return math.hypot(hw[1] * pixel_aspect, hw[0]) / 2.0 / focal_px


def _radii(radius: float) -> Float[np.ndarray, " r"]:
    return np.linspace(0.0, radius, SAMPLES + 1)[1:]


def _coefficient(given: Float[np.ndarray, " r"], wanted: Float[np.ndarray, " r"]) -> float:
    """c that makes given (1 + c given²) nearest to wanted."""
    return float(((wanted - given) * given**3).sum() / (given**6).sum())
