"""Starts by dense inverse search."""

import cv2
import numpy as np
import torch
from flow_pairs import SMALL, pair

from sfm.flow.dis import start

ONE = torch.tensor([0]), torch.tensor([1])


def test_starts_are_near_enough_for_the_finest_levels():
    seen = pair("rich", SMALL)
    found = start(seen.pyramid, *ONE, seen.centres)
    assert (seen.error_px(found) < 2).mean() > 0.9
    assert found.dtype == torch.float32


def test_threads_change_nothing_and_stay_as_they_were():
    seen, before = pair("rich", SMALL), cv2.getNumThreads()
    try:
        found = []
        for threads in (1, 3):
            cv2.setNumThreads(threads)
            found.append(start(seen.pyramid, *ONE, seen.centres))
            assert cv2.getNumThreads() == threads
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(*found)
