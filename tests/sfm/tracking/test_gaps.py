"""Gaps that features bridge."""

import numpy as np

from sfm.tracking.gaps import gap_at


def test_frames_before_a_gap_are_tried_from_near_to_far() -> None:
    gap = gap_at(np.arange(40), 20.0)
    assert gap.back == (2, 4, 8, 14, 20)
    assert gap_at(np.arange(5), 20.0).back == (2, 4)
