"""What the C library does with memory that was freed."""

import ctypes
import sys
from contextlib import suppress

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Numbers of these settings in glibc's malloc.h."""
KEPT_BYTES = 256 * 2**20
"""So much that is free is held back from the system."""
MAPPED_BYTES = 32 * 2**20
"""Smaller pieces come from what is held (the most that glibc takes)."""


def keep_freed_memory() -> bool:
    """From now on this process keeps memory that was freed for what asks for memory next, up to `KEPT_BYTES`.

    Else arrays of a megabyte are given back and asked for again at every step, and the system clears each page anew: an
    eighth of the time of the dense backend. For processes of our own: it is for good, and for all that they run.

    Returns:
        Whether the C library can do it (glibc can).
    """
    if sys.platform != "linux":
        return False
    with suppress(AttributeError):  # musl has no such settings
        set_to = ctypes.CDLL(None).mallopt
        return bool(set_to(M_MMAP_THRESHOLD, MAPPED_BYTES)) and bool(set_to(M_TRIM_THRESHOLD, KEPT_BYTES))
    return False
