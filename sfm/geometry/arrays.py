"""Arrays: laws that the tracks (numpy) and the dense flow (torch) share are written once; what numpy lacks.

The path by tracks never loads torch, and so neither does this room: who has a tensor has loaded it.
"""

import sys
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float

Array = TypeVar("Array", bound=Any)
"""An array of numpy or a tensor of torch."""


def library_of(array: Any) -> Any:
    """The library that an array is of: `numpy`, or `torch` with the same names for what the two have in common."""
    return sys.modules[type(array).__module__.partition(".")[0]]


def lengths(vectors: Float[np.ndarray, "*s d"]) -> Float[np.ndarray, "*s"]:
    """Of vectors along the last axis; three times as fast as `np.linalg.norm` for many short ones."""
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))


def unit(vectors: Float[np.ndarray, "*s d"]) -> Float[np.ndarray, "*s d"]:
    """The same directions, of length one."""
    return vectors / lengths(vectors)[..., None]


def lower_median(values: Float[np.ndarray, "..."], axis: int = -1) -> Float[np.ndarray, "..."]:
    """Of the numbers along an axis the lower one of the two in the middle, where their count is even; NaN if none."""
    count = (~np.isnan(values)).sum(axis, keepdims=True)
    return np.take_along_axis(np.sort(values, axis), np.maximum(count - 1, 0) // 2, axis).squeeze(axis)
