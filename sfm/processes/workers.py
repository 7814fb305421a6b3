"""Independent pieces of work on several threads: each piece computes on one, so that no result depends on how many."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")

_ALLOWED: ContextVar[int] = ContextVar("workers", default=1)


@contextmanager
def workers(count: int) -> Generator[None]:
    """Lets `mapped` use so many threads inside of the block."""
    before = _ALLOWED.set(count)
    try:
        yield
    finally:
        _ALLOWED.reset(before)


def mapped(work: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    """What `work` makes of each item, in their order, by as many threads as `workers` allows.

    Within a piece of work everything runs on one thread: several small ones beat one that is split, and a thread that
    waits for its fellows at every operation is the slower the busier the machine is. The first error ends the rest.
    """
    every = list(items)
    count = min(_ALLOWED.get(), len(every))
    if count < 2:
        return [work(item) for item in every]
    import torch

    inference = torch.is_inference_mode_enabled()

    def alone(item: Item) -> Found:
        with torch.inference_mode(inference):
            return work(item)

    with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        return list(pool.map(alone, every))
