"""How the inner loops are compiled."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

REORDER = {"reassoc", "contract", "nsz", "arcp"}
"""Sums may be taken in another order, so that they fill vector registers; NaN and infinity keep their meaning."""


def compiled(function: Function) -> Function:
    """The function as machine code, made at the first call and kept beside the module for later processes."""
    plain = inspect.unwrap(function)  # without the type checks that tests put around every function
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=REORDER)(plain)
    except RuntimeError:  # there is no folder that the code could be kept in
        return numba.njit(nogil=True, error_model="numpy", fastmath=REORDER)(plain)
