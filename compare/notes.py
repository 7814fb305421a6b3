"""Notes about many files: those that differ in numbers or file names alone are one line, with the range of numbers."""

import re
from collections.abc import Iterable, Mapping

from compare.causes import nameless
from compare.counts import first_three

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")


def merged(notes: Mapping[str, Iterable[str]]) -> list[tuple[str, list[str]]]:
    """Each kind of note, with the range of its numbers, and the files that it is about.

    Where their names differ the note is that of the first.

    Args:
        notes: of each file by its name.
    """
    kinds: dict[str, dict[str, str]] = {}
    for name, texts in notes.items():
        for text in texts:
            kinds.setdefault(_NUMBER.sub("#", nameless(name, text)), {}).setdefault(name, text)
    return [(_ranged(list(found.values())), list(found)) for found in kinds.values()]


def grouped(notes: Mapping[str, Iterable[str]], *, of: int | None = None) -> list[str]:
    """A line for each kind of note, with how many files it is about, and which where it is not about all of them.

    Args:
        notes: of each file by its name. of: how many files there are; None: as many as are named.
    """
    total = len(notes) if of is None else of
    return [f"{_whose(names, total)}: {text}" for text, names in merged(notes)]


def _whose(names: list[str], of: int) -> str:
    if len(names) == of:
        return f"all {of}" if of > 1 else names[0]
    return f"{len(names)} of {of} ({first_three(names)})"


def _ranged(texts: list[str]) -> str:
    """The text that all of them have, each number as the range of theirs; the first where they differ in more."""
    if len({_NUMBER.sub("#", text) for text in texts}) > 1:  # names of files
        return texts[0]
    columns = list(zip(*(_NUMBER.findall(text) for text in texts), strict=True))
    shown = (_range([*column]) for column in columns)
    return _NUMBER.sub(lambda _: next(shown), texts[0])


def _range(numbers: list[str]) -> str:
    least, most = min(numbers, key=float), max(numbers, key=float)
    return least if float(least) == float(most) else f"{least} to {most}"
