"""The public name of `compare.benchmarks.camerabench`, where its code lives: the same names, loaded on use."""

import importlib

_ROOM = "compare.benchmarks.camerabench"


def __getattr__(name: str) -> object:
    if name == "__all__":
        return __dir__()
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_ROOM), name)


def __dir__() -> list[str]:
    return list(importlib.import_module(_ROOM).__all__)
