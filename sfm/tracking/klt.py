"""Pyramidal Lucas-Kanade, checked forward and backward, and the corners that it follows."""

from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float

from sfm.config import TrackConfig
from sfm.tracking.corners import strongest
from sfm.tracking.types import TrackStore
from sfm.types import Frames


def grey_of(frames: Frames, t: int | np.integer) -> np.ndarray:
    return cv2.cvtColor(frames.rgb[t], cv2.COLOR_RGB2GRAY)


def advance(
    store: TrackStore,
    before: np.ndarray,
    now: np.ndarray,
    t: int,
    allowed: Bool[np.ndarray, "h w"],
    config: TrackConfig,
) -> float:
    """Move the live points to frame t and drop what fails the round trip; returns the surviving share."""
    if len(store.ids) == 0:
        return 0.0
    there, alive = flow(before, now, store.xy, allowed, config)
    store.xy = there
    store.keep(alive)
    store.see(t, store.ids, store.xy)
    return float(alive.mean())


def flow(
    before: np.ndarray,
    now: np.ndarray,
    xy: Float[np.ndarray, "m 2"],
    allowed: Bool[np.ndarray, "h w"],
    config: TrackConfig,
) -> tuple[Float[np.ndarray, "m 2"], Bool[np.ndarray, " m"]]:
    """Where points of one frame are in another, and which of them pass the round trip."""
    settings: dict[str, Any] = {
        "winSize": (config.window_px, config.window_px),
        "maxLevel": config.levels,
        "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01),
        "minEigThreshold": 1e-4,
        # eigenvalues, which are there anyway, and not how patches differ, which takes a tenth of the time
        "flags": cv2.OPTFLOW_USE_INITIAL_FLOW | cv2.OPTFLOW_LK_GET_MIN_EIGENVALS,
    }
    start = xy.reshape(-1, 1, 2)

    def followed(image: np.ndarray, other: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there, found, _ = cv2.calcOpticalFlowPyrLK(image, other, points, start.copy(), **settings)
        return there, found.ravel().astype(bool)

    there, ok_there = followed(before, now, start)
    for _ in range(3):  # points that slid to equal brightness show a part of the change only
        gain = _gain(before, now, start, there)
        if abs(gain - 1) < 0.005:
            break
        now = cv2.convertScaleAbs(now, alpha=gain)
        there, ok_there = followed(before, now, start)
    back, ok_back = followed(now, before, there)
    there, back = there.reshape(-1, 2), back.reshape(-1, 2)
    height, width = allowed.shape
    column, row = np.rint(there).astype(np.int64).T
    inside = (column >= 2) & (row >= 2) & (column < width - 2) & (row < height - 2)
    alive = ok_there & ok_back & inside
    alive[alive] &= allowed[row[alive], column[alive]]
    alive &= np.linalg.norm(back - xy, axis=1) < config.round_trip_px
    return there.astype(np.float32), alive


def _gain(before: np.ndarray, now: np.ndarray, start: np.ndarray, there: np.ndarray) -> float:
    """Exposure of one frame over the next, where the same content stands: Lucas-Kanade takes its change for motion."""
    a, b = (
        cv2.remap(
            cv2.blur(image, (15, 15)), xy[..., 0], xy[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(float)
        for image, xy in ((before, start), (now, there))
    )
    return float(np.clip(np.median((a + 1) / (b + 1)), 0.5, 2.0))


def detect(store: TrackStore, gray: np.ndarray, t: int, allowed: Bool[np.ndarray, "h w"], config: TrackConfig) -> None:
    """Add the strongest corners of cells that have too few live points."""
    height, width = gray.shape
    cell = max(10, round((height * width / config.cells) ** 0.5))
    across = -(-width // cell)
    occupied = np.zeros((-(-height // cell)) * across, np.int64)
    if len(store.xy):
        column, row = (store.xy / cell).astype(np.int64).T
        np.add.at(occupied, row * across + column, 1)
    poor = (occupied == 0) if store.count else occupied < config.per_cell
    if not poor.any() or (store.count and poor.mean() < 0.08):
        return
    mask = poor.reshape(-1, across).repeat(cell, 0).repeat(cell, 1)[:height, :width]
    xy = strongest(gray, mask & allowed, config.quality, cell * 0.3)
    if not len(xy):
        return
    column, row = (xy / cell).astype(np.int64).T
    place = row * across + column
    order = np.argsort(place, kind="stable")  # corners come strongest first, so each cell keeps its best
    rank = np.empty(len(xy), np.int64)
    first = np.r_[0, np.flatnonzero(np.diff(place[order])) + 1]
    rank[order] = np.arange(len(xy)) - np.repeat(first, np.diff(np.r_[first, len(xy)]))
    xy = xy[(rank < config.per_cell) & _inside(xy, height, width)]
    ids = store.add(xy)
    store.see(t, ids, xy.astype(np.float32))


def _inside(xy: np.ndarray, height: int, width: int, border: int = 4) -> np.ndarray:
    return (xy > border).all(1) & (xy[:, 0] < width - border) & (xy[:, 1] < height - border)
