"""What is handed in as frames of a clip, or as masks of them, is what it should be, by shapes, types and times."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from trajectory.errors import CinetrajError
from trajectory.model import require_increasing
from trajectory.plain_numbers import is_number, is_positive

_SHAPES = {"usable": "(h, w)", "blank": "(n,)", "moving": "(n, h, w)"}


def count_of_pictures(given: Any) -> int:
    """How many pictures an array holds, by its shape and type alone; no pixel is looked at."""
    expected = "expected a uint8 array of shape (n, h, w, 3)"
    array: Any = np.ndarray
    if not isinstance(given, array):
        raise CinetrajError(f"rgb is a {type(given).__name__}, {expected}; np.stack(pictures) makes one of a list")
    shape: tuple[int, ...] = given.shape
    dtype: np.dtype[Any] = given.dtype
    remedy = ""
    if len(shape) == 4 and shape[3] == 4:
        remedy = "; rgb[..., :3] leaves alpha out"
    elif len(shape) == 4 and shape[3] == 1:
        remedy = "; np.repeat(rgb, 3, -1) makes colours of grey"
    elif len(shape) == 4 and shape[1] == 3 != shape[3]:
        remedy = "; np.moveaxis(rgb, 1, -1) puts the colours last"
    elif len(shape) == 3:
        one = "; rgb[None] makes a clip of one picture" if shape[2] == 3 else ""
        remedy = one or "; np.repeat(grey[..., None], 3, -1) makes colours of grey"
    if len(shape) != 4 or shape[3] != 3:
        raise CinetrajError(f"rgb has shape {shape}, {expected}{remedy}")
    if 0 in shape:
        raise CinetrajError(f"rgb has shape {shape} and holds nothing, expected at least one frame and one pixel")
    if dtype != np.uint8:
        remedy = "(255 * rgb).astype(np.uint8) makes one of values from 0 to 1"
        if dtype.kind in "iu":
            remedy = "rgb.astype(np.uint8) makes one of values from 0 to 255"
        raise CinetrajError(f"rgb has dtype {dtype}, {expected}; {remedy}")
    return shape[0]


def times(given: Any, n: int) -> Float[np.ndarray, " n"]:
    """Times that increase, one for each of `n` frames, in double precision."""
    array = np.asarray(given)
    if array.shape != (n,) or array.dtype.kind not in "iuf":
        raise CinetrajError(
            f"time_s has {_looks(array)}, expected {n} numbers, one for each frame; "
            "np.arange(len(rgb)) / fps gives even times"
        )
    time_s = np.asarray(array, np.float64)
    if not np.isfinite(time_s).all():
        i = int(np.argmin(np.isfinite(time_s)))
        raise CinetrajError(f"time_s[{i}] is {time_s[i]}, expected finite numbers; leave out frames without a time")
    require_increasing(time_s, "put the frames in order and leave out those of the same time")
    return time_s


def whole_numbers(given: Any, n: int) -> Int[np.ndarray, " n"]:
    """Numbers of `n` frames."""
    array = np.asarray(given)
    if array.shape != (n,) or array.dtype.kind not in "iu":
        raise CinetrajError(
            f"index has {_looks(array)}, expected {n} whole numbers, one for each frame; np.arange(len(rgb)) will do"
        )
    return array


def size(given: Any) -> tuple[int, int]:
    """Height and width."""
    values: list[Any] = [*given] if isinstance(given, Iterable) and not isinstance(given, str | bytes) else []
    if len(values) != 2 or not all(is_number(each, whole=True) and is_positive(each) for each in values):
        raise CinetrajError(
            f"source_hw is {given!r}, expected the height and width of the source, two whole numbers above 0; "
            "rgb.shape[1:3] where it was not resized"
        )
    return int(values[0]), int(values[1])


def require_masks(usable: Any, blank: Any, duplicate_of: Any, moving: Any) -> None:
    """Raises CinetrajError where masks are no truths, are of several sizes, or a frame repeats a later one."""
    h, w = (*np.shape(usable), 0, 0)[:2]
    n = len(blank) if np.ndim(blank) else 0
    shapes = {"usable": (usable, (h, w)), "blank": (blank, (n,)), "moving": (moving, (n, h, w))}
    for name, (given, shape) in shapes.items():
        array = np.asarray(given)
        if not (name == "moving" and given is None) and (array.dtype != bool or array.shape != shape or 0 in shape):
            raise CinetrajError(
                f"{name} has {_looks(array)}, expected truths of shape {_SHAPES[name]}, of the frames and pixels of "
                f"the other masks; {name} > 0 makes them of numbers"
            )
    array = np.asarray(duplicate_of)
    if array.shape != (n,) or array.dtype.kind not in "iu" or ((array < 0) | (array > np.arange(n))).any():
        raise CinetrajError(
            f"duplicate_of has {_looks(array)}, expected for each of {n} frames the number of the earlier one that it "
            "repeats, or its own; np.arange(n) where none does"
        )


def _looks(array: np.ndarray) -> str:
    return f"shape {array.shape} and dtype {array.dtype}"
