"""Packages whose public names are imported on first use, so that importing the package costs nothing."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def exporter(package: str, names: Mapping[str, str], modules: Sequence[str] = ()) -> Callable[[str], object]:
    """The `__getattr__` of a package.

    Args:
        names: public name to the module that defines it.
        modules: submodules that become attributes on first use.
    """

    def get(name: str) -> object:
        if name in names:
            value = getattr(import_module(names[name]), name)
        elif name in modules:
            value = import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)
        return value

    return get
