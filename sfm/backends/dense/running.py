"""How the dense backend computes: threads that take pieces of their own, no rounding that only one device knows."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from sfm.backends.dense.memory import does_not_fit
from sfm.config import DenseConfig
from sfm.processes.gpu import available_bytes
from sfm.processes.threads import thread_limit
from sfm.processes.workers import workers
from sfm.types import Frames


@contextmanager
def exact(frames: Frames, config: DenseConfig, *, device: str, threads: int) -> Iterator[None]:
    """Of several threads each does pieces of its own, so that the answer does not depend on how many there are.

    Convolutions of 10 bits, which CUDA takes by default, are other pictures than those of the CPU: they are off.

    Raises:
        CinetrajError: the clip does not fit into the memory of the GPU, with the size that would.
    """
    try:
        bits = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with thread_limit(1), workers(threads), bits:
            yield
    except torch.cuda.OutOfMemoryError:
        raise does_not_fit(frames, config, available_bytes(device)) from None
