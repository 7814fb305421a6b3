"""The official score files, read and written."""

from pathlib import Path

import pytest

from compare.benchmarks.camerabench.score_files import read_score_file, write_score_file
from trajectory.errors import ReadError


def test_the_key_is_the_official_one(tmp_path: Path) -> None:
    metadata = {"model_name": "qwen", "checkpoint": "org/name-7b", "split_name": "Static"}
    path = write_score_file(tmp_path / "x.json", metadata=metadata, rows=[])
    assert read_score_file(path).key == "qwen_name-7b_Static"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("no json", "is no JSON file"),
        ("[]", "has no list named scores"),
        ('{"scores": [3]}', r"scores\[0\] is a int"),
        ('{"scores": [{"score": 1}]}', "has no field error"),
        ('{"scores": [{"score": 1, "error": null, "ground_truth_label": "maybe"}]}', "expected yes or no"),
        ('{"scores": [{"score": "1", "error": null, "ground_truth_label": "yes"}]}', "expected a number"),
        ('{"scores": [{"yes_scores": {}, "error": null}]}', "has no yes_scores"),
        ('{"scores": [], "metadata": [1]}', "metadata that are no object"),
        (f'{{"scores": [{{"score": {10**400}, "error": null, "ground_truth_label": "no"}}]}}', "expected a number"),
    ],
)
def test_broken_score_files_are_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "classification_scores_x.json"
    path.write_text(content)
    with pytest.raises(ReadError, match=problem) as caught:
        read_score_file(path)
    assert "\n" not in str(caught.value)
