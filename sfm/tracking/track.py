"""Point tracks over a clip: pyramidal KLT, checked forward and backward, kept spread over the frame."""

import numpy as np

from sfm.config import TrackConfig
from sfm.tracking.gaps import GAP_MATCHES, bridge_gap, follow, gap_at, link_step, points_of
from sfm.tracking.klt import advance, detect, grey_of
from sfm.tracking.types import Tracks, TrackStore
from sfm.types import Frames, Masks

GAP_TRIES = (0, 1, 3, 6)
"""Steps after a gap at which the picture may be free again."""


def track(frames: Frames, masks: Masks, config: TrackConfig | None = None) -> Tracks:
    """Tracks of the usable part of the clip; blank and repeated frames carry none.

    Points are re-detected wherever the coverage falls; steps that defeat KLT (large jumps) are bridged by
    matched features.
    """
    config = config or TrackConfig()
    n = len(frames)
    use = masks.distinct()
    store, points = TrackStore(n), points_of(frames, masks)
    relinked: list[int] = []
    survival: list[float] = []
    previous = np.zeros((0, 0), np.uint8)
    lost: int | None = None  # the step that nothing links to the past yet, and the last one that lost all
    latest = 0
    reach = float(config.gap_reach_images)
    if frames.time_source != "index" and n > 1:
        reach = config.gap_reach_s / max(float(np.median(np.diff(frames.time_s))), 1e-6)
    for step, t in enumerate(use):
        gray, allowed = grey_of(frames, t), masks.usable_in(t)
        if step:
            before = (store.ids, store.xy)
            share = advance(store, previous, gray, int(t), allowed, config)
            if share < config.relink_below:
                linked, new = link_step(store, before, points, int(use[step - 1]), int(t))
                relinked.append(int(t))
                if linked >= GAP_MATCHES:
                    follow(store, frames, new, use[:step][::-1], masks, config)
                else:
                    lost, latest = step if lost is None else lost, step
            if lost is not None and step - latest in GAP_TRIES:
                gap = gap_at(use[:lost], reach)
                lost = None if bridge_gap(store, frames, gap, points, int(t), masks, config) else lost
            survival.append(share)
        detect(store, gray, int(t), allowed, config)
        previous = gray
    xy = store.finish(min(config.min_length, max(len(use), 2)))
    return Tracks(xy_px=xy, relinked=np.array(relinked, dtype=np.int64), survival=np.array(survival, dtype=float))
