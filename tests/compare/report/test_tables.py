"""Tables that others read: nothing lost, nothing NaN, both policies, coverage."""

import csv
import io
import json
from pathlib import Path

import pytest
from paths import smooth

from compare.report.tables import clip_rows, leaderboard, to_csv, to_jsonl, to_markdown
from compare.scoring import Result, score
from trajectory.model import Provenance


@pytest.fixture(scope="module")
def results() -> list[Result]:
    references = {name: smooth(i) for i, name in enumerate("abc")}
    good = {name: smooth(i) for i, name in enumerate("abc")}
    poor = {name: smooth(i + 9) for i, name in enumerate("ab")}
    return [score(references, poor, model="poor|er"), score(references, good, model="good")]


def test_the_leaderboard_has_coverage_both_policies_and_intervals(results: list[Result]) -> None:
    poor, good = leaderboard(results)
    assert (poor["ok"], poor["all"], good["ok"], good["all"]) == (2, 3, 3, 3)
    assert poor["RotErr_worst"] > poor["RotErr_drop"]
    assert poor["RotErr"] == poor["RotErr_worst"]
    assert poor["RotErr_worst"] == pytest.approx((2 * poor["RotErr_drop"] + 180) / 3)
    assert poor["RotErr_low"] <= poor["RotErr"] <= poor["RotErr_high"]
    assert good["ZoomErr"] is None


def test_every_clip_is_a_row_and_says_why_it_failed(results: list[Result]) -> None:
    rows = clip_rows(results)
    assert len(rows) == 6
    (failed,) = [row for row in rows if row["status"] == "failed"]
    assert (failed["model"], failed["clip"]) == ("poor|er", "c")
    assert failed["reason"] == "no generated clip has this name"
    assert failed["RotErr"] is None


def test_the_texts_hold_the_same_numbers(results: list[Result]) -> None:
    rows = clip_rows(results)
    back = list(csv.DictReader(io.StringIO(to_csv(rows))))
    lines = [json.loads(line) for line in to_jsonl(rows).splitlines()]
    assert lines == rows
    for text, row in zip(back, rows, strict=True):
        assert text["clip"] == row["clip"]
        assert (float(text["TransErr"]) if text["TransErr"] else None) == row["TransErr"]
    assert "nan" not in to_csv(rows).lower()


def test_markdown_is_sorted_and_escapes(results: list[Result]) -> None:
    text = to_markdown(results)
    assert text.index("| good |") < text.index("| poor\\|er |")
    assert "2/3" in text
    assert "undefined" in text
    assert "RotErr ↓" in text


def test_the_head_says_what_the_brackets_are(results: list[Result]) -> None:
    head = to_markdown(results).splitlines()[0]
    assert head.endswith("(failures: worst; [square brackets]: 95 % over clips; (round brackets): failures under drop)")
    one = score({"a": smooth(1)}, {"a": smooth(2)})
    assert to_markdown([one]).splitlines()[0].endswith("(failures: worst)")  # one clip has no interval
    two = score({"a": smooth(1), "b": smooth(2)}, {"a": smooth(3), "b": smooth(4)})
    assert to_markdown([two]).splitlines()[0].endswith("(failures: worst; [square brackets]: 95 % over clips)")


def test_models_by_a_ratio_are_sorted_by_how_far_each_clip_is_from_one() -> None:
    records = [score({"a": smooth(1), "b": smooth(2)}, {"a": smooth(1), "b": smooth(2)}).record() for _ in range(2)]
    for record, name, values in zip(records, ("wild", "near"), ([0.0, 2.0], [0.7, 0.8]), strict=True):
        record["model"] = name
        record["protocol"]["metrics"] = ["MotionRatio"]
        record["values"]["worst"]["MotionRatio"] = dict(zip("ab", values, strict=True))
    text = to_markdown(records)
    assert text.index("| near |") < text.index("| wild | ")  # though the mean of 0 and 2 is 1
    assert "- wild − near, how far from 1 (size of the logarithm): " in text


def test_a_mismatch_of_estimators_is_a_warning_in_the_table() -> None:
    a = smooth(1, provenance=Provenance(backend="auto", versions={"sfm": "1"}))
    b = smooth(1, provenance=Provenance(backend="colmap", versions={"pycolmap": "4"}))
    mixed, alike = score({"x": a}, {"x": b}, model="mixed"), score({"x": a}, {"x": a}, model="alike")
    assert alike.warnings == ()
    assert "estimated differently in 1 pair (x)" in mixed.warnings[0]
    exact = smooth(1, provenance=Provenance(backend="rendered", config={"seed": 3}))
    assert score({"x": exact}, {"x": a}).warnings == ()  # rendered truth is no estimate
    assert score({"x": smooth(1)}, {"x": a}).warnings == ()  # nor is a plain file
    assert "mixed ⚠" in to_markdown([mixed, alike])
    assert "estimated differently" in to_csv(leaderboard([mixed]))
    assert mixed.to_json()["protocol"]["estimators"]["generated"] == ["colmap (pycolmap 4) {}"]
    assert mixed.to_json()["protocol"]["warnings"] == list(mixed.warnings)


def test_saved_scores_give_the_same_tables(results: list[Result], tmp_path: Path) -> None:
    for result in results:
        result.save(tmp_path / f"{result.model.replace('|', '_')}.json")
    saved = [json.loads(file.read_text()) for file in sorted(tmp_path.iterdir(), reverse=True)]
    assert [record["model"] for record in saved] == ["poor|er", "good"]
    assert to_markdown(saved) == to_markdown(results)
    assert clip_rows(saved) == clip_rows(results)
