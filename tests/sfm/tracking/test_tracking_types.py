"""Tracks under construction."""

import numpy as np
import pytest

from sfm.tracking.types import Tracks, TrackStore


def filled() -> TrackStore:
    """Three points; the second dies after the first frame, the third is added in the second."""
    store = TrackStore(3)
    store.add(np.array([[0.0, 0.0], [10.0, 0.0]]))
    store.see(0, store.ids, store.xy)
    store.keep(np.array([True, False]))
    store.add(np.array([[5.0, 5.0]]))
    for frame in (1, 2):
        store.see(frame, store.ids, store.xy + frame)
    return store


def test_every_sighting_comes_back_where_it_was_made() -> None:
    xy = filled().finish(1)
    assert xy.shape == (3, 3, 2)
    np.testing.assert_array_equal(xy[0], [[0, 0], [1, 1], [2, 2]])
    np.testing.assert_array_equal(xy[1, 0], [10, 0])
    np.testing.assert_array_equal(xy[2, 1:], [[6, 6], [7, 7]])
    seen = Tracks(xy_px=xy, relinked=np.zeros(0, int), survival=np.ones(2)).seen
    assert seen.tolist() == [[True, True, True], [True, False, False], [False, True, True]]


@pytest.mark.parametrize(("least", "left"), [(1, 3), (2, 2), (3, 1), (4, 0)])
def test_short_tracks_are_left_out(least: int, left: int) -> None:
    assert len(filled().finish(least)) == left


def test_a_number_is_given_once() -> None:
    store = filled()
    assert store.ids.tolist() == [0, 2]
    assert store.add(np.zeros((2, 2))).tolist() == [3, 4]


def test_what_was_seen_in_a_frame() -> None:
    store = filled()
    store.see(1, np.array([1]), np.array([[9.0, 9.0]]))  # found again
    ids, xy = store.at(1)
    assert ids.tolist() == [0, 2, 1]
    np.testing.assert_array_equal(xy, [[1, 1], [6, 6], [9, 9]])
    assert len(TrackStore(2).at(0)[0]) == 0
