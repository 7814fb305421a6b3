"""The swim of generated video: the picture bends a little, smoothly, and ever anew. No camera does it."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

_WAVES = 32
_LENGTHS = (0.75, 1.35)
"""Wave lengths, as multiples of the one asked for: none so long that it would look like a turn of the camera."""


def swim(
    image_hw: tuple[int, int], frame: int, *, seed: int, rms_px: float, wave_px: float, renewal_frames: float
) -> Float[np.ndarray, "h w 2"]:
    """Where each pixel of a frame is taken from, relative to itself (x, y).

    A sum of plane waves in all directions, whose frequencies in time are normally distributed: a Gaussian field, smooth
    in space and time, whose correlation with itself falls as exp(-(t / renewal_frames)^2) (random Fourier features,
    Rahimi and Recht 2007).

    Args:
        rms_px: root mean square of the length of the offsets.
    """
    h, w = image_hw
    x, y = np.arange(w) + 0.5, np.arange(h) + 0.5
    offset = np.empty((h, w, 2))
    for axis in range(2):
        wave, phase, turn = _waves(seed, axis, wave_px, renewal_frames)
        along_x = np.multiply.outer(x, wave[:, 0]) + phase + turn * frame
        along_y = np.multiply.outer(y, wave[:, 1])
        waves = np.cos(along_y) @ np.cos(along_x).T - np.sin(along_y) @ np.sin(along_x).T
        offset[..., axis] = rms_px * waves / np.sqrt(_WAVES)
    return offset


def drift(
    places: Float[np.ndarray, "h w 2"], frame: int, *, seed: int, rms_px: float, wave_px: float, renewal_frames: float
) -> Float[np.ndarray, "h w 2"]:
    """As `swim`, but it belongs to the content and is none in the first frame: what is shown drifts from its place.

    Args:
        places: what each pixel shows, in pixels of the first frame (`content_places`).
    """
    offset = np.empty(places.shape)
    for axis in range(2):
        wave, phase, turn = _waves(seed, axis, wave_px, renewal_frames)
        at = places @ wave.T + phase
        offset[..., axis] = rms_px * (np.cos(at + turn * frame) - np.cos(at)).sum(-1) / np.sqrt(_WAVES)
    return offset


def content_places(
    image_hw: tuple[int, int],
    first_from_cam: Float[np.ndarray, "3 3"],
    focal_px: float,
    first_focal_px: float,
) -> Float[np.ndarray, "h w 2"]:
    """Direction of each pixel's ray as azimuth and elevation before the first camera, in pixels of its middle."""
    h, w = image_hw
    x, y = np.meshgrid(np.arange(w) + 0.5 - w / 2, np.arange(h) + 0.5 - h / 2)
    ray = np.stack([x, y, np.full_like(x, focal_px)], -1) @ first_from_cam.T
    azimuth = np.arctan2(ray[..., 0], ray[..., 2])
    elevation = np.arctan2(ray[..., 1], np.hypot(ray[..., 0], ray[..., 2]))
    return first_focal_px * np.stack([azimuth, elevation], -1)


def _waves(seed: int, axis: int, wave_px: float, renewal_frames: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wave vectors, phases, and how fast each phase turns."""
    rng = np.random.default_rng([seed, 37, axis])
    direction, phase = rng.uniform(0, 2 * np.pi, (2, _WAVES))
    wave = 2 * np.pi / (wave_px * rng.uniform(*_LENGTHS, _WAVES))
    turn = rng.standard_normal(_WAVES) * np.sqrt(2) / renewal_frames
    return np.stack([wave * np.cos(direction), wave * np.sin(direction)], 1), phase, turn


def bent(image: UInt8[np.ndarray, "h w *c"], offset: Float[np.ndarray, "h w 2"]) -> UInt8[np.ndarray, "h w *c"]:
    """The picture, each pixel taken from its place plus the offset; beyond the edge it is mirrored."""
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    x, y = (x + offset[..., 0]).astype(np.float32), (y + offset[..., 1]).astype(np.float32)
    return cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
