"""Corners are followed, and the motion of most of them is told."""

import numpy as np
import pytest
from clips import pan

from sfm.masks.followed import FEWEST, affine_of, followed

HW = (120, 160)


def test_corners_of_a_pan_go_as_it_does_and_have_one_motion() -> None:
    grey = np.ascontiguousarray(pan(1, 4, hw=HW, step_px=2.0)[..., 1])
    before, now = followed(grey[0], grey[2], np.full(HW, 255, np.uint8))
    assert len(before) > 60
    np.testing.assert_allclose(np.median(now - before, axis=0), [-4.0, 0.0], atol=0.1)
    off = affine_of(before, now, 1.0)
    assert off is not None
    assert (off(before, now) < 0.5).mean() > 0.9
    assert off(before, now + 5.0) == pytest.approx(np.sqrt(50.0), abs=0.5)


def test_where_nothing_is_nothing_is_followed() -> None:
    flat = np.full(HW, 90, np.uint8)
    before, now = followed(flat, flat, np.full(HW, 255, np.uint8))
    assert len(before) == len(now) == 0
    grey = np.ascontiguousarray(pan(1, 4, hw=HW)[..., 1])
    where = np.zeros(HW, np.uint8)
    where[:, :40] = 255
    before, _ = followed(grey[0], grey[1], where)
    assert before[:, 0].max() < 40
    assert affine_of(before[: FEWEST - 1], before[: FEWEST - 1], 1.0) is None
