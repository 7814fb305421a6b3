"""Several states of one problem in one dataclass, stacked before all other dimensions of its tensors."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor

States = TypeVar("States", bound=Any)


def taken(states: States, rows: Tensor | list[int] | int | None) -> States:
    """Some of the states, in the order given; one of them without that dimension, or (None) a single one with it."""
    return replace(states, **{name: value[rows] for name, value in _tensors(states).items()})


def joined(parts: Sequence[States]) -> States:
    """Several batches as one; what is no tensor is that of the first."""
    first, *_ = parts
    return replace(first, **{name: torch.cat([getattr(part, name) for part in parts]) for name in _tensors(first)})


def put(states: States, rows: Tensor, changed: States) -> States:
    """The states with some of them replaced."""
    after = _tensors(changed)
    return replace(states, **{name: value.index_put((rows,), after[name]) for name, value in _tensors(states).items()})


def _tensors(states: Any) -> dict[str, Tensor]:
    return {name: value for name, value in vars(states).items() if isinstance(value, Tensor)}
