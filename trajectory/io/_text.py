"""Numbers from text, with the line that each row came from and the digits it was printed with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError
from trajectory.files import decoded

SPARE = 0.05
"""Share of rows that may be bad and cost no more than themselves: beyond it the layout is another one."""
COMMENT = ("#", "%", "//")
"""Signs that begin a comment: of TUM and most others, of MATLAB and `rostopic echo -p`, of C."""
_SEPARATOR = re.compile(r'[",;\s]+')
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?([eEdD][+-]?\d+)?")
_FORTRAN = re.compile(r"([+-]?(?:\d+\.\d*|\.\d+))[dD]([+-]?\d+)")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Rows of numbers.

    Attributes:
        lines: line number of each row. title: a first line that is no numbers, "" without one.
        notes: rows that were left out, and why.
    """

    values: Float[np.ndarray, "n c"]
    lines: tuple[int, ...]
    tokens: tuple[tuple[str, ...], ...]
    comments: tuple[str, ...]
    title: str = ""
    notes: tuple[str, ...] = ()


def lines_of(text: str) -> list[str]:
    """Lines without their ends, of Unix, Windows or old Macs."""
    return re.split(r"\r\n|\n|\r", text)


def split(line: str) -> tuple[str, ...]:
    """Tokens of a row: spaces, tabs, commas, semicolons and quotes separate; a decimal comma becomes a point."""
    cells = [cell for cell in re.split(r"[;\s]+", line) if cell]
    if len(cells) > 1 and "," in line and all(_DECIMAL_COMMA.fullmatch(cell) for cell in cells):
        return tuple(cell.replace(",", ".") for cell in cells)
    return tuple(token for token in _SEPARATOR.split(line) if token)


def comment(line: str) -> str | None:
    """What a comment line says, or None for a row."""
    return line.lstrip("#%/ \t") if line.startswith(COMMENT) else None


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
    """The text of a file; binary content is a ReadError."""
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        raise ReadError(
            path, f"is not text (byte {data[error.start]:#04x} at offset {error.start})", remedy="name the right file"
        ) from error
    if "\0" in text:
        raise ReadError(path, f"is not text (a zero byte at offset {data.index(0)})", remedy="name the right file")
    return text


def number(token: str) -> float | None:
    """The number that a token spells, or None; Fortran's 1.0D+02 is one, Python's 1_000 is none."""
    if "_" in token:
        return None
    try:
        return float(token)
    except ValueError:
        double = _FORTRAN.fullmatch(token)
        return None if double is None else float("e".join(double.groups()))


def read_table(
    path: Path,
    *,
    columns: Sequence[int],
    layout: str,
    titled: bool = False,
    spare: Literal["none", "last", "some"] = "none",
) -> Table:
    """Parse a text file of numbers with one of the given column counts, the same in every row.

    Args:
        layout: the columns in words, for the error. titled: the first line may be a title.
        spare: which rows a note may stand for instead of an error, up to SPARE of them: none; the last, which a killed
            program cuts off; or any, where a row tells its own place in time.
    """
    comments: list[str] = []
    lines: list[int] = []
    tokens: list[tuple[str, ...]] = []
    values: list[list[float]] = []
    faults: list[ReadError] = []
    title, last = "", 0
    for line_number, line in enumerate(lines_of(decode(path, read_bytes(path))), start=1):
        stripped = line.strip()
        said = comment(stripped)
        if not stripped or said is not None:
            comments += [] if said is None else [said]
            continue
        row = split(stripped)
        if titled and not title and not tokens and (not row or number(row[0]) is None):
            title = stripped
            continue
        expected = (len(values[0]),) if values else tuple(columns)
        last = line_number
        try:
            numbers = _row(path, line_number, stripped, row, expected, layout)
        except ReadError as fault:
            faults.append(fault)
            if spare == "none" or not values:
                raise
            continue
        lines.append(line_number)
        tokens.append(row)
        values.append(numbers)
    spared = [fault for fault in faults if spare == "some" or fault.line == last]
    if len(spared) < len(faults) or len(faults) > SPARE * (len(values) + len(faults)):
        raise faults[0]
    if not values:
        raise ReadError(path, "holds no rows", remedy=f"a row is: {layout}")
    return Table(
        values=np.array(values, dtype=np.float64),
        lines=tuple(lines),
        tokens=tuple(tokens),
        comments=tuple(comments),
        title=title,
        notes=tuple(f"line {fault.line} is left out: it {fault.problem}" for fault in faults),
    )


def _row(path: Path, line: int, text: str, row: Sequence[str], expected: Sequence[int], layout: str) -> list[float]:
    """The numbers of a row; what is none, and another count of columns than expected, is a ReadError."""
    parsed = [number(token) for token in row]
    numbers = [value for value in parsed if value is not None]
    if len(numbers) != len(parsed) or not parsed:
        bad = next((token for token, value in zip(row, parsed, strict=True) if value is None), text)
        remedy = f"expected {layout}; begin comments with '#'"
        raise ReadError(path, f"{bad[:40]!r} is not a number", line=line, remedy=remedy)
    if len(numbers) not in expected:
        raise ReadError(
            path,
            f"has {len(numbers)} columns, expected {' or '.join(map(str, expected))}",
            line=line,
            remedy=f"a row is: {layout}; for another layout say --format",
        )
    return numbers


def resolution(tokens: Sequence[str]) -> float:
    """Size of the last printed digit of the most precise of some numbers: 1e-4 for ("0.25", "0.6132")."""
    finest = 0
    for token in tokens:
        mantissa, _, exponent = token.lower().replace("d", "e").partition("e")
        shift = int(exponent) if exponent.lstrip("+-").isdigit() and len(exponent) < 6 else 0
        finest = max(finest, len(mantissa.partition(".")[2]) - shift)
    return 10.0 ** -min(finest, 300)


def spell(value: float) -> str:
    """The shortest decimal that reads back as the same double (at most 17 significant digits)."""
    return repr(float(value) + 0.0)


def spell_rows(rows: Float[np.ndarray, "n c"]) -> str:
    """Rows as lines of space-separated numbers."""
    return "".join(" ".join(map(spell, row)) + "\n" for row in rows.tolist())
