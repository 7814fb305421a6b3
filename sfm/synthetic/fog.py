"""Fog: contrast that falls with the way that the light went."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

GREY = 178
"""8-bit level of fog without end: brighter than most textures, as fog by day is."""
_FARTHEST_M = 1e6


def fogged(
    pixels: UInt8[np.ndarray, "h w c"],
    corner_px: tuple[int, int],
    inverse_depth_from_px: Float[np.ndarray, " 3"],
    rays_from_px: Float[np.ndarray, "3 3"],
    per_m: float,
) -> UInt8[np.ndarray, "h w 3"]:
    """A plane behind fog: c exp(-per_m s) + grey (1 - exp(-per_m s)), s the length of the ray (Koschmieder 1924).

    Args:
        corner_px: (x, y) of the first pixel in the frame.
        inverse_depth_from_px: 1 / depth along the optical axis is its product with (x, y, 1).
    """
    h, w = pixels.shape[:2]
    x, y = corner_px[0] + 0.5 + np.arange(w), corner_px[1] + 0.5 + np.arange(h)
    a, b, c = inverse_depth_from_px
    inverse_depth = np.maximum(np.add.outer(b * y + c, a * x), 1 / _FARTHEST_M)
    across, down = rays_from_px[0, 0] * x + rays_from_px[0, 2], rays_from_px[1, 1] * y + rays_from_px[1, 2]
    length = np.sqrt(np.add.outer(down**2, across**2 + 1)) / inverse_depth
    kept = np.exp(-per_m * length).astype(np.float32)
    grey = np.full((h, w, 3), GREY, np.uint8)
    return cv2.blendLinear(np.ascontiguousarray(pixels[..., :3]), grey, kept, 1 - kept)
