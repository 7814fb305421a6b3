"""Reading and writing the official score files, `classification_scores_*.json` and `vqa_retrieval_scores_*.json`."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from trajectory.errors import ReadError
from trajectory.files import read_json, write_whole

Failures = Literal["last", "drop"]
"""What a clip without an answer does to a score: "last" keeps it, ranked last or wrong; "drop" leaves it out."""

BINARY_PATTERN = "classification_scores_*.json"
PAIR_PATTERN = "vqa_retrieval_scores_*.json"
CORNERS = ("pos_text_pos_image", "pos_text_neg_image", "neg_text_pos_image", "neg_text_neg_image")
"""The four questions of a pair, as the official files name them."""
NEEDS_SCENE = "needs scene content"
"""The error of a task that no camera path can answer."""


@dataclass(frozen=True, kw_only=True)
class ScoreFile:
    """A score file as read: `metadata` and one mapping per row, fields as the official format names them."""

    path: Path
    metadata: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def key(self) -> str:
        """model[_checkpoint]_split, the name under which the official evaluation keeps a result."""
        model = str(self.metadata.get("model_name", "Unknown_Model"))
        checkpoint = str(self.metadata.get("checkpoint") or "").split("/")[-1]
        return "_".join(part for part in (model, checkpoint, self.split) if part)

    @property
    def split(self) -> str:
        """Name of the split; a task file without one goes by its skill, as in the official evaluation."""
        return str(self.metadata.get("split_name", self.metadata.get("skill_name", self.path.stem)))


def write_score_file(path: str | Path, *, metadata: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write one score file, complete or not at all. A NaN score is written as NaN, which the official code reads."""
    return write_whole(path, json.dumps({"metadata": dict(metadata), "scores": list(rows)}))


def read_score_file(path: str | Path) -> ScoreFile:
    """Read a score file and check that every row has what the evaluation needs.

    Raises:
        ReadError: not JSON, no rows, or a row without its scores; names the row.
    """
    source = Path(path)
    remedy = "write it in the benchmark's format: metadata, and scores with error and either score or yes_scores"
    content = read_json(source, remedy=remedy)
    whole = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    rows = whole.get("scores")
    if not isinstance(rows, list):
        raise ReadError(source, "has no list named scores", remedy=remedy)
    metadata: Any = whole.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise ReadError(source, "has metadata that are no object", remedy=remedy)
    scores = cast("list[Any]", rows)
    for number, row in enumerate(scores):
        problem = _row_problem(row)
        if problem:
            raise ReadError(source, f"scores[{number}] {problem}", remedy=remedy)
    return ScoreFile(path=source, metadata=cast("dict[str, Any]", metadata), rows=tuple(scores))


def find_score_files(folder: str | Path, pattern: str) -> tuple[Path, ...]:
    """The score files of a folder in the order of their names."""
    return tuple(sorted(Path(folder).glob(pattern)))


def _row_problem(value: object) -> str | None:
    if not isinstance(value, dict):
        return f"is a {type(value).__name__}, expected an object"
    row = cast("dict[str, Any]", value)
    if "error" not in row:
        return "has no field error"
    if row["error"] is not None:
        return None
    if "score" in row:
        if str(row.get("ground_truth_label", "")).lower() not in ("yes", "no"):
            return f"has ground_truth_label={row.get('ground_truth_label')!r}, expected yes or no"
        if row["score"] is not None and not _is_number(row["score"]):
            return f"has score={row['score']!r}, expected a number"
        return None
    for side in ("yes_scores", "no_scores"):
        given = row.get(side)
        values = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        if not all(_is_number(values.get(name)) for name in CORNERS):
            return f"has no {side} with {', '.join(CORNERS)}"
    return None


def _is_number(value: object) -> bool:
    """Whether it is a number that double precision holds, or is NaN or infinite."""
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= sys.float_info.max)
