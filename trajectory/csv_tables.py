"""Tables that people write by hand or by a spreadsheet: CSV with columns by name."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Rows of a CSV file.

    Attributes:
        columns: names in the first line, in small letters, without spaces around them.
        rows: the line at which each ends, and its cells by column without the spaces before them; "" where a row is
            too short.
    """

    columns: Sequence[str]
    rows: Sequence[tuple[int, Mapping[str, str]]]


def read_table(text: str) -> Table:
    """The rows of a CSV file whose first line names the columns; commas, semicolons or tabs stand between them.

    Raises:
        csv.Error: it is no CSV.
    """
    lines = text.splitlines(keepends=True)
    head = lines[0] if lines else ""
    mark = next((each for each in ",;\t" if each in head), ",")  # spreadsheets write any of them
    reader = csv.reader(lines, delimiter=mark, skipinitialspace=True)
    columns = [name.strip().lower() for name in next(reader, list[str]())]
    rows: list[tuple[int, Mapping[str, str]]] = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            rows.append((reader.line_num, {**dict.fromkeys(columns, ""), **dict(zip(columns, cells, strict=False))}))
    return Table(columns=columns, rows=rows)
