"""Numbers from text, with the line that each row came from and the digits it was printed with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError

_SEPARATOR = re.compile(r"[,\s]+")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Rows of numbers. lines: line number of each row. title: a first line that is no numbers, "" without one."""

    values: Float[np.ndarray, "n c"]
    lines: tuple[int, ...]
    tokens: tuple[tuple[str, ...], ...]
    comments: tuple[str, ...]
    title: str = ""


def split(line: str) -> tuple[str, ...]:
    """Tokens of a row; spaces, tabs and commas separate."""
    return tuple(token for token in _SEPARATOR.split(line.strip()) if token)


def read_bytes(path: Path) -> bytes:
    """The whole file; a missing, unreadable or empty one is a ReadError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ReadError(path, "does not exist", remedy="check the path") from error
    except IsADirectoryError as error:
        raise ReadError(path, "is a folder, expected a file", remedy="name the file in it") from error
    except (OSError, ValueError) as error:
        raise ReadError(path, f"cannot be read ({error})", remedy="check the path and its permissions") from error
    if not data:
        raise ReadError(path, "is empty", remedy="write it again, or leave the clip out")
    return data


def decode(path: Path, data: bytes) -> str:
    """UTF-8 text; binary content is a ReadError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError(
            path, f"is not text (byte {data[error.start]:#04x} at offset {error.start})", remedy="name the right file"
        ) from error
    if "\0" in text:
        raise ReadError(path, f"is not text (a zero byte at offset {data.index(0)})", remedy="name the right file")
    return text


def number(token: str) -> float | None:
    """The number that a token spells, or None; Python's 1_000 is none."""
    if "_" in token:
        return None
    try:
        return float(token)
    except ValueError:
        return None


def read_table(path: Path, *, columns: Sequence[int], layout: str, titled: bool = False) -> Table:
    """Parse a text file of numbers with one of the given column counts, the same in every row.

    Args:
        layout: the columns in words, for the error. titled: the first line may be a title.
    """
    comments: list[str] = []
    lines: list[int] = []
    tokens: list[tuple[str, ...]] = []
    values: list[list[float]] = []
    title = ""
    for line_number, line in enumerate(re.split(r"\r\n|\n|\r", decode(path, read_bytes(path))), start=1):
        stripped = line.strip()
        if not stripped:
            continue
        if stripped.startswith("#"):
            comments.append(stripped.lstrip("# "))
            continue
        row = split(stripped)
        if titled and not title and not tokens and (not row or number(row[0]) is None):
            title = stripped
            continue
        parsed = [number(token) for token in row]
        numbers = [value for value in parsed if value is not None]
        if len(numbers) != len(parsed) or not parsed:
            bad = next((token for token, value in zip(row, parsed, strict=True) if value is None), stripped)
            raise ReadError(
                path,
                f"{bad[:40]!r} is not a number",
                line=line_number,
                remedy=f"expected {layout}; begin comments with '#'",
            )
        if len(numbers) not in columns or (values and len(numbers) != len(values[0])):
            expected = len(values[0]) if values else " or ".join(map(str, columns))
            raise ReadError(
                path,
                f"has {len(numbers)} columns, expected {expected}",
                line=line_number,
                remedy=f"a row is: {layout}; for another layout say --format",
            )
        lines.append(line_number)
        tokens.append(row)
        values.append(numbers)
    if not values:
        raise ReadError(path, "holds no rows", remedy=f"a row is: {layout}")
    return Table(
        values=np.array(values, dtype=np.float64),
        lines=tuple(lines),
        tokens=tuple(tokens),
        comments=tuple(comments),
        title=title,
    )


def resolution(tokens: Sequence[str]) -> float:
    """Size of the last printed digit of the most precise of some numbers: 1e-4 for ("0.25", "0.6132")."""
    finest = 0
    for token in tokens:
        mantissa, _, exponent = token.lower().partition("e")
        shift = int(exponent) if exponent.lstrip("+-").isdigit() and len(exponent) < 6 else 0
        finest = max(finest, len(mantissa.partition(".")[2]) - shift)
    return 10.0 ** -min(finest, 300)


def spell(value: float) -> str:
    """The shortest decimal that reads back as the same double (at most 17 significant digits)."""
    return repr(float(value) + 0.0)


def spell_rows(rows: Float[np.ndarray, "n c"]) -> str:
    """Rows as lines of space-separated numbers."""
    return "".join(" ".join(map(spell, row)) + "\n" for row in rows.tolist())
