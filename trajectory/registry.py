"""What can be added from outside: values of one kind, each in a file of its own, of ours or of another distribution.

Backends, features, matchers, metrics and trajectory formats all are found this way. Ours are found by listing a
folder; other distributions name theirs as entry points (`cinetraj.backends`, `cinetraj.features`, `cinetraj.matchers`,
`cinetraj.metrics`, `cinetraj.formats`), each of which loads one value. Such a module must be light at import: what is
heavy is imported by its functions.
"""

import importlib
import pkgutil
import warnings
from collections.abc import Collection
from importlib import metadata
from typing import TYPE_CHECKING, Protocol, TypeVar, cast


class Named(Protocol):
    """What a registry holds: frozen values with a name that is unique among their kind."""

    @property
    def name(self) -> str:
        """The name by which users ask for it."""
        ...


if TYPE_CHECKING:
    Entry = TypeVar("Entry", bound=Named)
else:  # a class of its own with a field `name` cannot be asked at run time whether it keeps to `Named`
    Entry = TypeVar("Entry")


def registry(
    package: str, attribute: str, kind: type[Entry], *, group: str, besides: Collection[str] = ()
) -> dict[str, Entry]:
    """All entries of a kind by name, sorted: those of our folder, then those that other distributions add.

    Args:
        package: dotted name of the folder; modules without a leading underscore are looked at.
        attribute: name in a module that holds its entry, or a tuple of entries; modules without it are passed over.
        kind: the class of the entries.
        group: the group of entry points.
        besides: modules of the folder that have other tasks, so that they need not be imported.

    An entry point that cannot be loaded, is of another kind, or takes a name that is there already is a warning and is
    left out: a broken extension must not take the rest along.
    """
    found: dict[str, Entry] = {}
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if not info.name.startswith("_") and info.name not in besides:
            module = importlib.import_module(f"{package}.{info.name}")
            found.update({entry.name: entry for entry in _entries(getattr(module, attribute, ()), kind)})
    found = dict(sorted(found.items()))
    for point in sorted(metadata.entry_points(group=group), key=lambda point: point.name):
        try:
            added = _entries(point.load(), kind)
        except Exception as error:
            _warn(point, f"cannot be loaded ({type(error).__name__}: {error})")
            continue
        if not added:
            _warn(point, f"is no {kind.__name__}")
        for entry in added:
            if entry.name in found:
                _warn(point, f"takes the name {entry.name!r}, which is there already")
            else:
                found[entry.name] = entry
    return found


def _entries(value: object, kind: type[Entry]) -> list[Entry]:
    """The entries that an attribute or an entry point holds: one, or a tuple of them."""
    values = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    return [each for each in values if isinstance(each, kind)]


def _warn(point: metadata.EntryPoint, problem: str) -> None:
    origin = f" of {point.dist.name}" if point.dist is not None else ""
    text = f"{point.group}: {point.name}{origin} {problem}; update or uninstall that distribution"
    warnings.warn(text, stacklevel=3)
