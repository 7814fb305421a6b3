"""What a camera does to a picture: noise, exposure, bars."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8


class Grain:
    """Sensor noise from one seeded pool, cut out at another place for each frame (drawing anew is slow)."""

    def __init__(self, seed: int, image_hw: tuple[int, int], sigma: float) -> None:
        self._rng = np.random.default_rng([seed, 17])
        self._hw = image_hw
        pool = self._rng.standard_normal((image_hw[0] + 97, image_hw[1] + 131, 3), np.float32) * sigma
        self._pool = np.rint(pool).astype(np.int16)

    def add(self, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        y, x = int(self._rng.integers(0, 97)), int(self._rng.integers(0, 131))
        cut = self._pool[y : y + self._hw[0], x : x + self._hw[1]]
        if self._rng.random() < 0.5:
            cut = cut[:, ::-1]
        return np.clip(image.astype(np.int16) + cut, 0, 255).astype(np.uint8)


def exposure_gains(seed: int, frames: int, sigma: float) -> np.ndarray:
    """Gain per frame: independent flicker on a slow drift, 1 at the first frame."""
    rng = np.random.default_rng([seed, 19])
    drift = np.cumsum(rng.normal(0, 0.3 * sigma, frames))
    gains = np.exp(np.clip(drift, -2 * sigma, 2 * sigma) + rng.normal(0, sigma, frames))
    return gains / gains[0]


def step_gains(steps: tuple[tuple[int, float], ...], frames: int) -> Float[np.ndarray, " n"]:
    """Gain per frame of an exposure that jumps: each (frame, gain) holds until the next one, 1 before the first."""
    gains = np.ones(frames)
    for frame, gain in steps:
        gains[frame:] = gain
    return gains


def scaled(image: UInt8[np.ndarray, "h w 3"], gain: float) -> UInt8[np.ndarray, "h w 3"]:
    """Brighter or darker, clipped."""
    return cv2.convertScaleAbs(image, alpha=gain)


def letterboxed(image: UInt8[np.ndarray, "h w 3"], share: float) -> UInt8[np.ndarray, "h w 3"]:
    """Black bars over the upper and lower edge; the camera stays as it is."""
    bar = round(image.shape[0] * share / 2)
    result = image.copy()
    if bar:
        result[:bar] = result[-bar:] = 0
    return result
