"""Small pictures of frames, by which they are compared."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

LEAST_SIDE = 8
"""Of frames that are shrunk."""
FIRST_TIMES = 4
"""A thumb is made of a picture so many times as large or larger, which is shrunk by a whole number: a third of the time
that it takes of the frame itself."""


def shrunk(content: UInt8[np.ndarray, "n h w 3"], long_side: int) -> UInt8[np.ndarray, "n i j 3"]:
    """Frames of about a size, by area. By a whole number of times: ten times as fast as by another."""
    height, width = content.shape[1:3]
    whole = max(1, round(max(height, width) / long_side))
    if whole == 1:
        return content
    size = (max(LEAST_SIDE, width // whole), max(LEAST_SIDE, height // whole))
    small = np.empty((len(content), size[1], size[0], 3), np.uint8)
    for image, there in zip(content, small, strict=True):
        cv2.resize(image, size, dst=there, interpolation=cv2.INTER_AREA)
    return small


def thumbs_of(content: UInt8[np.ndarray, "n h w 3"], long_side: int) -> Float[np.ndarray, "n pixels"]:
    """Small pictures of frames, each in a row, by pixels and colours."""
    height, width = content.shape[1:3]
    scale = min(1.0, long_side / max(height, width))
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA).ravel() for image in content]
    return np.array(small, np.float32)
