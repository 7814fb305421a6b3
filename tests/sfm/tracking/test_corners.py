"""Corners: those of OpenCV's detector, where they are wanted."""

import cv2
import numpy as np
import pytest

from sfm.tracking.corners import strongest


def picture(seed: int, hw: tuple[int, int] = (90, 131)) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, hw).astype(np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.5), None, 0, 255, cv2.NORM_MINMAX)


@pytest.mark.parametrize("apart_px", [0.0, 3.0, 7.3])
@pytest.mark.parametrize("share", [1.0, 0.3])
def test_they_are_those_of_opencv_in_its_order(share: float, apart_px: float) -> None:
    grey = picture(0)
    wanted = np.random.default_rng(1).random((9, 14)).repeat(10, 0).repeat(10, 1)[:90, :131] < share
    wanted[:4] = wanted[-4:] = wanted[:, :4] = wanted[:, -4:] = False
    theirs = cv2.goodFeaturesToTrack(grey, 0, 0.01, apart_px, mask=wanted.astype(np.uint8), blockSize=5)[:, 0]
    ours = strongest(grey, wanted, 0.01, apart_px)
    assert len(theirs) > 30
    np.testing.assert_array_equal(ours, theirs)


def test_a_corner_at_the_border_is_told_from_what_lies_beyond_the_border() -> None:
    found = strongest(picture(2), np.ones((90, 131), bool), 0.001, 1.0)
    assert found.min() >= 4
    assert (found[:, 0].max(), found[:, 1].max()) <= (131 - 5, 90 - 5)
    wider = np.pad(picture(2), 20, mode="reflect")
    inner = np.zeros(wider.shape, bool)
    inner[24:-24, 24:-24] = True
    np.testing.assert_array_equal(strongest(wider, inner, 0.001, 1.0) - 20, found)


@pytest.mark.parametrize("hw", [(90, 131), (5, 5), (7, 200), (1, 1)])
def test_nothing_is_found_where_nothing_is(hw: tuple[int, int]) -> None:
    flat = np.full(hw, 128, np.uint8)
    assert strongest(flat, np.ones(hw, bool), 0.01, 5.0).shape == (0, 2)
    assert strongest(picture(3, hw), np.zeros(hw, bool), 0.01, 5.0).shape == (0, 2)
