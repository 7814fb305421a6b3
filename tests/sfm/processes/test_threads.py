"""Limits of threads end with their block."""

import sys

import cv2
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from sfm.processes.threads import set_threads, thread_limit


def test_all_is_as_before_after_the_block() -> None:
    before = cv2.getNumThreads(), torch.get_num_threads()
    with thread_limit(1):
        assert (cv2.getNumThreads(), torch.get_num_threads()) == (1, 1)
    assert (cv2.getNumThreads(), torch.get_num_threads()) == before
    with thread_limit(1, opencv=False):
        assert (cv2.getNumThreads(), torch.get_num_threads()) == (before[0], 1)
    with thread_limit(1, torch=False):
        assert (cv2.getNumThreads(), torch.get_num_threads()) == (1, before[1])


def test_a_limit_from_now_on_reaches_torch_where_that_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cv2.getNumThreads()
    limited: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", limited.append)
    try:
        set_threads(1)
        monkeypatch.delitem(sys.modules, "torch")
        set_threads(2)
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)
    assert limited == [1]
    assert "torch" not in sys.modules


def test_linear_algebra_is_limited_too() -> None:
    def most() -> int:
        return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    with threadpool_limits(2, user_api="blas"):
        with thread_limit(1):
            assert most() == 1
        assert most() == 2
