"""Work in batches: small ones for the cache of a CPU and its threads, large ones for a GPU that shrink as need be."""

from collections.abc import Callable

import torch

from sfm.processes.workers import mapped

ON_A_GPU = 16
"""Batches are so many times as large on a GPU: there it is the number of calls that costs."""


def in_batches(count: int, size: int, device: torch.device, work: Callable[[slice], None]) -> None:
    """Calls `work` for slices of at most `size` that cover `count`, and again for half of one that did not fit.

    Args:
        count: how many there are.
        size: of a batch on the CPU, where several may run at once.
        device: where the work is done; after a batch that did not fit there all are smaller.
        work: does one slice, whatever was done of the others, and can do it again after it failed.

    Raises `torch.cuda.OutOfMemoryError` where not even a single one fits.
    """
    if device.type == "cpu":
        mapped(work, [slice(start, min(start + size, count)) for start in range(0, count, size)])
        return
    size *= ON_A_GPU
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
