"""Frozen values that can be pickled and copied, as pools of processes and caches do with results."""

from collections.abc import Callable
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np


def frozen_array(value: Any, dtype: Any) -> Any:
    """A copy that nobody can write to, as an array of `dtype`."""
    array = np.array(value, dtype=dtype, copy=True)
    array.setflags(write=False)
    return array


def reduced(value: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """What `__reduce__` of a frozen dataclass returns: its constructor makes the copy, with the checks that it has.

    Read-only views of dictionaries, which pickle refuses, are looked for among the fields, no deeper.
    """
    held: dict[str, Any] = {f.name: getattr(value, f.name) for f in fields(value)}
    views = tuple(name for name, part in held.items() if isinstance(part, MappingProxyType))
    return _made, (value.__class__, {n: dict(part) if n in views else part for n, part in held.items()}, views)


def _made(kind: Callable[..., Any], held: dict[str, Any], views: tuple[str, ...]) -> Any:
    return kind(**{n: MappingProxyType(part) if n in views else part for n, part in held.items()})
