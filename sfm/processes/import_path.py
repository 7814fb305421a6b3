"""Where a new process may import from: what this one has, without the folder that the user happens to stand in."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

PACKAGES = Path(__file__).resolve().parents[2]
"""The folder that holds our packages."""


def python_path() -> str:
    """The PYTHONPATH for a process of ours, to be started with `python -P`.

    A script that lies beside the user's clips may be named as a module that we import, and must not be run instead of
    it. The current folder stays where our packages lie in it: a checkout.
    """
    return os.pathsep.join(path for path in sys.path if path and (not _is_here(path) or _is_here(PACKAGES)))


@contextlib.contextmanager
def empty_folder() -> Generator[None]:
    """Stand in an empty folder, for libraries that hand on the current one as a place to import from.

    Where our packages lie in the current folder it stays the current one.
    """
    if _is_here(PACKAGES):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="cinetraj-") as folder, contextlib.chdir(folder):
        yield


def _is_here(path: str | Path) -> bool:
    try:
        return os.path.samefile(path, os.curdir)
    except OSError:
        return False
