"""Stretches of a shot that hardly any track crosses."""

import numpy as np
import pytest

from sfm.tracking.breaks import REACH, breaks


def followed(count: int = 60, life: int = 30, frames: int = 90, lost: int | None = None) -> np.ndarray:
    """Tracks that begin everywhere and live for so long; at one frame all end."""
    start = np.linspace(-life, frames, count * 4).astype(int)
    t = np.arange(frames)
    seen = (t >= start[:, None]) & (t < start[:, None] + life)
    if lost is not None:
        before = start < lost
        seen &= np.where(before[:, None], t < lost, t >= lost)
    return seen


def test_where_all_that_was_followed_ends_is_a_break():
    (found,) = breaks(followed(lost=45))
    assert found[0] <= 45 - REACH // 2
    assert found[1] >= 45 + REACH // 2
    assert found[1] - found[0] <= 2 * REACH
    assert not breaks(followed())


def test_frames_in_which_nothing_is_followed_are_passed_over():
    """As those that repeat another one."""
    seen = np.zeros((240, 180), bool)
    seen[:, ::2] = followed()
    assert not breaks(seen)
    seen[:, ::2] = followed(lost=45)
    ((start, stop),) = breaks(seen)
    assert start < 90 < stop


@pytest.mark.parametrize("life", [3, 10])
def test_where_nothing_is_followed_for_long_anyway_nothing_is_said(life: int):
    assert not breaks(followed(life=life, lost=45))


def test_a_short_shot_has_no_break():
    assert not breaks(followed(frames=2 * REACH, lost=REACH))
