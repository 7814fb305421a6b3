"""Point tracks over a clip: pyramidal KLT, checked forward and backward, kept spread over the frame."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.config import TrackConfig
from sfm.types import Frames, Masks

GAP_MATCHES = 20
"""With fewer matches a step is not bridged."""
GAP_TRIES = (0, 1, 3, 6)
"""Steps after a gap at which the picture may be free again."""
GAP_STEPS = (0.08, 0.2, 0.4, 0.7, 1.0)
"""Frames before a gap that are tried, in units of the reach."""
FOLLOWED = 12
"""So many frames back, and on, new points of a match are tracked."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Tracks:
    """Pixel positions of m points in n frames.

    xy_px: pixel centres have integer coordinates; NaN where unseen.
    relinked: steps t -> t+1 that needed wide-baseline matches.
    survival: share of points that survive each step.
    """

    xy_px: Float[np.ndarray, "m n 2"]
    relinked: Int[np.ndarray, " r"]
    survival: Float[np.ndarray, " s"]

    @property
    def seen(self) -> Bool[np.ndarray, "m n"]:
        """Where a track has a position."""
        return np.isfinite(self.xy_px[..., 0])


def track(frames: Frames, masks: Masks, config: TrackConfig | None = None) -> Tracks:
    """Tracks of the usable part of the clip; blank and repeated frames carry none.

    Points are re-detected wherever the coverage falls; steps that defeat KLT (large jumps) are bridged by
    matched features.
    """
    config = config or TrackConfig()
    n = len(frames)
    use = np.flatnonzero(~masks.blank & (masks.duplicate_of == np.arange(n)))
    store = _Store(n)
    allowed = masks.usable.astype(np.uint8) * 255
    relinked: list[int] = []
    survival: list[float] = []
    previous: Any = None
    lost: int | None = None  # the step that nothing links to the past yet, and the last one that lost all
    latest = 0
    reach = float(config.gap_reach_images)
    if frames.time_source != "index" and n > 1:
        reach = config.gap_reach_s / max(float(np.median(np.diff(frames.time_s))), 1e-6)
    for step, t in enumerate(use):
        gray = _gray(frames, t)
        if step:
            before = (store.ids, store.xy)
            share = _advance(store, previous, gray, int(t), allowed, config)
            if share < config.relink_below:
                linked, new = _relink(store, before, previous, gray, int(use[step - 1]), int(t), allowed)
                relinked.append(int(t))
                if linked >= GAP_MATCHES:
                    _follow(store, frames, new, use[:step][::-1], allowed, config)
                else:
                    lost, latest = step if lost is None else lost, step
            if lost is not None and step - latest in GAP_TRIES:
                past, back = use[:lost], _before_gap(lost, reach)
                lost = None if _bridged(store, frames, past, back, gray, int(t), allowed, config) else lost
            survival.append(share)
        _detect(store, gray, int(t), allowed, config)
        previous = gray
    xy = store.finish(config.min_length)
    return Tracks(xy_px=xy, relinked=np.array(relinked, dtype=np.int64), survival=np.array(survival, dtype=float))


def _gray(frames: Frames, t: int | np.integer) -> np.ndarray:
    import cv2

    return cv2.cvtColor(frames.rgb[t], cv2.COLOR_RGB2GRAY)


@final
class _Store:
    """Tracks under construction: positions so far and which are alive."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.columns: list[tuple[int, np.ndarray, np.ndarray]] = []  # frame, ids, positions
        self.ids = np.zeros(0, np.int64)
        self.xy = np.zeros((0, 2), np.float32)
        self.count = 0

    def see(self, frame: int, ids: np.ndarray, xy: np.ndarray) -> None:
        self.columns.append((frame, ids, xy))

    def at(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Ids and positions of what was seen in a frame."""
        there = [(ids, xy) for at, ids, xy in self.columns if at == frame]
        if not there:
            return np.zeros(0, np.int64), np.zeros((0, 2), np.float32)
        return np.concatenate([ids for ids, _ in there]), np.concatenate([xy for _, xy in there])

    def add(self, xy: np.ndarray) -> np.ndarray:
        ids = np.arange(self.count, self.count + len(xy))
        self.count += len(xy)
        self.ids = np.concatenate([self.ids, ids])
        self.xy = np.concatenate([self.xy, xy.astype(np.float32)])
        return ids

    def keep(self, alive: np.ndarray) -> None:
        self.ids, self.xy = self.ids[alive], self.xy[alive]

    def finish(self, min_length: int) -> np.ndarray:
        out = np.full((self.count, self.n, 2), np.nan)
        for frame, ids, xy in self.columns:
            out[ids, frame] = xy
        length = np.isfinite(out[..., 0]).sum(1)
        return out[length >= min_length]


def _advance(
    store: _Store, before: np.ndarray, now: np.ndarray, t: int, allowed: np.ndarray, config: TrackConfig
) -> float:
    """Move the live points to frame t and drop what fails the round trip; returns the surviving share."""
    if len(store.ids) == 0:
        return 0.0
    there, alive = _flow(before, now, store.xy, allowed, config)
    store.xy = there
    store.keep(alive)
    store.see(t, store.ids, store.xy)
    return float(alive.mean())


def _flow(
    before: np.ndarray, now: np.ndarray, xy: Float[np.ndarray, "m 2"], allowed: np.ndarray, config: TrackConfig
) -> tuple[Float[np.ndarray, "m 2"], Bool[np.ndarray, " m"]]:
    """Where points of one frame are in another, and which of them pass the round trip."""
    import cv2

    settings: dict[str, Any] = {
        "winSize": (config.window_px, config.window_px),
        "maxLevel": config.levels,
        "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01),
        "minEigThreshold": 1e-4,
    }
    start = xy.reshape(-1, 1, 2)
    there, ok_there, _ = cv2.calcOpticalFlowPyrLK(
        before, now, start, start.copy(), flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **settings
    )
    for _ in range(3):  # points that slid to equal brightness show a part of the change only
        gain = _gain(before, now, start, there)
        if abs(gain - 1) < 0.005:
            break
        now = cv2.convertScaleAbs(now, alpha=gain)
        there, ok_there, _ = cv2.calcOpticalFlowPyrLK(
            before, now, start, start.copy(), flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **settings
        )
    back, ok_back, _ = cv2.calcOpticalFlowPyrLK(
        now, before, there, start.copy(), flags=cv2.OPTFLOW_USE_INITIAL_FLOW, **settings
    )
    there, back = there.reshape(-1, 2), back.reshape(-1, 2)
    height, width = allowed.shape
    column, row = np.rint(there).astype(np.int64).T
    inside = (column >= 2) & (row >= 2) & (column < width - 2) & (row < height - 2)
    alive = ok_there.ravel().astype(bool) & ok_back.ravel().astype(bool) & inside
    alive[alive] &= allowed[row[alive], column[alive]] > 0
    alive &= np.linalg.norm(back - xy, axis=1) < config.round_trip_px
    return there.astype(np.float32), alive


def _gain(before: np.ndarray, now: np.ndarray, start: np.ndarray, there: np.ndarray) -> float:
    """Exposure of one frame over the next, where the same content stands: Lucas-Kanade takes its change for motion."""
    import cv2

    a, b = (
        cv2.remap(
            cv2.blur(image, (15, 15)), xy[..., 0], xy[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(float)
        for image, xy in ((before, start), (now, there))
    )
    return float(np.clip(np.median((a + 1) / (b + 1)), 0.5, 2.0))


def _detect(store: _Store, gray: np.ndarray, t: int, allowed: np.ndarray, config: TrackConfig) -> None:
    """Add the strongest corners of cells that have too few live points."""
    import cv2

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
    mask = np.kron(poor.reshape(-1, across), np.ones((cell, cell), bool))[:height, :width]
    mask = np.where(mask, allowed, 0).astype(np.uint8)
    corners = cv2.goodFeaturesToTrack(gray, 4000, config.quality, cell * 0.3, mask=mask, blockSize=5)
    if corners is None:
        return
    xy = corners.reshape(-1, 2)
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


def _relink(
    store: _Store,
    before: tuple[np.ndarray, np.ndarray],
    gray0: np.ndarray,
    gray1: np.ndarray,
    t0: int,
    t1: int,
    allowed: np.ndarray,
) -> tuple[int, Int[np.ndarray, " k"]]:
    """Bridge a step that defeats KLT: matched features extend the tracks that stood there, or start new ones.

    Returns how many matched, and the new ones.
    """
    from scipy.spatial import KDTree

    from sfm.matching.match import match_pair

    xy0, xy1 = match_pair(gray0, gray1, mask=allowed > 0)
    if len(xy0) == 0:
        return 0, np.zeros(0, np.int64)
    ids0, last0 = before
    alive = np.isin(ids0, store.ids)
    lost_ids, lost_xy = ids0[~alive], last0[~alive]
    nearest, which = np.full(len(xy0), np.inf), np.zeros(len(xy0), np.int64)
    if len(lost_xy):
        found = KDTree(lost_xy).query(xy0)
        nearest, which = np.asarray(found[0]), np.asarray(found[1])
    joins = nearest < 0.5
    _, one_each = np.unique(np.where(joins, which, -1 - np.arange(len(xy0))), return_index=True)
    xy0, xy1, joins, which = xy0[one_each], xy1[one_each], joins[one_each], which[one_each]
    old = lost_ids[which[joins]] if joins.any() else np.zeros(0, np.int64)
    store.ids = np.concatenate([store.ids, old])
    store.xy = np.concatenate([store.xy, xy1[joins].astype(np.float32)])
    store.see(t1, old, xy1[joins].astype(np.float32))
    new = store.add(xy1[~joins])
    store.see(t0, new, xy0[~joins].astype(np.float32))
    store.see(t1, new, xy1[~joins].astype(np.float32))
    return len(xy0), new


def _bridged(
    store: _Store,
    frames: Frames,
    past: Int[np.ndarray, " p"],
    back: list[int],
    gray: np.ndarray,
    t: int,
    allowed: np.ndarray,
    config: TrackConfig,
) -> bool:
    """Whether frame t is linked to one from before a gap, the first of them that matches enough.

    past: the frames before the gap; back: how far back each try goes.
    """
    for steps in back:
        s = len(past) - steps
        linked, new = _relink(store, store.at(int(past[s])), _gray(frames, past[s]), gray, int(past[s]), t, allowed)
        if linked >= GAP_MATCHES:
            for way in (past[: s + 1][::-1], past[s:]):
                _follow(store, frames, new, way, allowed, config)
            return True
    return False


def _follow(
    store: _Store,
    frames: Frames,
    ids: Int[np.ndarray, " k"],
    way: Int[np.ndarray, " w"],
    allowed: np.ndarray,
    config: TrackConfig,
) -> None:
    """Track matched points on from the first frame of `way`, where they have a position.

    Points that are seen from one place only before a gap would not tell the scale of what comes after it.
    """
    known, xy = store.at(int(way[0]))
    there = np.isin(known, ids)
    ids, xy = known[there], xy[there]
    before = _gray(frames, way[0])
    for t in way[1 : 1 + FOLLOWED]:
        if not len(ids):
            return
        now = _gray(frames, t)
        there, alive = _flow(before, now, xy, allowed, config)
        ids, xy, before = ids[alive], there[alive], now
        store.see(int(t), ids, xy)


def _before_gap(lost: int, reach: float) -> list[int]:
    """How many frames back from the first one after a gap to try, nearest first, up to `reach`."""
    back = [round(share * reach) for share in GAP_STEPS]
    return [b for b in sorted({max(2, b) for b in back}) if b <= lost]
