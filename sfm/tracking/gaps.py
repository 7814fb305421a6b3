"""Steps that defeat Lucas-Kanade: matched features link their sides, and are followed on both."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from jaxtyping import Int

from sfm.config import TrackConfig
from sfm.features.types import Features
from sfm.matching.two_view import key_points, match_points
from sfm.tracking.klt import flow, grey_of
from sfm.tracking.types import TrackStore
from sfm.types import Frames, Masks

GAP_MATCHES = 20
"""With fewer matches a step is not bridged."""
GAP_STEPS = (0.08, 0.2, 0.4, 0.7, 1.0)
"""Frames before a gap that are tried, in units of the reach."""
KEPT = 32
"""Frames whose key points are kept: some megabytes."""
FOLLOWED = 12
"""So many frames back, and on, new points of a match are tracked."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Gap:
    """A stretch that nothing links to its past: the frames before it, and how far back each try goes."""

    past: Int[np.ndarray, " p"]
    back: tuple[int, ...]


PointsOf = Callable[[int], Features]
"""Key points of a frame by its number."""


def points_of(frames: Frames, masks: Masks) -> PointsOf:
    """Key points of the usable part of frames; those asked for lately are kept, since frames are compared in turns."""
    return lru_cache(maxsize=KEPT)(lambda t: key_points(grey_of(frames, t), masks.usable_in(t)))


def link_step(
    store: TrackStore,
    before: tuple[np.ndarray, np.ndarray],
    points: PointsOf,
    t0: int,
    t1: int,
) -> tuple[int, Int[np.ndarray, " k"]]:
    """Bridge a step that defeats KLT: matched features extend the tracks that stood there, or start new ones.

    Returns how many matched, and the new ones.
    """
    xy0, xy1 = match_points(points(t0), points(t1))
    if len(xy0) == 0:
        return 0, np.zeros(0, np.int64)
    ids0, last0 = before
    alive = np.isin(ids0, store.ids)
    lost_ids, lost_xy = ids0[~alive], last0[~alive]
    nearest, which = np.full(len(xy0), np.inf), np.zeros(len(xy0), np.int64)
    if len(lost_xy):
        from scipy.spatial import KDTree  # here, since few clips need it

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


def bridge_gap(
    store: TrackStore,
    frames: Frames,
    gap: Gap,
    points: PointsOf,
    t: int,
    masks: Masks,
    config: TrackConfig,
) -> bool:
    """Whether frame t is linked to one from before a gap: the first that matches enough."""
    past = gap.past
    for steps in gap.back:
        s = len(past) - steps
        linked, new = link_step(store, store.at(int(past[s])), points, int(past[s]), t)
        if linked >= GAP_MATCHES:
            for way in (past[: s + 1][::-1], past[s:]):
                follow(store, frames, new, way, masks, config)
            return True
    return False


def follow(
    store: TrackStore,
    frames: Frames,
    ids: Int[np.ndarray, " k"],
    way: Int[np.ndarray, " w"],
    masks: Masks,
    config: TrackConfig,
) -> None:
    """Track matched points on from the first frame of `way`, where they have a position.

    Points that are seen from one place only before a gap would not tell the scale of what comes after it.
    """
    known, xy = store.at(int(way[0]))
    there = np.isin(known, ids)
    ids, xy = known[there], xy[there]
    before = grey_of(frames, way[0])
    for t in way[1 : 1 + FOLLOWED]:
        if not len(ids):
            return
        now = grey_of(frames, t)
        there, alive = flow(before, now, xy, masks.usable_in(t), config)
        ids, xy, before = ids[alive], there[alive], now
        store.see(int(t), ids, xy)


def gap_at(past: Int[np.ndarray, " p"], reach: float) -> Gap:
    """The gap behind some frames; frames up to `reach` before its end are tried, nearest first."""
    back = sorted({max(2, round(share * reach)) for share in GAP_STEPS})
    return Gap(past=past, back=tuple(b for b in back if b <= len(past)))
