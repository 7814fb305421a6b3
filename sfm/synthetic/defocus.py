"""A lens that is sharp at one distance only: each depth is blurred by its own circle of confusion."""

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

LARGEST_PX = 48.0
_SPACING = 2**0.5


def circle_px(
    inverse_depth: Float[np.ndarray, "h w"], focus_depth: float, infinity_px: float
) -> Float[np.ndarray, "h w"]:
    """Diameter of the circle of confusion of a thin lens, positive where nearer than the focus.

    Args:
        inverse_depth: in the unit of `focus_depth`.
        infinity_px: diameter for a point at infinity while the lens is focused at depth 1.
    """
    return np.clip(infinity_px * (inverse_depth - 1 / focus_depth), -LARGEST_PX, LARGEST_PX)


def defocused(image: UInt8[np.ndarray, "h w 3"], circle: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """The picture cut into layers by circle, each blurred with its outline, the far ones under the near ones.

    So a sharp figure keeps its outline before a soft wall, and a soft one spreads over a sharp wall. What shows through
    the rim of a soft figure was never seen: it is made up from what is beside it.
    """
    levels = _levels(float(circle.min()), float(circle.max()))
    place = np.interp(circle, levels, np.arange(len(levels))).astype(np.float32)
    colour, covered = np.zeros(image.shape, np.float32), np.zeros(image.shape[:2], np.float32)
    for number, diameter in enumerate(levels):
        # Between two levels the farther one holds all of a pixel, and the nearer one its part over that.
        share = np.where(place < number + 1, np.clip(place - number + 1, 0, 1), 0).astype(np.float32)
        layer = np.dstack([image * share[..., None], share])
        if not share.any():
            continue
        if diameter > 1:
            colour, covered = _extended(colour, covered, round(diameter))
        if abs(diameter) > 1:
            layer = cv2.filter2D(layer, -1, _disc(abs(diameter)), borderType=cv2.BORDER_REFLECT_101)
        through = 1 - np.clip(layer[..., 3], 0, 1)
        colour = layer[..., :3] + through[..., None] * colour
        covered = layer[..., 3] + through * covered
    return np.clip(np.rint(colour / np.maximum(covered, 1e-6)[..., None]), 0, 255).astype(np.uint8)


def _extended(colour: np.ndarray, covered: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """What is behind, carried on under what covers it by the mean of its neighbourhood."""
    around = cv2.blur(np.dstack([colour, covered]), (2 * reach + 1, 2 * reach + 1), borderType=cv2.BORDER_REFLECT_101)
    missing = np.where(around[..., 3] > 1e-3, np.clip(1 - covered, 0, 1), 0)
    filled = around[..., :3] / np.maximum(around[..., 3:], 1e-3)
    return colour + missing[..., None] * filled, covered + missing


def _levels(low: float, high: float) -> list[float]:
    """Diameters of the layers from far to near: dense enough that a slope shows no steps."""
    sizes = [0.0, 1.0]
    while sizes[-1] < max(abs(low), abs(high)):
        sizes.append(sizes[-1] * _SPACING)
    every = [-size for size in reversed(sizes[1:])] + sizes
    first = max([k for k, level in enumerate(every) if level <= low], default=0)
    last = min([k for k, level in enumerate(every) if level >= high], default=len(every) - 1)
    return every[first : last + 1]


def _disc(diameter: float) -> Float32[np.ndarray, "k k"]:
    """A round aperture whose rim counts by the share of each pixel that it covers."""
    reach = int(np.ceil(diameter / 2))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    weight = np.clip(diameter / 2 + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return weight / weight.sum()
