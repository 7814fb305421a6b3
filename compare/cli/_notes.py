"""Notes about many files: those that differ in numbers alone are one line, with the range of each number."""

import re
from collections.abc import Iterable, Mapping

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")


def grouped(notes: Mapping[str, Iterable[str]], *, of: int | None = None) -> list[str]:
    """A line for each kind of note, with how many files it is about, and which where it is not about all of them.

    Args:
        notes: of each file by its name. of: how many files there are; None: as many as are named.
    """
    kinds: dict[str, dict[str, str]] = {}
    for name, texts in notes.items():
        for text in texts:
            kinds.setdefault(_NUMBER.sub("#", text), {}).setdefault(name, text)
    total = len(notes) if of is None else of
    return [f"{_whose(list(found), total)}: {_ranged(list(found.values()))}" for found in kinds.values()]


def counted(count: int, noun: str) -> str:
    """As "1 trajectory", "3 trajectories", "1 row", "2 rows"."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"


def _whose(names: list[str], of: int) -> str:
    from compare.sources import listed

    if len(names) == of:
        return f"all {of}" if of > 1 else names[0]
    return f"{len(names)} of {of} ({listed(names)})"


def _ranged(texts: list[str]) -> str:
    """The text that all of them have, each number as the range of theirs."""
    columns = list(zip(*(_NUMBER.findall(text) for text in texts), strict=True))
    shown = (_range([*column]) for column in columns)
    return _NUMBER.sub(lambda _: next(shown), texts[0])


def _range(numbers: list[str]) -> str:
    least, most = min(numbers, key=float), max(numbers, key=float)
    return least if float(least) == float(most) else f"{least} to {most}"
