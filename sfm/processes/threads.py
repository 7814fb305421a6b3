"""How many CPU threads the native libraries use, where OMP_NUM_THREADS does not reach."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any


def set_threads(threads: int) -> None:
    """Limits OpenCV, and torch where it is loaded, to so many threads from now on.

    Who loads torch later works inside of a `thread_limit`.
    """
    import cv2

    cv2.setNumThreads(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


@contextmanager
def thread_limit(threads: int, *, opencv: bool = True, torch: bool = True) -> Generator[None]:
    """Limits numpy's linear algebra, and OpenCV and torch where asked, to so many threads inside of the block.

    Then all is as before. The small products of the solvers gain nothing by threads, which only wait and burn time.
    Torch is loaded for it: a block that does without, or leaves it to blocks of its own, says so.
    """
    limited: list[tuple[Callable[[], int], Callable[[int], None]]] = []
    if opencv:
        cv2 = import_module("cv2")
        limited.append((cv2.getNumThreads, cv2.setNumThreads))
    if torch:
        library = import_module("torch")
        limited.append((library.get_num_threads, library.set_num_threads))
    before = [count() for count, _ in limited]
    for _, limit in limited:
        limit(threads)
    try:
        with _libraries().limit(limits=threads, user_api="blas"):
            yield
    finally:
        for (_, limit), count in zip(limited, before, strict=True):
            limit(count)


@cache
def _libraries() -> Any:
    """The libraries of linear algebra; found once, since a look at all that is loaded takes milliseconds."""
    import scipy.linalg.lapack  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from threadpoolctl import ThreadpoolController  # pyright: ignore[reportMissingTypeStubs]

    return ThreadpoolController()
