"""Matches of a single pair of frames, verified by one rigid scene or one plane; with OpenCV, for pairs far apart."""

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sfm.features.sift import on_cpu
from sfm.features.types import Features

MOST_FEATURES = 1500
RATIO = 0.8
MAX_ERROR_PX = 2.0
MIN_MATCHES = 12


def match_pair(
    first: UInt8[np.ndarray, "h w"],
    second: UInt8[np.ndarray, "h w"],
    *,
    mask: Bool[np.ndarray, "h w"] | None = None,
) -> tuple[Float[np.ndarray, "m 2"], Float[np.ndarray, "m 2"]]:
    """Pixel positions of the same points in two gray images of one clip that may lie far apart.

    Args:
        mask: pixels that may testify, of both.

    RootSIFT (Arandjelovic and Zisserman 2012), mutual nearest neighbours, Lowe's ratio test in both directions, then
    one rigid scene or one plane: the fundamental matrix or homography that more matches agree with (RANSAC).
    Pixel centres have integer coordinates. Both arrays are empty where fewer than `MIN_MATCHES` agree.
    """
    return match_points(key_points(first, mask), key_points(second, mask))


def key_points(gray: UInt8[np.ndarray, "h w"], mask: Bool[np.ndarray, "h w"] | None) -> Features:
    """What `match_pair` knows of a frame: who compares it with several finds it once."""
    found = on_cpu(gray[None], MOST_FEATURES)[0]
    if mask is None:
        return found
    column, row = np.rint(found.xy_px).astype(int).T
    return found.take(mask[np.clip(row, 0, len(mask) - 1), np.clip(column, 0, mask.shape[1] - 1)])


def match_points(first: Features, second: Features) -> tuple[Float[np.ndarray, "m 2"], Float[np.ndarray, "m 2"]]:
    """As `match_pair`, of key points that are known."""
    nothing = np.zeros((0, 2))
    xy_first, descriptors_first = first.xy_px.astype(np.float64), first.descriptors
    xy_second, descriptors_second = second.xy_px.astype(np.float64), second.descriptors
    if min(len(xy_first), len(xy_second)) < MIN_MATCHES:
        return nothing, nothing
    likeness = descriptors_first @ descriptors_second.T
    forward, backward = likeness.argmax(1), likeness.argmax(0)
    mutual = backward[forward] == np.arange(len(forward))
    rows = np.flatnonzero(mutual & _distinct(likeness, forward) & _distinct(likeness.T, backward)[forward])
    a, b = xy_first[rows], xy_second[forward[rows]]
    if len(a) < MIN_MATCHES:
        return nothing, nothing
    cv2.setRNGSeed(0)  # OpenCV's MAGSAC aborts on some degenerate samples, so plain RANSAC verifies
    best = np.zeros(len(a), bool)
    for _, inliers in (
        cv2.findFundamentalMat(a, b, cv2.FM_RANSAC, MAX_ERROR_PX, 0.999, 2000),
        cv2.findHomography(a, b, cv2.RANSAC, MAX_ERROR_PX, maxIters=2000, confidence=0.999),
    ):
        if inliers is not None and np.count_nonzero(inliers) > best.sum():
            best = inliers.ravel().astype(bool)
    if best.sum() < MIN_MATCHES:
        return nothing, nothing
    return a[best], b[best]


def second_best(likeness: Float[np.ndarray, "a b"], best: Int[np.ndarray, " a"]) -> Float[np.ndarray, " a"]:
    """How like each row is to its second best match, where the best are known."""
    rest = likeness.copy()
    rest[np.arange(len(best)), best] = -np.inf
    return rest.max(1)


def _distinct(likeness: Float[np.ndarray, "a b"], best: Int[np.ndarray, " a"]) -> Bool[np.ndarray, " a"]:
    """Rows whose best match is nearer than `RATIO` times the second best (unit descriptors, Lowe 2004)."""
    two = likeness[np.arange(len(best)), best], second_best(likeness, best)
    nearest, second = (np.maximum(2.0 - 2.0 * likest, 0.0) for likest in two)
    return nearest < RATIO**2 * second
