"""Label files, the published table and the leaderboard."""

import json
from pathlib import Path

import pytest

from compare.benchmarks.camerabench.labels import SPLITS, clip_name, prevalence, read_labels
from compare.benchmarks.camerabench.leaderboard import (
    HEADS,
    chance_row,
)
from compare.benchmarks.camerabench.questions import TASKS
from trajectory.components import NAMES
from trajectory.errors import CinetrajError, ReadError


def write_split(folder: Path, split: str, rows: list[tuple[str, str]]) -> None:
    path = folder / "binary_classification" / f"{split}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [{"image": video, "question": "Q?", "label": label, "task": split} for video, label in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_our_splits_are_those_of_the_scores_in_the_same_order() -> None:
    assert SPLITS == NAMES
    assert len(HEADS) == len(SPLITS) == 15


def test_rows_are_read_in_their_order(tmp_path: Path) -> None:
    write_split(tmp_path, "Pan_Left", [("a.0.mp4", "Yes"), ("sub/b.1.2.mp4", "No")])
    read = read_labels(tmp_path)
    assert [(row.number, row.video, row.label) for row in read.binary["Pan_Left"]] == [
        (0, "a.0.mp4", "yes"),
        (1, "sub/b.1.2.mp4", "no"),
    ]
    assert read.binary_videos == {"a.0.mp4", "sub/b.1.2.mp4"}
    assert (clip_name("a.0.mp4"), clip_name("sub/b.1.2.mp4")) == ("a.0", "b.1.2")
    assert prevalence(read.binary["Pan_Left"]) == 0.5


def test_a_line_separator_inside_a_text_is_no_new_line(tmp_path: Path) -> None:
    path = tmp_path / "binary_classification" / "Static.jsonl"
    path.parent.mkdir()
    path.write_text('{"image": "a.mp4", "question": "one\u2028two", "label": "Yes"}\n', encoding="utf-8")
    assert read_labels(tmp_path).binary["Static"][0].question == "one\u2028two"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_label_files_may_have_been_saved_by_windows(tmp_path: Path, encoding: str) -> None:
    write_split(tmp_path, "Static", [("a.mp4", "Yes")])
    path = tmp_path / "binary_classification" / "Static.jsonl"
    path.write_text(path.read_text(), encoding=encoding)
    assert read_labels(tmp_path).binary_videos == {"a.mp4"}


def test_a_label_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    write_split(tmp_path, "Static", [("a.mp4", "Yes")])
    (tmp_path / "binary_classification" / "Static.jsonl").write_bytes(b"\x00\xff\x01")
    with pytest.raises(ReadError, match=r"Static\.jsonl: is no text"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "Static.jsonl:2: is not JSON"),
        ("[]", "holds a list"),
        ('{"image": "a.mp4", "question": "q", "label": "Maybe"}', "label='maybe'"),
        ('{"question": "q", "label": "Yes"}', "image=None"),
    ],
)
def test_broken_lines_are_named(tmp_path: Path, line: str, problem: str) -> None:
    write_split(tmp_path, "Static", [("a.mp4", "Yes")])
    path = tmp_path / "binary_classification" / "Static.jsonl"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ReadError, match=problem):
        read_labels(tmp_path)


def test_folders_without_labels_and_unknown_splits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds no binary_classification"):
        read_labels(tmp_path)
    write_split(tmp_path, "Fly", [("a.mp4", "Yes")])
    with pytest.raises(ReadError, match="is no split of CameraBench"):
        read_labels(tmp_path)
    with pytest.raises(CinetrajError, match="without rows"):
        prevalence(())


def test_chance_has_no_precision_where_there_is_one_class_or_no_row(tmp_path: Path) -> None:
    write_split(tmp_path, "Zoom_In", [("a.mp4", "No"), ("b.mp4", "No")])
    write_split(tmp_path, "Zoom_Out", [])
    write_split(tmp_path, "Static", [("a.mp4", "Yes"), ("b.mp4", "No")])
    chance = chance_row(read_labels(tmp_path))
    assert {split: value for split, value in chance.percent.items() if value is not None} == {"Static": 50.0}
    assert chance.average is None


def test_the_official_labels(shared: Path) -> None:
    official = read_labels(shared / "camerabench")
    assert tuple(official.binary) == SPLITS
    assert sum(len(rows) for rows in official.binary.values()) == 7679
    assert len(official.binary_videos) == 969
    assert set(official.tasks) == set(TASKS)
    assert sum(len(rows) for rows in official.tasks.values()) == 3543
    assert len(official.task_videos) == 1071
    names = official.binary_videos | official.task_videos
    assert len({clip_name(video) for video in names}) == len(names)
    chance = chance_row(official)
    published = (29.3, 9.7, 6.7, 8.6, 15.8, 11.5, 11.1, 10.2, 15.0, 15.4, 12.7, 7.7, 8.9, 10.2, 9.7)
    assert [chance.percent[s] for s in SPLITS] == pytest.approx(published, abs=0.05)
    assert chance.average == pytest.approx(12.2, abs=0.05)
