"""Several states of one problem in one dataclass, stacked before all other dimensions of its arrays or tensors."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sfm.geometry.arrays import library_of

States = TypeVar("States", bound=Any)


def taken(states: States, rows: Any) -> States:
    """Some of the states.

    Args:
        states: to take from.
        rows: numbers or a mask of the ones to take, in the order given; one number takes that state without the
            dimension, and None makes a single one that lacks it a batch.
    """
    return replace(states, **{name: value[rows] for name, value in _arrays(states).items()})


def joined(parts: Sequence[States]) -> States:
    """Several batches as one; what is no array is that of the first."""
    first, *_ = parts
    return replace(
        first,
        **{
            name: library_of(value).concatenate([getattr(part, name) for part in parts])
            for name, value in _arrays(first).items()
        },
    )


def put(states: States, rows: Any, changed: States) -> States:
    """The states with some of them replaced; they themselves stay as they are."""
    after = _arrays(changed)
    found = {name: library_of(value).asarray(value, copy=True) for name, value in _arrays(states).items()}
    for name, value in found.items():
        value[rows] = after[name]
    return replace(states, **found)


def _arrays(states: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(states).items() if hasattr(value, "ndim")}
