"""What `score` says and refuses."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from paths import smooth

from compare import protocols
from compare.scoring import score
from trajectory.errors import CinetrajError


def test_the_output_is_the_documented_shape_and_has_no_nan() -> None:
    result = score({"a": smooth(1), "b": smooth(2)}, {"a": smooth(2)}).to_json()
    assert set(result) == {"protocol", "clips", "summary", "coverage", "rows"}
    assert set(result["coverage"]) == {"ok", "all"}
    assert set(result["clips"]["a"]) == set(protocols.get("strict").metrics)
    assert result["clips"]["b"] == {"failed": "no generated clip has this name"}
    assert result["rows"]["b"] == {"fault": "model", "notes": []}
    assert result["rows"]["a"]["compared"] == 1
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    score({"a": smooth(1), "b": smooth(2)}, {"a": smooth(2)}, progress=lambda done, all: seen.append((done, all)))
    assert seen == [(1, 2), (2, 2)]


def test_unknown_protocols_and_metrics_are_refused() -> None:
    with pytest.raises(CinetrajError, match="strict"):
        score(smooth(1), smooth(1), protocol="stricter")
    odd = replace(protocols.get("strict"), metrics=("RotErr", "Beauty"))
    with pytest.raises(CinetrajError, match="metric 'Beauty' is not one of poses"):
        score({"a": smooth(1)}, {"a": smooth(1)}, protocol=odd)


@pytest.mark.parametrize("name", ["scores", "scores.csv", "scores.JSON", "a.strict"])
def test_scores_are_saved_under_a_name_that_says_what_they_are(tmp_path: Path, name: str) -> None:
    """JSON was written as .csv, and without a suffix no folder of scores knew the file."""
    result = score(smooth(1), smooth(2), model="mine")
    with pytest.raises(CinetrajError, match=r"ends in \.json and not .*, such as mine_strict\.json"):
        result.save(tmp_path / name)
    assert not list(tmp_path.iterdir())
    result.save(tmp_path / "mine.json")
    assert json.loads((tmp_path / "mine.json").read_text())["model"] == "mine"
