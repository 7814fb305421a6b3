"""Laws of the selection of keyframes and tracks, over random clips."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfm.motion.keyframes import keyframes, spread

HW = (90, 160)


def lasting(points: int, frames: int, life: int, seed: int = 0) -> np.ndarray:
    """Visibility (points, frames) of tracks that live for `life` frames from random beginnings on."""
    begin = np.random.default_rng(seed).integers(1 - life, frames, points)[:, None]
    at = np.arange(frames)[None]
    return (at >= begin) & (at < begin + life)


@given(frames=st.integers(3, 120), life=st.integers(4, 200), target=st.integers(4, 24), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_keyframes_span_the_clip_in_steps_that_share_tracks(frames, life, target, seed):
    seen = lasting(40 * max(1, frames // life), frames, life, seed)
    key = keyframes(seen, target=target, max_step=12, min_shared=0.5)
    witnessed = np.flatnonzero(seen.sum(0) >= 12)
    assert set(key) <= set(witnessed)
    assert (np.diff(key) > 0).all()
    if len(witnessed) == 0:
        return
    assert (key[0], key[-1]) == (witnessed[0], witnessed[-1])
    order = np.searchsorted(witnessed, key)
    step = np.diff(order)
    assert step.max(initial=1) <= 12
    for a, b, wide in zip(key[:-1], key[1:], step, strict=True):
        shared = (seen[:, a] & seen[:, b]).sum() / seen[:, a].sum()
        assert wide == 1 or shared >= 0.5


def test_a_short_clip_gets_about_the_target():
    assert 12 <= len(keyframes(np.ones((30, 60), bool), target=16)) <= 17


def test_keyframes_stand_closer_where_tracks_die_fast():
    slow, fast = (keyframes(lasting(600, 60, life, 1), target=8) for life in (60, 6))
    assert len(fast) > 1.5 * len(slow)


def test_frames_without_evidence_are_no_keyframes():
    seen = np.ones((30, 20), bool)
    seen[:, [0, 1, 7, 19]] = False
    key = keyframes(seen, target=19)
    assert (key[0], key[-1]) == (2, 18)
    assert 7 not in key


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_frames_are_all_keyframes(count):
    seen = np.zeros((20, 5), bool)
    seen[:, :count] = True
    np.testing.assert_array_equal(keyframes(seen), np.arange(count))


def dense(seed: int, points: int = 3000, frames: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    start = rng.uniform((0, 0), (HW[1], HW[0]), (points, 2))
    return np.repeat(start[:, None], frames, 1)


@given(seed=st.integers(0, 50), quota=st.integers(1, 4), limit=st.integers(5, 300))
@settings(max_examples=25, deadline=None)
def test_spread_fills_every_cell_and_no_cell_twice_over(seed, quota, limit):
    xy = dense(seed)
    picked = spread(xy, HW, cells=8, quota=quota, limit=limit)
    assert len(set(picked)) == len(picked) <= limit
    side = HW[1] / 8
    column, row = (xy[picked, 0] / side).astype(int).T
    count = np.zeros((int(np.ceil(HW[0] / side)), 8), int)
    np.add.at(count, (row, column), 1)
    assert count.max() <= quota
    if limit >= quota * count.size:
        assert (count[:-1] == quota).all()  # the last row of cells may be a sliver


def test_long_tracks_come_first_and_single_sightings_never():
    xy = dense(3, points=400, frames=6)
    xy[:200, 3:] = np.nan
    xy[390:, 1:] = np.nan
    picked = spread(xy, HW)
    assert not set(picked) & set(range(390, 400))
    length = np.isfinite(xy[picked, :, 0]).sum(1)
    assert (np.diff(length) <= 0).all()


def test_a_crowded_corner_does_not_outvote_the_frame():
    rng = np.random.default_rng(5)
    crowd = rng.uniform(0, 16, (2000, 2))
    rest = rng.uniform((0, 0), (HW[1], HW[0]), (400, 2))
    xy = np.repeat(np.concatenate([crowd, rest])[:, None], 3, 1)
    picked = spread(xy, HW)
    assert (picked < 2000).mean() < 0.1


@given(seed=st.integers(0, 50), quota=st.integers(1, 4), limit=st.integers(5, 300))
@settings(max_examples=10, deadline=None)
def test_spread_is_the_plain_greedy_choice(seed, quota, limit):
    rng = np.random.default_rng(seed)
    xy = dense(seed, points=300, frames=7) + rng.normal(size=(300, 7, 2))
    xy[rng.random((300, 7)) < 0.4] = np.nan
    side, count, chosen = HW[1] / 6, {}, []
    cells = [
        {t: tuple(np.clip(p / side, 0, None).astype(int)) for t, p in enumerate(track) if np.isfinite(p[0])}
        for track in xy
    ]
    for j in sorted(range(300), key=lambda j: -len(cells[j])):
        at = [(t, min(x, 5), min(y, int(np.ceil(HW[0] / side)) - 1)) for t, (x, y) in cells[j].items()]
        if len(at) < 2 or len(chosen) >= limit:
            break
        if np.mean([count.get(each, 0) < quota for each in at]) >= 0.5:
            chosen.append(j)
            count.update({each: count.get(each, 0) + 1 for each in at})
    np.testing.assert_array_equal(spread(xy, HW, cells=6, quota=quota, limit=limit), chosen)


def test_no_tracks_give_no_selection():
    assert len(spread(np.zeros((0, 5, 2)), HW)) == 0
