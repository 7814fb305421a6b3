"""Work in batches on a device whose memory is made up: nothing here has a GPU."""

import pytest
import torch

from sfm.flow.batches import ON_A_GPU, in_batches
from sfm.processes.workers import workers

GPU, CPU = torch.device("cuda"), torch.device("cpu")


class Device:
    """Takes batches of at most `room`, and remembers which."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.done: list[slice] = []
        self.refused = 0

    def work(self, part: slice) -> None:
        if part.stop - part.start > self.room:
            self.refused += 1
            raise torch.cuda.OutOfMemoryError("made up")
        self.done.append(part)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 50])
@pytest.mark.parametrize("size", [1, 8])
@pytest.mark.parametrize("room", [1, 3, 8, 1000])
def test_everything_is_done_once_and_in_order_whatever_fits(count, room, size):
    device = Device(room)
    in_batches(count, size, GPU, device.work)
    assert [i for part in device.done for i in range(part.start, part.stop)] == list(range(count))


def test_where_there_is_room_batches_are_as_asked_for():
    device = Device(1000)
    in_batches(2 * ON_A_GPU * 8 + 4, 8, GPU, device.work)
    assert [part.stop - part.start for part in device.done] == [8 * ON_A_GPU, 8 * ON_A_GPU, 4]


def test_a_batch_is_halved_and_what_fitted_is_not_exceeded_again():
    device = Device(2)
    in_batches(20, 1, GPU, device.work)
    assert device.refused == 3  # 16, 8 and 4
    assert {part.stop - part.start for part in device.done} == {2}


def test_what_does_not_fit_at_all_is_an_error():
    device = Device(0)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        in_batches(20, 1, GPU, device.work)
    assert device.refused == 5  # 16, 8, 4, 2, 1


@pytest.mark.parametrize("threads", [1, 3])
def test_on_a_cpu_batches_are_as_asked_for_whatever_the_threads(threads):
    device = Device(1000)
    with workers(threads):
        in_batches(20, 8, CPU, device.work)
    assert sorted((part.start, part.stop) for part in device.done) == [(0, 8), (8, 16), (16, 20)]


def test_other_errors_are_nobodys_business():
    def broken(part: slice) -> None:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        in_batches(3, 2, GPU, broken)
