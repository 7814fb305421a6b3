"""How often Python looks for objects that only hold each other."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

EVERY = (500_000, 10, 10)
"""New objects before a look at the newest, and looks before one at those that outlived one and two of them."""


@contextmanager
def rare_collection() -> Generator[None]:
    """Inside of the block few looks, then as many as before.

    A command loads a hundred thousand objects that stay to its end, and draws with as many again: each look at all of
    them costs a tenth of a second and finds nothing. Not for a process that works for hours: what is
    held by objects that only hold each other waits longer, of pictures that are drawn up to .1 GiB.
    """
    before = gc.get_threshold()
    gc.set_threshold(*EVERY)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def uncollected_end() -> None:
    """What is alive stays so until the process is gone, which shall be at once.

    Python looks through all objects once more as it ends: .3 s after an estimate, for memory that the system takes back
    anyway. Files have to be closed and threads joined before, as ever; what is registered with `atexit` still runs.
    """
    gc.freeze()
