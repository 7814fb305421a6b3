"""Pieces of work on threads: in order, one thread each, nothing of it depends on how many there are."""

import threading
from collections.abc import Iterator

import pytest
import torch

from sfm.processes.workers import mapped, streamed, workers


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


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_stream_is_in_order_and_few_of_its_items_are_taken_ahead(threads):
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(40):
            taken.append(number)
            yield number

    with workers(threads):
        found = streamed(lambda x: x * x, items())
        assert not taken
        for number in range(40):
            assert next(found) == number * number
            assert len(taken) <= number + 2 * threads + 1
        assert list(found) == []


def test_a_stream_computes_on_several_threads_and_its_source_on_that_of_the_reader():
    meeting, source = threading.Barrier(2, timeout=10), set()

    def both(_: int) -> int:
        meeting.wait()
        return threading.get_ident()

    def items() -> Iterator[int]:
        for number in range(6):
            source.add(threading.get_ident())
            yield number

    with workers(2):
        assert threading.get_ident() not in set(streamed(both, items()))
    assert source == {threading.get_ident()}


def test_what_a_stream_reads_before_an_error_is_given_first():
    def items() -> Iterator[int]:
        yield from range(3)
        raise OSError("the film is torn")

    found: list[int] = []
    with workers(1), pytest.raises(OSError, match="torn"):
        found.extend(streamed(abs, items()))
    assert found == [0, 1, 2]
    with workers(2), pytest.raises(OSError, match="torn"):
        list(streamed(abs, items()))
    with workers(2), pytest.raises(ValueError, match="piece 1"):
        list(streamed(_broken, range(9)))


def _broken(number: int) -> int:
    if number:
        raise ValueError(f"piece {number}")
    return number
