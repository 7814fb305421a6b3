"""Whether a value is a number: Python's or numpy's, and no truth."""

import math
import numbers
from typing import Any, TypeGuard


def is_number(value: Any, *, whole: bool = False) -> TypeGuard[float]:
    """Whether it is a real number, or a whole one; NaN and infinity are real."""
    kind: Any = numbers.Integral if whole else numbers.Real
    return isinstance(value, kind) and not isinstance(value, bool)


def is_positive(value: Any) -> TypeGuard[float]:
    """Whether it is a finite number above 0."""
    return is_number(value) and math.isfinite(value) and bool(value > 0)
