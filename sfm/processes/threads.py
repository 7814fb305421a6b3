"""How many CPU threads the native libraries use, where OMP_NUM_THREADS does not reach."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any


def set_threads(threads: int) -> None:
    """Limits OpenCV and torch to so many threads from now on."""
    import cv2
    import torch

    cv2.setNumThreads(threads)
    torch.set_num_threads(threads)


@contextmanager
def thread_limit(threads: int, *, opencv: bool = True) -> Generator[None]:
    """Limits torch, numpy's linear algebra, and OpenCV where asked, to so many threads inside of the block.

    Then all is as before. The small products of the solvers gain nothing by threads, which only wait and burn time.
    """
    import cv2
    import torch

    before = cv2.getNumThreads(), torch.get_num_threads()
    if opencv:
        cv2.setNumThreads(threads)
    torch.set_num_threads(threads)
    try:
        with _libraries().limit(limits=threads, user_api="blas"):
            yield
    finally:
        if opencv:
            cv2.setNumThreads(before[0])
        torch.set_num_threads(before[1])


@cache
def _libraries() -> Any:
    """The libraries of linear algebra; found once, since a look at all that is loaded takes milliseconds."""
    import scipy.linalg  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from threadpoolctl import ThreadpoolController  # pyright: ignore[reportMissingTypeStubs]

    return ThreadpoolController()
