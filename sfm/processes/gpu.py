"""Whether there may be a GPU, and what each of several processes that share it may hold: none starves the others."""

import ctypes
import os
import re
from importlib import metadata

IN_TENSORS = 0.9
"""Of a process's share; the rest is for its CUDA context and kernels, which no allocator counts."""

KNOWN_BUILDS = re.compile(r"(cpu|cu\d+)?")
"""Labels of the builds of torch that see NVIDIA's GPUs or none; another, as rocm6.4, may see others."""


def may_be_there() -> bool:
    """Whether torch might see a GPU, told without loading it: False where no driver of NVIDIA's is there to be loaded.

    A build of torch that is for other GPUs, or is not known, has to be asked itself.
    """
    try:
        label = metadata.version("torch").partition("+")[2]
    except metadata.PackageNotFoundError:
        return True
    if not KNOWN_BUILDS.fullmatch(label):
        return True
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    return True


def limit_memory(share: float) -> None:
    """This process holds no more than its share of the GPU from now on; more is torch's OutOfMemoryError.

    Args:
        share: of the memory of the device, 0..1; where there is no GPU nothing happens, and torch is not loaded.
    """
    if share >= 1.0 or not may_be_there():
        return
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(IN_TENSORS * share)  # pyright: ignore[reportUnknownMemberType]


def available_bytes(device: str) -> int:
    """What this process can have on the GPU: what is free, and what it holds already, within its share."""
    import torch

    free, total = torch.cuda.mem_get_info(device)
    share = torch.cuda.get_per_process_memory_fraction(device)
    return min(int(free) + int(torch.cuda.memory_reserved(device)), int(share * total))
