"""Which frames enough points link."""

from dataclasses import replace

import numpy as np
from projected import project

from sfm.motion.connectivity import FEWEST_LINKS, agreeing, linked_runs


def spans(*ranges: tuple[int, int], n: int = 10) -> np.ndarray:
    """Tracks that are there from the first to the last frame of each range."""
    return np.array([(np.arange(n) >= a) & (np.arange(n) <= b) for a, b in ranges])


def test_tracks_that_follow_another_motion_do_not_agree_nor_any_in_a_frame_with_a_wrong_pose():
    tracks = project({"pan_deg": 5.0}, points=100, movers=0.3)
    scene, state = tracks.observations(), tracks.parameters()
    agrees, fits = agreeing(scene, state, 0.25)
    np.testing.assert_array_equal(agrees, ~tracks.moving)
    seen = np.isfinite(tracks.xy_px[..., 0])
    np.testing.assert_array_equal(fits, seen & ~tracks.moving[:, None])
    off = state.rotation.copy()
    off[0, 3] = tracks.rotation[0]
    assert not agreeing(scene, replace(state, rotation=off), 0.25)[1][:, 3].any()


def test_a_clip_is_one_run_where_every_step_is_spanned_by_enough_tracks():
    fits = spans(*[(0, 5)] * 20, *[(4, 9)] * 20)
    assert len(linked_runs(fits)) == 1
    assert linked_runs(fits)[0].all()


def test_a_step_that_few_tracks_span_separates_and_the_longest_run_is_first():
    fits = spans(*[(0, 3)] * 20, *[(4, 9)] * 20, *[(2, 6)] * (FEWEST_LINKS - 1))
    first, second = linked_runs(fits)
    np.testing.assert_array_equal(np.flatnonzero(first), np.arange(4, 10))
    np.testing.assert_array_equal(np.flatnonzero(second), np.arange(4))
    assert len(linked_runs(spans(*[(0, 3)] * 20, *[(4, 9)] * 20, *[(2, 6)] * FEWEST_LINKS))) == 1


def test_a_step_is_suspect_where_many_tracks_span_it_but_few_of_them_agree():
    agree = spans(*[(0, 3)] * 40, *[(4, 9)] * 40, *[(2, 6)] * 10)
    seen = np.concatenate([agree, spans(*[(1, 7)] * 50)])
    fits = np.concatenate([agree, np.zeros((50, 10), bool)])
    assert len(linked_runs(fits)) == 1
    assert [int(r.sum()) for r in linked_runs(fits, seen)] == [6, 4]
