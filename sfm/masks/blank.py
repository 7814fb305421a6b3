"""Frames that show nothing."""

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from sfm.config import BlankConfig


def to_grey(rgb: UInt8[np.ndarray, "n h w 3"]) -> UInt8[np.ndarray, "n h w"]:
    """Luma of Rec. 601."""
    grey = np.empty(rgb.shape[:3], np.uint8)
    for source, target in zip(rgb, grey, strict=True):
        cv2.cvtColor(source, cv2.COLOR_RGB2GRAY, dst=target)
    return grey


def find_blank(
    grey: UInt8[np.ndarray, "n h w"], usable: Bool[np.ndarray, "h w"], config: BlankConfig = BlankConfig()
) -> Bool[np.ndarray, " n"]:
    """Frames without content on the usable pixels: black, white, covered, or faded away."""
    height, width = usable.shape
    size = (max(2, width // 4), max(2, height // 4))
    inside = cv2.resize(usable.astype(np.uint8), size, interpolation=cv2.INTER_AREA).astype(bool)
    inside = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1).astype(bool)
    if not inside.any():
        return np.ones(len(grey), bool)
    blank = np.empty(len(grey), bool)
    for number, image in enumerate(grey):
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        here = small[1:, 1:]
        step = cv2.max(cv2.absdiff(here, small[1:, :-1]), cv2.absdiff(here, small[:-1, 1:]))
        blank[number] = (step > config.edge_grey)[inside[1:, 1:]].mean() < config.edge_share
    return blank
