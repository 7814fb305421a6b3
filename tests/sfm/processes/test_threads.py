"""Limits of threads end with their block."""

import cv2
import torch

from sfm.processes.threads import thread_limit


def test_all_is_as_before_after_the_block() -> None:
    before = cv2.getNumThreads(), torch.get_num_threads()
    with thread_limit(1):
        assert (cv2.getNumThreads(), torch.get_num_threads()) == (1, 1)
    assert (cv2.getNumThreads(), torch.get_num_threads()) == before
    with thread_limit(1, opencv=False):
        assert cv2.getNumThreads() == before[0]
