"""Descriptions that Matplotlib writes for each of its classes as it is loaded, which no command of ours shows."""

from types import ModuleType
from typing import Any

from sfm.processes.loaders import Instead, load_by

ARTISTS = "matplotlib.artist"
"""Its classes get a signature and a text of all their properties each: a sixteenth of a second, a tenth of loading
all that a picture needs. What `Artist.set` does is left as it is."""
_DESCRIBES = "_update_set_signature_and_docstring"


class _Plain(Instead):
    """Runs the module as its own loader does, and lets its classes be."""

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        named: Any = module
        if hasattr(named.Artist, _DESCRIBES) and hasattr(named, "kwdoc"):  # a later Matplotlib may do otherwise
            setattr(named.Artist, _DESCRIBES, classmethod(lambda cls: None))
            named.kwdoc = _no_words


def _no_words(artist: Any) -> str:
    return ""


def leave_undocumented() -> None:
    """From now on these descriptions are left out. For a process of ours, as `sfm.processes.postponed.postpone` is."""
    load_by({ARTISTS: _Plain})
