"""Tables that others read: nothing lost, nothing NaN, both policies, coverage."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from paths import smooth

from compare import tidy
from compare.report.tables import FEWER, FEWER_ALONE, clip_rows, leaderboard, to_csv, to_jsonl, to_markdown
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


def test_rows_of_clips_tell_protocols_of_one_name_apart_and_units_and_doubts() -> None:
    """Degrees and radians stood in one column, and nothing said that an estimate is not vouched for."""
    doubted = smooth(2).replace(provenance=Provenance(backend="auto", evidence={"status": "unreliable", "reason": "x"}))
    results = [score({"a": smooth(1)}, {"a": doubted}, protocol="relative-mean", angle=a) for a in ("rad", "deg")]
    rows = clip_rows(results)
    assert len({row["hash"] for row in rows}) == 2
    assert [row["units"].split(";")[0] for row in rows] == ["RotErr rad", "RotErr deg"]
    assert all("generated clip is unreliable: x" in row["notes"] for row in rows)
    assert all("generated clip is unreliable: x" in str(row["notes"]) for row in tidy.rows(results, of="scores"))


def test_markdown_tells_units_and_that_few_clips_make_narrow_intervals() -> None:
    few, many = (
        to_markdown([score({str(i): smooth(i) for i in ids}, {str(i): smooth(i + 9) for i in ids})])
        for ids in (range(2), range(6))
    )
    assert "units: RotErr deg, TransErr own extent, " in few
    assert "over fewer than 6 clips are too narrow" in few
    assert "too narrow" not in many


def test_markdown_is_sorted_and_escapes(results: list[Result]) -> None:
    text = to_markdown(results)
    assert text.index("| good |") < text.index("| poor\\|er |")
    assert "2/3" in text
    assert "undefined" in text
    assert "RotErr ↓" in text
    starred = to_markdown([replace(result, model=f"*{result.model}*") for result in results])
    assert "| \\*good\\* |" in starred  # it was slanted, without its stars
    assert "- \\*poor\\|er\\* − \\*good\\*: " in starred


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


def on_few(*models: str) -> list[dict]:
    """Saved scores of two clips, where the first model has a DirErr of both, others of one, and `none` of none."""
    records = []
    for model in models:
        record = score({"a": smooth(1), "b": smooth(2)}, {"a": smooth(3), "b": smooth(4)}, model=model).record()
        record["protocol"]["metrics"] = ["RotErr", "DirErr"]
        own = {} if model == "none" else {"a": 1.0, "b": 9.0} if model == models[0] else {"b": 5.0}
        for policy in ("drop", "worst"):
            record["values"][policy]["DirErr"] = own
        records.append(record)
    return records


def test_a_mean_over_fewer_clips_than_the_model_has_says_so() -> None:
    text = to_markdown(on_few("both", "one", "none"))
    assert re.findall(r"^\| (\w+) \| 2/2 .* \| ([^|]*) \|$", text, re.M) == [
        ("both", "9 (1 clip)"),
        ("one", "5 (1 clip)"),
        ("none", "undefined"),
    ]
    assert FEWER in text.splitlines()
    assert [row["clips"] for row in leaderboard(on_few("both", "one"))] == [2, 2]
    alone = to_markdown(on_few("both", "one")[1:])
    assert "| 5 (1 clip) |" in alone
    assert FEWER_ALONE in alone.splitlines()
    whole = to_markdown(on_few("both", "none"))  # a model without any value keeps none out
    assert "| 5 [1, 9] |" in whole
    assert "(n clips)" not in whole


def test_charged_clips_are_of_those_that_a_mean_is_over(results: list[Result]) -> None:
    poor, good = leaderboard(results)  # one of three clips of the first failed and is charged
    assert (poor["clips"], good["clips"], poor["RotErr_clips"]) == (3, 3, 3)
    # Smoothness has no worst value.
    (cells,) = re.findall(r"^\| poor.*\| 2/3 \|(.*) \|$", to_markdown(results), re.M)
    assert [cell.endswith("(2 clips)") for cell in cells.split(" | ")] == [False] * 7 + [True]


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
