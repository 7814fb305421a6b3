"""Fewer points of long clips for a page, which draws them all at once and has to be loaded whole."""

from collections.abc import Mapping, Sequence
from typing import Any

MOST_POINTS = 200_000
"""Of all clips of a page together: some forty megabytes."""
FEWEST_POINTS = 120
"""Of each clip, however many there are."""


def thinned(details: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The details of clips (`compare.details.detail_json`) with no more points than a page can hold, and a note of it.

    Paths keep every so many points and their end, and errors the largest of each stretch, so that no peak is missed.
    """
    share = max(FEWEST_POINTS, MOST_POINTS // max(1, len(details)))
    return {key: _thinned(detail, share) for key, detail in details.items()}


def _thinned(detail: Mapping[str, Any], most: int) -> Mapping[str, Any]:
    sides = [side for side in ("reference", "generated") if side in detail]
    errors: Mapping[str, Mapping[str, Any]] = detail.get("errors", {})
    count = max([len(detail[side]["xyz"]) for side in sides] + [len(each["values"]) for each in errors.values()] + [0])
    if count <= most:
        return detail
    axis: Sequence[float | None] = detail.get("at", [])
    step = -(-count // most)
    found = {**detail, "at": _every(step, axis)}
    for side in sides:
        found[side] = {key: _every(step, values) for key, values in detail[side].items()}
    found["errors"] = {name: {**each, **_largest(each["values"], axis, step)} for name, each in errors.items()}
    said = f"of {count} points one in {step} is drawn, and the largest of each {step} errors"
    found["notes"] = [*detail.get("notes", []), said]
    return found


def _every(step: int, values: Sequence[Any]) -> list[Any]:
    """The first of each `step` values, and the last of all, where a path ends."""
    return [*values[::step], *(values[-1:] if (len(values) - 1) % step else ())]


def _largest(values: Sequence[float | None], axis: Sequence[float | None], step: int) -> dict[str, list[Any]]:
    """The largest value of each stretch and where it is; None where a stretch has none."""
    at = axis if len(axis) == len(values) else range(len(values))
    picked: list[int] = []
    for start in range(0, len(values), step):
        stretch = range(start, min(start + step, len(values)))
        known = [(value, -row) for row in stretch if (value := values[row]) is not None]
        picked.append(-max(known)[1] if known else start)
    return {"values": [values[row] for row in picked], "at": [at[row] for row in picked]}
