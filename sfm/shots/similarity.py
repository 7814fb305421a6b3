"""Whether two frames show one scene from nearby: by tracked corners, matched features, or one common shift."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, final

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sfm.config import SimilarityConfig
from sfm.masks.overlays import MIDDLE
from sfm.matching.two_view import second_best

REST_PX = 0.75
"""What moves by less, at the size at which frames are compared, rests."""
LEAST_STEP = 0.25
"""Of the typical step, between frames whose times lie closer: some clocks stumble."""
REST_OF_ALL, REST_OF_MIDDLE = 18, 0.15
"""Cells that rest in two pictures of one scene: so many of 36, or more than that share of those rows' with points."""


class Link(NamedTuple):
    """How two frames are linked, and how far the picture moved, as a share of its longer side."""

    by: str
    strength: float
    moved: float


@final
class Linker:
    """Compares frames by number; what is computed for a frame is kept for its next comparison.

    `time_s`: of the frames, None where they carry no seconds.
    """

    def __init__(
        self,
        rgb_of: Callable[[int], UInt8[np.ndarray, "h w 3"]],
        config: SimilarityConfig,
        time_s: Float[np.ndarray, " n"] | None = None,
    ) -> None:
        self._config, self._time_s = config, time_s
        self._step_s = 1.0 if time_s is None else float(np.median(np.diff(time_s)))
        self._picture = lru_cache(maxsize=64)(lambda number: contrast_picture(rgb_of(number), config.long_side))
        self._features = lru_cache(maxsize=256)(lambda number: _features(self._picture(number)))
        self._thumb = lru_cache(maxsize=256)(lambda number: _thumb(self._picture(number)))
        self._colours = lru_cache(maxsize=256)(lambda number: _colour_thumb(rgb_of(number)))
        self._tracks = lru_cache(maxsize=1024)(self._track)
        self._shifted = lru_cache(maxsize=1024)(self._shift)
        self._matched = lru_cache(maxsize=1024)(self._match)

    def steps(self, first: int, second: int) -> float:
        """How long it is from one frame to a later one, in the steps that most frames are apart: a smooth motion
        carries the picture farther where a frame was dropped. No frame is less than a quarter of one, whatever its
        clock says."""
        if self._time_s is None:
            return float(second - first)
        return max(LEAST_STEP * (second - first), float(self._time_s[second] - self._time_s[first]) / self._step_s)

    def tracked(self, first: int, second: int) -> Link | None:
        """By corners that are found again; small motion only."""
        config = self._config
        kept, cells, moved = self._tracks(first, second)
        return Link("tracks", kept, moved) if kept >= config.tracks_kept and cells >= config.cells_kept else None

    def kept(self, first: int, second: int) -> float:
        """Share of the corners that are found again."""
        return self._tracks(first, second)[0]

    def shifted(self, first: int, second: int) -> Link | None:
        """By one shift of the whole picture, however fast and blurred: a whip pan."""
        return self._shifted(first, second)

    def matched(self, first: int, second: int) -> Link | None:
        """By features on one epipolar geometry, from far apart."""
        return self._matched(first, second)

    def laid_out_alike(self, first: int, second: int) -> Link | None:
        """By the coarse colours in their places: weak, for pictures that change their detail all the time."""
        correlation = layout_correlation(self._colours(first), self._colours(second))
        return Link("layout", correlation, 0.0) if correlation >= self._config.layout_correlation else None

    def corners(self, number: int) -> int:
        """Corners in a frame: without any, lost tracks prove nothing."""
        found = _corners(self._picture(number), self._config.corners)
        return 0 if found is None else len(found)

    def _track(self, first: int, second: int) -> tuple[float, float, float]:
        return track_corners(self._picture(first), self._picture(second), self._config)

    def _shift(self, first: int, second: int) -> Link | None:
        correlation, moved = best_shift(self._thumb(first), self._thumb(second), self._config.shift_overlap)
        return Link("shift", correlation, moved) if correlation >= self._config.shift_correlation else None

    def _match(self, first: int, second: int) -> Link | None:
        least = self._config.inliers
        hw = self._picture(first).shape
        inliers, moved_px = _match_features(self._features(first), self._features(second), hw, least)
        return Link("features", inliers, moved_px / self._config.long_side) if inliers >= least else None


def contrast_picture(rgb: UInt8[np.ndarray, "h w 3"], long_side: int) -> UInt8[np.ndarray, "h2 w2"]:
    """Grey deviation from the local mean over the local spread, so that flashes, fades and exposure drop out."""
    height, width = rgb.shape[:2]
    scale = min(1.0, long_side / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    grey = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    rest = grey - cv2.GaussianBlur(grey, (0, 0), 8)
    spread = np.sqrt(cv2.GaussianBlur(rest * rest, (0, 0), 8))
    return np.clip(128 + 40 * rest / (spread + 4), 0, 255).astype(np.uint8)


def track_corners(
    first: UInt8[np.ndarray, "h w"], second: UInt8[np.ndarray, "h w"], config: SimilarityConfig
) -> tuple[float, float, float]:
    """Share of corners that survive, share of cells that keep one, 80 % quantile of their motion."""
    points = _corners(first, config.corners)
    if points is None or len(points) < 8:
        return 0.0, 0.0, 0.0
    options: dict[str, Any] = {"winSize": (15, 15), "maxLevel": 4}
    there, found, _ = cv2.calcOpticalFlowPyrLK(first, second, points, points.copy(), **options)
    back, again, _ = cv2.calcOpticalFlowPyrLK(second, first, there, there.copy(), **options)
    start, end, back = points[:, 0], there[:, 0], back[:, 0]
    size = np.array([first.shape[1], first.shape[0]], np.float32)
    kept = (found[:, 0] > 0) & (again[:, 0] > 0) & (np.linalg.norm(start - back, axis=1) < 1.0)
    kept &= (end >= 0).all(1) & (end < size).all(1)
    if kept.any():
        same = (_patches(first, start[kept]) * _patches(second, end[kept])).sum(1)
        kept[kept] = same > config.track_correlation
    kept[kept] = _moves_like_a_neighbour(start[kept], end[kept] - start[kept])
    motion = np.linalg.norm(end - start, axis=1)
    laid = _laid_over(start / size, kept & (motion < REST_PX))
    kept, cell = kept[~laid], _cells(start / size)[~laid]
    if not kept.any():
        return 0.0, 0.0, 0.0
    moved = np.quantile(motion[~laid][kept], 0.8) / max(first.shape)
    return float(kept.mean()), len(np.unique(cell[kept])) / len(np.unique(cell)), float(moved)


def _cells(place: Float[np.ndarray, "n 2"]) -> Int[np.ndarray, " n"]:
    """Number of the cell, of 6 by 6, in which a place lies, in shares of the picture."""
    return np.minimum((place * 6).astype(int), 5) @ np.array([1, 6])


def _laid_over(place: Float[np.ndarray, "n 2"], rests: Bool[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Which points belong to what was laid over the picture: subtitles, a ticker, signs of a game.

    These rest whatever is behind them, and link any two pictures. What rests is laid over where it keeps less than
    half of the cells, and next to none in the middle rows, which are left free.

    Args:
        place: points in shares of the picture. rests: which are found again in their place.
    """
    cell, middle = _cells(place), (place[:, 1] > MIDDLE[0]) & (place[:, 1] < MIDDLE[1])
    seen, still = len(np.unique(cell[middle])), len(np.unique(cell[middle & rests]))
    scene = len(np.unique(cell[rests])) >= REST_OF_ALL or still > REST_OF_MIDDLE * seen
    return np.zeros_like(rests) if scene else rests


def best_shift(
    first: Float[np.ndarray, "h w"], second: Float[np.ndarray, "h w"], overlap: float
) -> tuple[float, float]:
    """Largest normalised correlation over all whole shifts, and the length of that shift over the longer side.

    Padzero cross-correlations of pictures, squares and masks give every overlap its own mean and variance
    (Padfield, Masked object registration in the Fourier domain, 2012, eq. 14).
    """
    height, width = first.shape
    shape = (2 * height, 2 * width)

    def spectrum(image: np.ndarray) -> np.ndarray:
        return np.fft.rfft2(image, shape)

    def correlate(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.fft.irfft2(np.conj(one) * other, shape)

    mask, a, b = spectrum(np.ones_like(first)), spectrum(first), spectrum(second)
    count = np.maximum(correlate(mask, mask), 1.0)
    sum_a, sum_b = correlate(a, mask), correlate(mask, b)
    spread_a = correlate(spectrum(first**2), mask) - sum_a**2 / count
    spread_b = correlate(mask, spectrum(second**2)) - sum_b**2 / count
    share = count / first.size
    # An overlap without contrast correlates with anything.
    seen = (spread_a > 0.2 * share * (first**2).sum()) & (spread_b > 0.2 * share * (second**2).sum())
    allowed = seen & (share >= overlap) & (spread_a > 1e-3) & (spread_b > 1e-3)
    if not allowed.any():
        return 0.0, 0.0
    product = np.where(allowed, spread_a * spread_b, 1.0)
    score = np.where(allowed, (correlate(a, b) - sum_a * sum_b / count) / np.sqrt(np.maximum(product, 1e-9)), -1.0)
    y, x = np.unravel_index(int(score.argmax()), score.shape)
    dy, dx = (y - shape[0] if y > height else y), (x - shape[1] if x > width else x)
    return float(score[y, x]), float(np.hypot(dy, dx) / max(height, width))


def layout_correlation(first: Float[np.ndarray, "h w 3"], second: Float[np.ndarray, "h w 3"]) -> float:
    """Largest correlation of two coarse colour pictures over shifts by up to a tenth of their width."""
    height, width = first.shape[:2]
    reach = max(1, width // 10)
    best = -1.0
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            a = first[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)]
            b = second[max(0, -dy) : height + min(0, -dy), max(0, -dx) : width + min(0, -dx)]
            if a.size == 0:
                continue
            a, b = a - a.mean((0, 1)), b - b.mean((0, 1))
            best = max(best, float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-6)))
    return best


def _colour_thumb(rgb: np.ndarray, width: int = 24) -> np.ndarray:
    height = max(4, round(width * rgb.shape[0] / rgb.shape[1]))
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.float64)


def _corners(image: np.ndarray, most: int) -> Any:
    return cv2.goodFeaturesToTrack(image, most, 0.02, 7)


def _moves_like_a_neighbour(place: np.ndarray, motion: np.ndarray) -> np.ndarray:
    """Whether one of the three nearest tracks moves alike, to 1.5 pixels and a tenth: chance tracks do not."""
    if len(place) < 4:
        return np.zeros(len(place), bool)
    distance = np.linalg.norm(place[:, None] - place[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1, kind="stable")[:, :3]
    apart = np.linalg.norm(motion[near] - motion[:, None], axis=2)
    return (apart <= 1.5 + 0.1 * np.linalg.norm(motion, axis=1)[:, None]).any(1)


def _patches(image: np.ndarray, points: np.ndarray, radius: int = 5) -> np.ndarray:
    """Patches around points with zero mean and unit length, (n, pixels)."""
    size = (2 * radius + 1, 2 * radius + 1)
    rows = [cv2.getRectSubPix(image, size, (float(x), float(y))).ravel() for x, y in points]
    values = np.array(rows, np.float32)
    values -= values.mean(1, keepdims=True)
    return values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-6)


def _thumb(picture: np.ndarray, long_side: int = 96) -> np.ndarray:
    scale = min(1.0, long_side / max(picture.shape))
    size = (max(8, round(picture.shape[1] * scale)), max(8, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float64)
    return small - small.mean()


def _features(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """RootSIFT (Arandjelovic and Zisserman 2012): positions (n 2) and descriptors (n 128)."""
    keypoints, descriptors = cv2.SIFT_create(400).detectAndCompute(picture, None)  # type: ignore[attr-defined]
    if descriptors is None or len(keypoints) < 8:
        return np.zeros((0, 2)), np.zeros((0, 128), np.float32)
    descriptors = np.sqrt(descriptors / (descriptors.sum(1, keepdims=True) + 1e-6))
    return np.array([point.pt for point in keypoints]), descriptors


def _match_features(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray], hw: tuple[int, ...], least: int
) -> tuple[int, float]:
    """Inliers of an epipolar geometry among mutual matches, and the 80 % quantile of their motion, pixels.

    Zero where fewer than `least` match: they cannot be more, and RANSAC takes longest where nothing fits. What is laid
    over both pictures (of size `hw`) does not count.
    """
    (points_a, a), (points_b, b) = first, second
    if len(a) < 8 or len(b) < 8:
        return 0, 0.0
    similarity = a @ b.T
    best, back = similarity.argmax(1), similarity.argmax(0)
    row = np.arange(len(a))
    two = similarity[row, best], second_best(similarity, best)
    nearest, second_nearest = (np.sqrt(np.maximum(2 - 2 * likest, 1e-9)) for likest in two)
    pairs = np.flatnonzero((back[best] == row) & (nearest < 0.85 * second_nearest))
    rests = np.zeros(len(a), bool)
    rests[pairs] = np.linalg.norm(points_b[best[pairs]] - points_a[pairs], axis=1) < REST_PX
    pairs = pairs[~_laid_over(points_a / np.array(hw[::-1]), rests)[pairs]]
    if len(pairs) < max(8, least):
        return 0, 0.0
    start, end = points_a[pairs], points_b[best[pairs]]
    cv2.setRNGSeed(0)
    _, inside = cv2.findFundamentalMat(start, end, cv2.FM_RANSAC, 1.5, 0.999, 2000)
    if inside is None or not inside.any():
        return 0, 0.0
    motion, fits = np.linalg.norm(end - start, axis=1), inside.ravel() > 0
    return int(fits.sum()), float(np.quantile(motion[fits], 0.8))
