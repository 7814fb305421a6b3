"""Descriptions that Matplotlib writes for each of its classes as it is loaded, which no command of ours shows."""

import sys
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

ARTISTS = "matplotlib.artist"
"""Its classes get a signature and a text of all their properties each: a sixteenth of a second, a tenth of loading
all that a picture needs. What `Artist.set` does is left as it is."""
_DESCRIBES = "_update_set_signature_and_docstring"


class _Plain(Loader):
    """Runs the module as its own loader does, and lets its classes be."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        named: Any = module
        if hasattr(named.Artist, _DESCRIBES) and hasattr(named, "kwdoc"):  # a later Matplotlib may do otherwise
            setattr(named.Artist, _DESCRIBES, classmethod(lambda cls: None))
            named.kwdoc = _no_words


def _no_words(artist: Any) -> str:
    return ""


class _Finder:
    def find_spec(self, fullname: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder`; None for all other modules."""
        if fullname != ARTISTS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Plain(spec.loader)
        return spec


def leave_undocumented() -> None:
    """From now on these descriptions are left out. For a process of ours, as `sfm.processes.postponed.postpone` is."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
