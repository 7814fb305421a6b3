"""Our rows beside the published ones."""

import csv
import io
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from compare.benchmarks.camerabench import labels as label_files
from compare.benchmarks.camerabench.labels import SPLITS, BinaryRow, Labels
from compare.benchmarks.camerabench.leaderboard import (
    as_csv,
    as_markdown,
    leaderboard,
    our_row,
    plot,
    safe_name,
    write_leaderboard,
)
from compare.benchmarks.camerabench.published import PUBLISHED
from trajectory.errors import CinetrajError


def few_labels(*, splits: tuple[str, ...] = SPLITS) -> Labels:
    rows = tuple(BinaryRow(number=i, video=f"{i}.mp4", question="Q?", label="yes" if i < 2 else "no") for i in range(8))
    return Labels(binary={split: rows for split in splits}, tasks={})


def evaluation(values: dict[str, float | dict[str, str]], mode: str = "last") -> dict[str, object]:
    results = {s: {"split_name": s, "average_precision": v} for s, v in values.items()}
    return {"failures_mode": mode, "results_by_split": results}


def test_a_row_over_fewer_clips_says_so_in_its_name() -> None:
    values = {s: 0.5 for s in SPLITS}
    assert our_row(evaluation(values), name="ours", clips=969, all_clips=969).name == "ours"
    part = our_row(evaluation(values), name="ours", clips=24, all_clips=969)
    assert part.name == "ours (24 of 969 clips, 945 failed ranked last)"
    dropped = our_row(evaluation(values, "drop"), name="ours", clips=24, all_clips=969)
    assert dropped.name == "ours (24 of 969 clips, failed dropped)"
    assert part.average == 50.0


def test_no_average_over_fewer_than_all_splits() -> None:
    values: dict[str, float | dict[str, str]] = {s: 0.5 for s in SPLITS}
    values["Static"] = {"undefined": "one class"}
    row = our_row(evaluation(values), name="ours", clips=8, all_clips=8)
    assert row.average is None
    assert row.percent["Static"] is None
    assert "no average" in row.note
    with pytest.raises(CinetrajError, match="is not one of CameraBench"):
        our_row(evaluation({"Fly": 0.1}), name="ours", clips=1, all_clips=1)


def test_the_table_is_sorted_and_keeps_every_row() -> None:
    low = our_row(evaluation({s: 0.01 for s in SPLITS}), name="low", clips=8, all_clips=8)
    high = our_row(evaluation({s: 0.99 for s in SPLITS}), name="high", clips=8, all_clips=8)
    part = our_row(evaluation({"Static": 0.99}), name="part", clips=8, all_clips=8)
    rows = leaderboard([low, high, part], few_labels())
    assert [rows[0].name, rows[-2].name, rows[-1].name] == ["high", "low", "part"]
    assert {row.name for row in rows} == {"low", "high", "part", "Chance"} | {row.name for row in PUBLISHED}
    averages = [row.average for row in rows if row.average is not None]
    assert averages == sorted(averages, reverse=True)
    assert next(row for row in rows if row.name == "Chance").average == 25.0


def test_markdown_csv_and_picture(tmp_path: Path) -> None:
    ours = our_row(evaluation({s: i / 15 for i, s in enumerate(SPLITS)}), name="a|b", clips=8, all_clips=8)
    rows = leaderboard([ours], few_labels())
    lines = [line for line in as_markdown(rows).splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {18}
    assert any(line.startswith("| **a/b** | 0.0 | 6.7 |") for line in lines)
    read = list(csv.DictReader(io.StringIO(as_csv(rows))))
    found = next(line for line in read if line["method"] == "a|b")
    assert [float(found[s]) for s in SPLITS] == [100 * (i / 15) for i in range(15)]
    assert next(line for line in read if line["method"] == "Qwen2.5-VL-7B SFT")["Static"] == ""
    paths = write_leaderboard(rows, tmp_path / "out")
    assert [p.name for p in paths] == ["leaderboard.md", "leaderboard.csv", "leaderboard.png"]
    assert paths[2].read_bytes().startswith(b"\x89PNG")


def test_the_picture_has_every_row_of_the_table() -> None:
    part = our_row(evaluation({"Static": 0.99}), name="part", clips=8, all_clips=8)
    rows = leaderboard([part], few_labels())
    axes = Figure().add_subplot()
    plot(rows, axes)
    assert [label.get_text() for label in axes.get_yticklabels()] == [row.name for row in rows][::-1]
    assert axes.texts[0].get_text() == "–"  # the last row has no average, as in the table


def test_names_in_file_names() -> None:
    assert safe_name("our method/7b (x)") == "our-method-7b-x"
    assert safe_name("///") == "method"
    assert label_files.clip_name("x.mp4") == "x"
