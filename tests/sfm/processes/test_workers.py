"""Pieces of work on threads: in order, one thread each, nothing of it depends on how many there are."""

import threading

import pytest
import torch

from sfm.processes.workers import mapped, workers


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_are_in_the_order_of_the_items(threads):
    with workers(threads):
        assert mapped(lambda x: x * x, range(20)) == [x * x for x in range(20)]


def test_work_goes_to_several_threads_only_where_that_is_allowed():
    meeting = threading.Barrier(2, timeout=10)

    def both(_: int) -> int:
        meeting.wait()
        return threading.get_ident()

    with workers(2):
        assert len(set(mapped(both, range(2)))) == 2
    assert mapped(lambda _: threading.get_ident(), range(2)) == [threading.get_ident()] * 2


def test_each_piece_computes_on_one_thread_and_without_gradients_where_its_caller_does():
    with workers(2), torch.inference_mode():
        found = mapped(lambda _: (torch.get_num_threads(), torch.is_inference_mode_enabled()), range(4))
    assert found == [(1, True)] * 4
    with workers(2):
        assert not any(mapped(lambda _: torch.is_inference_mode_enabled(), range(4)))


def test_within_a_piece_there_is_one_thread():
    def nested(_: int) -> set[int]:
        return set(mapped(lambda _: threading.get_ident(), range(3)))

    with workers(2):
        assert all(len(each) == 1 for each in mapped(nested, range(4)))


def test_an_error_reaches_the_caller():
    def broken(number: int) -> int:
        raise ValueError(f"piece {number}")

    with workers(2), pytest.raises(ValueError, match="piece 0"):
        mapped(broken, range(3))
