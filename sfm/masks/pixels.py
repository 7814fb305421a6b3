"""What every question about the pictures of a shot begins with: a few frames of it, and how steep grey values are."""

import cv2
import numpy as np
from jaxtyping import Float, Int


def evenly(count: int, most: int) -> Int[np.ndarray, " k"]:
    """At most `most` numbers of 0..count-1, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def slopes(image: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "2 h w"]:
    """Steps to the right and down, grey levels a pixel (Scharr)."""
    return np.stack(
        [cv2.Scharr(image, cv2.CV_32F, 1, 0, scale=1 / 32), cv2.Scharr(image, cv2.CV_32F, 0, 1, scale=1 / 32)]
    )
