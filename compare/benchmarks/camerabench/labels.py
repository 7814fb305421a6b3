"""The official CameraBench label files: 15 binary splits and 81 tasks of video pairs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from trajectory.components import NAMES
from trajectory.errors import CinetrajError, ReadError
from trajectory.files import decoded

SPLITS = NAMES
"""The 15 binary splits, in the order of the published table's columns."""

_GET = "the label files come with the evaluation code of the benchmark (folder camerabench/data of t2v_metrics)"


@dataclass(frozen=True, kw_only=True)
class BinaryRow:
    """One clip of a binary split. `number` counts the rows of the split from 0, as the official sample_id does."""

    number: int
    video: str
    question: str
    label: Literal["yes", "no"]


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """One pair of a task: the positive text is true of the positive video and false of the negative one."""

    number: int
    pos_video: str
    neg_video: str
    pos_question: str
    neg_question: str


@dataclass(frozen=True, kw_only=True)
class Labels:
    """All label files of a folder.

    Attributes:
        binary: rows by split name, in the order of `SPLITS`.
        tasks: pairs by "skill/task", as the folders are named.
    """

    binary: Mapping[str, tuple[BinaryRow, ...]]
    tasks: Mapping[str, tuple[PairRow, ...]]

    @property
    def binary_videos(self) -> frozenset[str]:
        """File names of all clips of the binary splits (969 in the published set)."""
        return frozenset(row.video for rows in self.binary.values() for row in rows)

    @property
    def task_videos(self) -> frozenset[str]:
        """File names of all clips of the tasks (1071 in the published set)."""
        return frozenset(v for rows in self.tasks.values() for row in rows for v in (row.pos_video, row.neg_video))


def clip_name(video: str) -> str:
    """The name of a clip's run: its file name without folder and last suffix."""
    return Path(video).stem


def read_labels(folder: str | Path) -> Labels:
    """Read `binary_classification/*.jsonl` and `vqa_and_retrieval/*/*.jsonl` below `folder`.

    Either of the two may be absent, not both.

    Raises:
        ReadError: no label file, an unknown split, or a line that is not as the format says.
    """
    root = Path(folder)
    binary_files = {path.stem: path for path in sorted(root.glob("binary_classification/*.jsonl"))}
    task_files = {f"{path.parent.name}/{path.stem}": path for path in sorted(root.glob("vqa_and_retrieval/*/*.jsonl"))}
    if not binary_files and not task_files:
        raise ReadError(root, "holds no binary_classification/*.jsonl and no vqa_and_retrieval/*/*.jsonl", remedy=_GET)
    for name in binary_files:
        if name not in SPLITS:
            raise ReadError(binary_files[name], "is no split of CameraBench", remedy=f"expected {', '.join(SPLITS)}")
    return Labels(
        binary={name: tuple(_binary_rows(binary_files[name])) for name in SPLITS if name in binary_files},
        tasks={name: tuple(_pair_rows(path)) for name, path in task_files.items()},
    )


def prevalence(rows: tuple[BinaryRow, ...]) -> float:
    """Share of positives: the average precision that chance reaches."""
    if not rows:
        raise CinetrajError("a split without rows has no prevalence; give a label file with at least one line")
    return sum(row.label == "yes" for row in rows) / len(rows)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        whole = decoded(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(path, f"is no text ({error})", remedy=_GET) from error
    for line, text in enumerate(whole.split("\n"), start=1):
        if not text.strip():
            continue
        try:
            value: object = json.loads(text)
        except json.JSONDecodeError as error:
            raise ReadError(path, f"is not JSON ({error.msg})", line=line, remedy=_GET) from error
        if not isinstance(value, dict):
            raise ReadError(path, f"holds a {type(value).__name__}, expected an object", line=line, remedy=_GET)
        yield line, cast("dict[str, Any]", value)


def _text(path: Path, line: int, record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value:
        raise ReadError(path, f"has {key}={value!r}, expected a text", line=line, remedy=_GET)
    return value


def _binary_rows(path: Path) -> Iterator[BinaryRow]:
    for number, (line, record) in enumerate(_lines(path)):
        label = _text(path, line, record, "label").lower()
        if label not in ("yes", "no"):
            raise ReadError(path, f"has label={label!r}, expected Yes or No", line=line, remedy=_GET)
        yield BinaryRow(
            number=number,
            video=_text(path, line, record, "image"),
            question=_text(path, line, record, "question"),
            label="yes" if label == "yes" else "no",
        )


def _pair_rows(path: Path) -> Iterator[PairRow]:
    for number, (line, record) in enumerate(_lines(path)):
        yield PairRow(
            number=number,
            pos_video=_text(path, line, record, "pos_video"),
            neg_video=_text(path, line, record, "neg_video"),
            pos_question=_text(path, line, record, "pos_question"),
            neg_question=_text(path, line, record, "neg_question"),
        )
