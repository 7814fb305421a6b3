"""Modules that libraries load on their way and our commands do not use: run once something of them is used."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

NAMES = ("numpy.f2py", "numpy.testing", "scipy.sparse", "yaml", "docstring_parser")
"""SciPy takes all names of NumPy, its compiler of Fortran and its helpers for tests among them, and its trees sparse
matrices; numba looks for a file of settings that is hardly ever there; tyro reads descriptions for those who ask for
help. A tenth of a second together."""


class _Postponed:
    """Finder of modules by name; what is found runs as its first attribute is asked for (`LazyLoader`)."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder`; None for all other modules."""
        if fullname not in self.names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def postpone(names: Sequence[str] = NAMES) -> None:
    """From now on these modules run on first use, where they have not run. For a process of ours, such as a command:
    whoever imports our packages keeps Python's ways."""
    if not any(isinstance(finder, _Postponed) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Postponed(names))
