"""Independent pieces of work on several threads: each piece computes on one, so that no result depends on how many."""

import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import TypeVar, final

Item = TypeVar("Item")
Found = TypeVar("Found")


@final
class _Hands:
    """Threads of a block, made when they are first needed."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: ThreadPoolExecutor | None = None

    @property
    def pool(self) -> ThreadPoolExecutor:
        self._pool = self._pool or ThreadPoolExecutor(self.count)
        return self._pool

    def dismiss(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()


_HANDS: ContextVar[_Hands | None] = ContextVar("workers", default=None)


@contextmanager
def workers(count: int) -> Generator[None]:
    """Lets `mapped` and `streamed` use so many threads inside of the block."""
    hands = _Hands(count)
    before = _HANDS.set(hands)
    try:
        yield
    finally:
        _HANDS.reset(before)
        hands.dismiss()


def mapped(work: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    """What `work` makes of each item, in their order, by as many threads as `workers` allows.

    Within a piece of work everything runs on one thread: several small ones beat one that is split, and a thread that
    waits for its fellows at every operation is the slower the busier the machine is. The first error ends the rest.
    """
    every = list(items)
    hands = _HANDS.get()
    if hands is None or min(hands.count, len(every)) < 2:
        return [work(item) for item in every]
    return list(hands.pool.map(_as_here(work), every))


def streamed(work: Callable[[Item], Found], items: Iterable[Item]) -> Generator[Found]:
    """As `mapped`, one after the other while the items come; twice as many as there are threads are taken ahead."""
    hands = _HANDS.get()
    if hands is None or hands.count < 2:
        yield from map(work, items)
        return
    source, alone, pool = iter(items), _as_here(work), hands.pool
    ahead: deque[Future[Found]] = deque(pool.submit(alone, item) for item in islice(source, 2 * hands.count))
    try:
        while ahead:
            found = ahead.popleft().result()
            ahead.extend(pool.submit(alone, item) for item in islice(source, 1))
            yield found
    finally:
        for each in ahead:
            each.cancel()


def _as_here(work: Callable[[Item], Found]) -> Callable[[Item], Found]:
    """The work as a thread of the pool does it: on one core, and without gradients where its caller does without."""
    if "torch" not in sys.modules:
        return work
    torch = sys.modules["torch"]
    inference = torch.is_inference_mode_enabled()

    def alone(item: Item) -> Found:
        torch.set_num_threads(1)
        with torch.inference_mode(inference):
            return work(item)

    return alone
