"""Which key points of two frames show the same place: on the device for many pairs, with OpenCV for a single one."""

import numpy as np
from jaxtyping import Bool, Float, UInt8


def match_pair(
    first: UInt8[np.ndarray, "h w"],
    second: UInt8[np.ndarray, "h w"],
    *,
    mask: Bool[np.ndarray, "h w"] | None = None,
    max_features: int = 1500,
    ratio: float = 0.8,
    max_error_px: float = 2.0,
    min_matches: int = 12,
    seed: int = 0,
) -> tuple[Float[np.ndarray, "m 2"], Float[np.ndarray, "m 2"]]:
    """Pixel positions of the same points in two gray images of one clip that may lie far apart.

    mask: pixels of both that may testify.

    RootSIFT (Arandjelovic and Zisserman 2012), mutual nearest neighbours, Lowe's ratio test in both directions, then
    one rigid scene or one plane: the fundamental matrix or homography that more matches agree with (MAGSAC++).
    Pixel centres have integer coordinates. Both arrays are empty where fewer than `min_matches` agree.
    """
    import cv2

    nothing = np.zeros((0, 2))
    xy_first, descriptors_first = _sift(first, mask, max_features)
    xy_second, descriptors_second = _sift(second, mask, max_features)
    if min(len(xy_first), len(xy_second)) < max(min_matches, 2):
        return nothing, nothing
    likeness = descriptors_first @ descriptors_second.T
    forward, backward = likeness.argmax(1), likeness.argmax(0)
    mutual = backward[forward] == np.arange(len(forward))
    rows = np.flatnonzero(mutual & _distinct(likeness, ratio) & _distinct(likeness.T, ratio)[forward])
    a, b = xy_first[rows], xy_second[forward[rows]]
    if len(a) < min_matches:
        return nothing, nothing
    settings = cv2.UsacParams()
    settings.confidence = 0.999
    settings.maxIterations = 2000
    settings.threshold = max_error_px
    settings.randomGeneratorState = seed
    settings.score = cv2.SCORE_METHOD_MAGSAC
    settings.sampler = cv2.SAMPLING_UNIFORM
    settings.loMethod = cv2.LOCAL_OPTIM_SIGMA
    settings.loIterations = 10
    settings.loSampleSize = 14
    best = np.zeros(len(a), bool)
    for estimate in (cv2.findFundamentalMat, cv2.findHomography):
        _, inliers = estimate(a, b, settings)
        if inliers is not None and np.count_nonzero(inliers) > best.sum():
            best = inliers.ravel().astype(bool)
    if best.sum() < min_matches:
        return nothing, nothing
    return a[best], b[best]


def _sift(
    gray: np.ndarray, usable: np.ndarray | None, max_features: int
) -> tuple[Float[np.ndarray, "k 2"], Float[np.ndarray, "k 128"]]:
    """Positions and RootSIFT descriptors of one gray image; key points that OpenCV repeats per angle stay."""
    import cv2

    mask = None if usable is None else usable.astype(np.uint8)
    points, descriptors = cv2.SIFT_create(nfeatures=max_features).detectAndCompute(gray, mask)
    if descriptors is None:
        return np.zeros((0, 2)), np.zeros((0, 128), np.float32)
    descriptors = np.sqrt(descriptors / np.maximum(descriptors.sum(1, keepdims=True), 1e-7))
    return cv2.KeyPoint_convert(points).astype(np.float64), descriptors.astype(np.float32)


def _distinct(likeness: np.ndarray, ratio: float) -> np.ndarray:
    """Rows whose best match is nearer than `ratio` times the second best (unit descriptors, Lowe 2004)."""
    best = np.partition(likeness, -2, axis=1)[:, -2:]
    squared = np.maximum(2.0 - 2.0 * best, 0.0)
    return squared[:, 1] < ratio**2 * squared[:, 0]
