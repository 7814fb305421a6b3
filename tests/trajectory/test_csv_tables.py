"""Tables as people and spreadsheets write them."""

import csv

import pytest

from trajectory.csv_tables import read_table


@pytest.mark.parametrize(
    "text",
    [
        "video,name\na b.mp4,x\n",
        "Video , NAME\r\na b.mp4, x\r\n\r\n,,\r\n",
        "video;name\na b.mp4;x\n;\n",
        'video\tname\n"a b.mp4"\tx\n',
        '"video" ,"name" \r\n"a b.mp4" , "x" \r\n',
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


@pytest.mark.parametrize("text", ["video\tname\tnotes, or none\na.mp4\tx\n", "Video;name;a\tb,c,d,e\na.mp4;x;\n"])
def test_other_signs_within_the_names_of_columns_separate_nothing(text: str) -> None:
    table = read_table(text, ("video", "name"))
    assert table.columns[:2] == ["video", "name"]
    assert (table.rows[0][1]["video"], table.rows[0][1]["name"]) == ("a.mp4", "x")


def test_a_quotation_mark_that_nothing_closes_does_not_take_the_rows_below() -> None:
    with pytest.raises(csv.Error, match="line 3"):
        read_table('video\na.mp4\n"b.mp4')
