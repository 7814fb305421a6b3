"""The errors that users see: what was wrong, the value, what was expected, the remedy."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path


class CinetrajError(ValueError):
    """Base of every error that is the input's fault; the command line prints it as one line."""


def perhaps(given: str, known: Iterable[str]) -> str:
    """As ", perhaps 'tum' is meant": the name that is most like what was given; "" where none is like it."""
    close = difflib.get_close_matches(given.lower(), [*known], n=1)
    return f", perhaps {close[0]!r} is meant" if close else ""


def expected_of(given: str, known: Iterable[str], also: str = "") -> str:
    """As ", perhaps 'tum' is meant; expected one of tum, kitti"; `also`: what may be given besides, as "auto or "."""
    names = [*known]
    return f"{perhaps(given, names)}; expected {also}one of {', '.join(names)}"


def is_address(source: str | Path) -> bool:
    """Whether this is PROTOCOL://... and no path; a `Path` of one has lost a slash."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(source)) is not None


def not_there(source: str | Path) -> CinetrajError:
    """What is said of an input that is not there."""
    if is_address(source):
        return CinetrajError(f"{source}: an address, and only files and folders are read; download it, give its path")
    return CinetrajError(f"{source}: no such file or folder; check the path")


class ReadError(CinetrajError):
    """A file that cannot be read as asked: names the file, the line where there is one, and the remedy."""

    def __init__(self, path: str | Path, problem: str, *, remedy: str, line: int | None = None) -> None:
        self.path = Path(path)
        self.line = line
        self.problem = problem
        self.remedy = remedy
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {problem}; {remedy}")


class AmbiguousError(ReadError):
    """A file that may be whole and can be read in several ways, of which the user must choose one: its format, its
    unit of time, its direction, one of its cameras.
    """


class FormatAmbiguousError(AmbiguousError):
    """A file that fits several formats: the evidence is in the message, `--format` is the remedy."""


class GaugeError(CinetrajError):
    """Two trajectories whose relative gauge cannot be fixed in the way that was asked for."""


class TimeSourceError(CinetrajError):
    """Two time axes that may not be compared without the user's word on how to associate them."""
