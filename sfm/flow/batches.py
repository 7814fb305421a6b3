"""Work in batches that shrink where the device has not memory enough for them."""

from collections.abc import Callable

import torch


def in_batches(count: int, size: int, work: Callable[[slice], None]) -> None:
    """Calls `work` for slices of at most `size` that cover `count`, and again for half of one that did not fit.

    Args:
        count: how many there are.
        size: of the first batch; after one that did not fit all are smaller.
        work: does one slice, and can do it again after it failed.

    Raises `torch.cuda.OutOfMemoryError` where not even a single one fits.
    """
    done = 0
    while done < count:
        part = slice(done, min(done + size, count))
        try:
            work(part)
        except torch.cuda.OutOfMemoryError:
            if size == 1:
                raise
            size = max(min(size, count - done) // 2, 1)
            torch.cuda.empty_cache()
        else:
            done = part.stop
