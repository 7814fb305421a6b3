"""What may be told of a lens that bends."""

from typing import Any

from trajectory.errors import CinetrajError
from trajectory.plain_numbers import is_number

STRONGEST_LENS = 1.0
"""Largest k1 of a lens: a wide one has 0.3."""


def require_lens(distortion: Any) -> None:
    if isinstance(distortion, str) and distortion in ("none", "free"):
        return
    expected = f"expected none, free or k1 within -{STRONGEST_LENS:g}..{STRONGEST_LENS:g}"
    if not is_number(distortion):
        raise CinetrajError(f"distortion is {distortion!r}, {expected}")
    if not abs(distortion) <= STRONGEST_LENS:
        remedy = "a fisheye is no pinhole that bends: make a flat view of it"
        raise CinetrajError(f"distortion is {distortion}, {expected}; {remedy}")
