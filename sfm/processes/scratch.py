"""Temporary folders that are taken away by the next who needs one, where their own process was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_NEW, _HELD = "cinetraj-", "cinetraj-held-"
"""Names of a folder before and after it is locked: what is held has a lock as long as its process lives."""


@contextmanager
def scratch() -> Generator[Path]:
    """An empty folder, removed in the end; those that killed processes have left there are removed first."""
    _sweep(tempfile.gettempdir())
    new = tempfile.mkdtemp(prefix=_NEW)
    lock = os.open(new, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # no child keeps it for us
    try:
        folder = _locked(new, lock)
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _locked(new: str, lock: int) -> str:
    """The folder's name once it is locked; where the file system has no locks it keeps the one that nobody sweeps."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return new
    head, name = os.path.split(new)
    held = os.path.join(head, _HELD + name.removeprefix(_NEW))
    os.rename(new, held)
    return held


@cache
def _sweep(home: str) -> None:
    """Once in a process; nothing where the folder's entries may not be listed, as on some shared machines."""
    held: list[str] = []
    with suppress(PermissionError), os.scandir(home) as entries:
        held = [each.path for each in entries if each.name.startswith(_HELD) and each.is_dir(follow_symlinks=False)]
    for folder in held:
        with suppress(OSError):  # of another user, gone meanwhile, or at work
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
