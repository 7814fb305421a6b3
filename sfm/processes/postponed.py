"""Modules that libraries load on their way and our commands do not use: run once something of them is used."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader, find_spec
from types import ModuleType
from typing import Any

NAMES = ("numpy.f2py", "numpy.testing", "scipy.sparse", "yaml", "docstring_parser")
"""SciPy takes all names of NumPy, its compiler of Fortran and its helpers for tests among them, and its trees sparse
matrices; numba looks for a file of settings that is hardly ever there; tyro reads descriptions for those who ask for
help. A tenth of a second together."""


PACKAGES = ("scipy.spatial",)
"""Of these we use parts, which do not need the rest: rotations, not trees, hulls and special functions."""


class _Postponed:
    """Finder of modules by name; what is found runs as its first attribute is asked for (`LazyLoader`).

    Of `packages` parts may be loaded before: a package runs as anything is asked of it that is no part.
    """

    def __init__(self, names: Sequence[str], packages: Sequence[str]) -> None:
        self.names, self.packages = frozenset(names), frozenset(packages)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder`; None for all other modules."""
        if fullname not in self.names | self.packages:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = (LazyLoader if fullname in self.names else _Parts)(spec.loader)
        return spec


class _Parts(Loader):
    """Of a package that runs as the first thing is asked of it that is no part."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        def ran(name: str) -> Any:
            if name.startswith("__"):  # Python itself looks for these
                raise AttributeError(name)
            part = f"{module.__name__}.{name}"
            if find_spec(part) is not None:
                return import_module(part)
            del module.__getattr__
            self.loader.exec_module(module)
            return getattr(module, name)

        module.__getattr__ = ran


def postpone(names: Sequence[str] = NAMES, packages: Sequence[str] = PACKAGES) -> None:
    """From now on these modules run on first use, where they have not run. For a process of ours, such as a command:
    whoever imports our packages keeps Python's ways."""
    if not any(isinstance(finder, _Postponed) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Postponed(names, packages))
