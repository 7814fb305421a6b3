"""A GPU that several processes share: what each may hold, so that one that lacks memory does not starve the others."""

IN_TENSORS = 0.9
"""Of a process's share; the rest is for its CUDA context and kernels, which no allocator counts."""


def limit_memory(share: float) -> None:
    """This process holds no more than its share of the GPU from now on; more is torch's OutOfMemoryError.

    Args:
        share: of the memory of the device, 0..1; where there is no GPU nothing happens.
    """
    import torch

    if share < 1.0 and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(IN_TENSORS * share)  # pyright: ignore[reportUnknownMemberType]


def available_bytes(device: str) -> int:
    """What this process can have on the GPU: what is free, and what it holds already, within its share."""
    import torch

    free, total = torch.cuda.mem_get_info(device)
    share = torch.cuda.get_per_process_memory_fraction(device)
    return min(int(free) + int(torch.cuda.memory_reserved(device)), int(share * total))
