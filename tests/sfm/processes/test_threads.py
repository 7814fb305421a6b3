"""Limits of threads end with their block."""

import cv2
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from sfm.processes.threads import thread_limit


def test_all_is_as_before_after_the_block() -> None:
    before = cv2.getNumThreads(), torch.get_num_threads()
    with thread_limit(1):
        assert (cv2.getNumThreads(), torch.get_num_threads()) == (1, 1)
    assert (cv2.getNumThreads(), torch.get_num_threads()) == before
    with thread_limit(1, opencv=False):
        assert cv2.getNumThreads() == before[0]


def test_linear_algebra_is_limited_too() -> None:
    def most() -> int:
        return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    with threadpool_limits(2, user_api="blas"):
        with thread_limit(1):
            assert most() == 1
        assert most() == 2
