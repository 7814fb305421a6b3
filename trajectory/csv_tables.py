"""Tables that people write by hand or by a spreadsheet: CSV with columns by name."""

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Rows of a CSV file.

    Attributes:
        columns: names in the first line, in small letters, without spaces around them.
        rows: the line at which each ends, and its cells by column without the spaces before them and those behind
            quotation marks; "" where a row is too short.
    """

    columns: Sequence[str]
    rows: Sequence[tuple[int, Mapping[str, str]]]


def read_table(text: str, wanted: Collection[str] = ()) -> Table:
    """The rows of a CSV file whose first line names the columns; commas, semicolons or tabs stand between them.

    Args:
        wanted: names of columns in small letters. What separates most of these in the first line is the separator:
            the others may stand within its names.

    Raises:
        csv.Error: it is no CSV; tells the line where there is one.
    """
    lines = text.splitlines(keepends=True)
    head = lines[0] if lines else ""
    marks = [mark for mark in ",;\t" if mark in head] or [","]  # spreadsheets write any of them
    told = {
        mark: _names(next(csv.reader([head], delimiter=mark, skipinitialspace=True), list[str]())) for mark in marks
    }
    mark = max(marks, key=lambda each: len({*wanted} & {*told[each]}))
    try:
        return _rows(lines, mark)
    except csv.Error:
        try:
            return _rows([re.sub(rf'" +(?={mark}|[\r\n]|$)', '"', line) for line in lines], mark)
        except csv.Error:
            pass  # no matter of spaces behind quotation marks: what was wrong at first is told
        raise


def _rows(lines: Sequence[str], mark: str) -> Table:
    reader = csv.reader(lines, delimiter=mark, skipinitialspace=True, strict=True)
    rows: list[tuple[int, Mapping[str, str]]] = []
    try:
        columns = _names(next(reader, list[str]()))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                named = {**dict.fromkeys(columns, ""), **dict(zip(columns, cells, strict=False))}
                rows.append((reader.line_num, named))
    except csv.Error as error:
        raise csv.Error(f"{error}, line {reader.line_num}") from error
    return Table(columns=columns, rows=rows)


def _names(cells: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in cells]
