"""Modules that libraries load on their way and our commands do not use: run once something of them is used."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import LazyLoader, find_spec
from types import ModuleType
from typing import Any

from sfm.processes.loaders import Instead, load_by

NAMES = ("numpy.f2py", "numpy.testing", "scipy.sparse", "yaml", "docstring_parser")
"""SciPy takes all names of NumPy, its compiler of Fortran and its helpers for tests among them, and its trees sparse
matrices; numba looks for a file of settings that is hardly ever there; tyro reads descriptions for those who ask for
help. A tenth of a second together."""
PACKAGES = ("scipy.spatial",)
"""Of these we use parts, which do not need the rest: rotations, not trees, hulls and special functions."""


class _Parts(Instead):
    """Of a package that runs as the first thing is asked of it that is no part."""

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
    """From now on these modules run as their first attribute is asked for (`LazyLoader`), and these packages as
    anything is that is no part, where they have not run. For a process of ours, such as a command: whoever imports our
    packages keeps Python's ways."""
    load_by(dict.fromkeys(names, LazyLoader) | dict.fromkeys(packages, _Parts))
