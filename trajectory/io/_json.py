"""JSON documents with errors that say where."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from trajectory.errors import ReadError
from trajectory.io._text import decode, read_bytes


def load(path: Path) -> Any:
    """The parsed document of a file."""
    return parse(path, decode(path, read_bytes(path)))


def parse(path: Path, text: str) -> Any:
    """The document that a text of the file holds."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ReadError(
            path,
            f"is no valid JSON ({error.msg}, column {error.colno})",
            line=error.lineno,
            remedy="write or copy it again",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ReadError(path, f"is no valid JSON ({str(error)[:80]})", remedy="write or copy it again") from error


def as_object(path: Path, where: str, value: Any) -> dict[str, Any]:
    """A JSON object, or a ReadError."""
    if not isinstance(value, dict):
        raise ReadError(path, f"{where} is {kind(value)}, expected an object", remedy="name the right file or format")
    return cast("dict[str, Any]", value)


def as_list(path: Path, where: str, value: Any) -> list[Any]:
    """A JSON list that is not empty, or a ReadError."""
    if not isinstance(value, list):
        raise ReadError(path, f"{where} is {kind(value)}, expected a list", remedy="name the right file or format")
    if not value:
        raise ReadError(path, f"{where} is empty", remedy="run the estimator again, or leave the clip out")
    return cast("list[Any]", value)


def as_number(path: Path, where: str, value: Any) -> float:
    """A finite number, or a ReadError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = np.inf
        if np.isfinite(number):
            return number
        raise ReadError(path, f"{where} is not finite", remedy="leave out frames that have no pose")
    raise ReadError(path, f"{where} is {kind(value)}, expected a number", remedy="name the right file or format")


def as_numbers(path: Path, where: str, value: Any, count: int) -> list[float]:
    """A list of `count` finite numbers, or a ReadError."""
    items = as_list(path, where, value)
    if len(items) != count:
        raise ReadError(
            path, f"{where} holds {len(items)} values, expected {count}", remedy="name the right file or format"
        )
    return [as_number(path, f"{where}[{i}]", item) for i, item in enumerate(items)]


def as_matrix(path: Path, where: str, value: Any, rows: Sequence[int], columns: int) -> list[list[float]]:
    """A nested list of numbers with an allowed count of rows, or a ReadError."""
    items = as_list(path, where, value)
    if len(items) not in rows:
        expected = " or ".join(map(str, rows))
        raise ReadError(
            path, f"{where} has {len(items)} rows, expected {expected}", remedy="name the right file or format"
        )
    return [as_numbers(path, f"{where}[{i}]", item, columns) for i, item in enumerate(items)]


def kind(value: Any) -> str:
    """A JSON value's type in words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(cast("type[Any]", type(value)), "a number")


def dump(document: Any) -> bytes:
    """JSON bytes; doubles are printed so that they read back exactly."""
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()
