"""Tables as people and spreadsheets write them."""

import pytest

from trajectory.csv_tables import read_table


@pytest.mark.parametrize(
    "text",
    [
        "video,name\na b.mp4,x\n",
        "Video , NAME\r\na b.mp4, x\r\n\r\n,,\r\n",
        "video;name\na b.mp4;x\n;\n",
        'video\tname\n"a b.mp4"\tx\n',
    ],
)
def test_columns_are_found_however_they_are_written(text: str) -> None:
    table = read_table(text)
    assert list(table.columns) == ["video", "name"]
    assert table.rows[0] == (2, {"video": "a b.mp4", "name": "x"})
    assert len(table.rows) == 1


def test_short_rows_have_empty_cells_and_nothing_is_a_table_without_columns() -> None:
    assert read_table("a,b\n1\n1,2,3\n").rows == [(2, {"a": "1", "b": ""}), (3, {"a": "1", "b": "2"})]
    assert read_table("").columns == []
    assert read_table('a\n"two\nlines"\n').rows == [(3, {"a": "two\nlines"})]
