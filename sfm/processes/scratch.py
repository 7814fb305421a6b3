"""Temporary folders that are taken away by the next who needs one, where their own process was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_NEW = "cinetraj-"
_HELD = f"cinetraj-held-{os.uname().nodename.partition('.')[0][-16:]}"
"""Names of a folder, but for the last word, before and after it is locked: what is held has a lock as long as its
process lives. With the machine: on many a disk that machines share none sees the locks of another one."""


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
    held = os.path.join(head, f"{_HELD}-{name.removeprefix(_NEW)}")
    os.rename(new, held)
    return held


@cache
def _sweep(home: str) -> None:
    """Once in a process; nothing where the folder's entries may not be listed, as on some shared machines."""
    held: list[str] = []
    with suppress(PermissionError), os.scandir(home) as entries:
        ours = [each for each in entries if each.name.rpartition("-")[0] == _HELD]
        held = [each.path for each in ours if each.is_dir(follow_symlinks=False)]
    for folder in held:
        with suppress(OSError):  # of another user, gone meanwhile, or at work
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
