"""Counts in words."""

from collections.abc import Iterable


def counted(count: int, noun: str) -> str:
    """As "1 trajectory", "3 trajectories", "1 row", "2 rows"."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"


def first_three(names: Iterable[str]) -> str:
    """The first three names, and how many more there are."""
    known = list(names)
    return ", ".join(known[:3]) + (f" and {len(known) - 3} more" if len(known) > 3 else "")
