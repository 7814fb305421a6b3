"""The evaluation of score files: laws of ranking, the official numbers, and failures that stay in sight."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare.benchmarks.camerabench.evaluate import evaluate_binary, evaluate_tasks, rank_scores
from compare.benchmarks.camerabench.score_files import (
    BINARY_PATTERN,
    CORNERS,
    NEEDS_SCENE,
    PAIR_PATTERN,
    find_score_files,
    write_score_file,
)
from trajectory.errors import CinetrajError, ReadError

RANKED = st.lists(st.tuples(st.booleans(), st.integers(-20, 20)), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(label for label, _ in rows) < len(rows)
)


def binary_row(label: str, score: float | None, error: str | None = None) -> dict[str, Any]:
    return {"sample_id": "0", "video_path": "a.mp4", "ground_truth_label": label, "score": score, "error": error}


def binary_file(folder: Path, rows: list[dict[str, Any]], *, split: str = "Move_In", model: str = "m") -> Path:
    path = folder / f"classification_scores_{model}_{split}.json"
    return write_score_file(path, metadata={"model_name": model, "split_name": split}, rows=rows)


def pair_row(yes: tuple[float, float, float, float] | None, error: str | None = None) -> dict[str, Any]:
    if yes is None:
        return {"yes_scores": None, "no_scores": None, "error": error}
    scores = dict(zip(CORNERS, yes, strict=True))
    return {"yes_scores": scores, "no_scores": {k: 1 - v for k, v in scores.items()}, "error": error}


def pair_file(folder: Path, rows: list[dict[str, Any]], *, task: str = "t") -> Path:
    metadata = {"model_name": "m", "skill_name": "s", "task_name": task, "split_name": f"s_{task}"}
    return write_score_file(folder / f"vqa_retrieval_scores_m_{task}.json", metadata=metadata, rows=rows)


def precision_by_hand(labels: list[bool], scores: list[float]) -> float:
    """Average precision from its definition: precision at every distinct threshold, weighted by the gain in recall."""
    total, before = 0.0, 0
    for threshold in sorted(set(scores), reverse=True):
        chosen = [label for label, score in zip(labels, scores, strict=True) if score >= threshold]
        total += (sum(chosen) - before) / sum(labels) * sum(chosen) / len(chosen)
        before = sum(chosen)
    return total


@settings(deadline=None)
@given(RANKED)
def test_average_precision_is_its_definition_and_sees_only_the_order(rows: list[tuple[bool, int]]) -> None:
    labels, scores = [row[0] for row in rows], [float(row[1]) for row in rows]
    ranked = rank_scores(labels, scores)
    assert ranked is not None
    assert ranked[0] == pytest.approx(precision_by_hand(labels, scores), abs=1e-12)
    assert rank_scores(labels, [math.exp(s / 10) for s in scores]) == pytest.approx(ranked, abs=1e-12)


@settings(deadline=None)
@given(RANKED)
def test_a_constant_score_reaches_the_share_of_positives_and_nan_ranks_last(rows: list[tuple[bool, int]]) -> None:
    labels, scores = [row[0] for row in rows], [float(row[1]) for row in rows]
    constant = rank_scores(labels, [1.0] * len(labels))
    assert constant == pytest.approx((sum(labels) / len(labels), 0.5))
    with_failure = rank_scores([*labels, True], [*scores, math.nan])
    assert with_failure == pytest.approx(rank_scores([*labels, True], [*scores, -1e6]))


def assert_contains(found: Any, expected: Any, where: str = "") -> None:
    """Every field of the official output is there, numbers within 1e-9."""
    if isinstance(expected, dict):
        for key in set(expected) - {"evaluation_timestamp"}:
            assert key in found, f"{where}/{key}"
            assert_contains(found[key], expected[key], f"{where}/{key}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-9, rel=0), where
    else:
        assert found == expected, where


def test_the_official_numbers(shared: Path) -> None:
    golden = shared / "golden" / "camerabench"
    binary = evaluate_binary(find_score_files(golden / "scores", BINARY_PATTERN), failures="drop")
    assert_contains(binary, json.loads((golden / "expected_binary.json").read_text()))
    tasks = evaluate_tasks(find_score_files(golden / "scores", PAIR_PATTERN), failures="drop")
    assert_contains(tasks, json.loads((golden / "expected_vqa.json").read_text()))


def test_failures_last_never_flatters_a_task_and_counts_every_row(shared: Path) -> None:
    scores = shared / "golden" / "camerabench" / "scores"
    files = find_score_files(scores, PAIR_PATTERN)
    last, drop = evaluate_tasks(files, failures="last"), evaluate_tasks(files, failures="drop")
    for key, kept in last["results_by_split"].items():
        dropped = drop["results_by_split"][key]
        failed = kept["failures"]["with_error"]
        assert kept["vqa"]["num_samples"] == dropped["vqa"]["num_samples"] + failed
        assert failed > 0
        assert kept["vqa"]["binary_acc"] < dropped["vqa"]["binary_acc"]
    binary = evaluate_binary(find_score_files(scores, BINARY_PATTERN), failures="last")
    for result in binary["results_by_split"].values():
        assert result["num_samples"] == result["failures"]["rows"]
        assert result["failures"]["with_error"] > 0


def test_an_error_is_ranked_last_or_left_out(tmp_path: Path) -> None:
    rows = [binary_row("yes", 3.0), binary_row("no", 1.0), binary_row("yes", None, "not estimated")]
    path = binary_file(tmp_path, rows)
    assert evaluate_binary([path], failures="drop")["overall_average_precision"] == 1.0
    last = evaluate_binary([path], failures="last")["results_by_split"]["m_Move_In"]
    assert last["average_precision"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert last["failures"] == {"with_error": 1, "without_finite_score": 0, "rows": 3}


def test_nan_without_error_is_ranked_last_in_both_modes(tmp_path: Path) -> None:
    path = binary_file(tmp_path, [binary_row("yes", 3.0), binary_row("no", 1.0), binary_row("yes", math.nan)])
    assert "NaN" in path.read_text()
    for failures in ("last", "drop"):
        result = evaluate_binary([path], failures=failures)["results_by_split"]["m_Move_In"]  # type: ignore[arg-type]
        assert result["num_samples"] == 3
        assert result["average_precision"] == pytest.approx(5 / 6)
        assert result["failures"]["without_finite_score"] == 1


def test_one_class_is_undefined_and_not_zero(tmp_path: Path) -> None:
    one = binary_file(tmp_path, [binary_row("no", 1.0), binary_row("no", 2.0)])
    two = binary_file(tmp_path, [binary_row("yes", 1.0), binary_row("no", 0.0)], split="Static")
    result = evaluate_binary([one, two])
    assert "2 rows with 0 positives" in result["results_by_split"]["m_Move_In"]["average_precision"]["undefined"]
    assert (result["overall_average_precision"], result["evaluated_splits"], result["total_splits"]) == (1.0, 1, 2)


def test_a_tie_is_wrong(tmp_path: Path) -> None:
    right = pair_row((0.9, 0.1, 0.2, 0.8))
    result = evaluate_tasks([pair_file(tmp_path, [right, pair_row((0.5, 0.5, 0.5, 0.5))])])
    metrics = result["results_by_split"]["m_s_t"]
    assert metrics["vqa"] == {"binary_acc": 0.5, "question_acc": 0.5, "num_samples": 2}
    assert metrics["retrieval"] == {"text": 0.5, "image": 0.5, "group": 0.5, "num_samples": 2}


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=8))
def test_task_metrics_by_hand(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, ...]]) -> None:
    path = pair_file(tmp_path_factory.mktemp("pairs"), [pair_row(row) for row in rows])  # type: ignore[arg-type]
    metrics = evaluate_tasks([path])["results_by_split"]["m_s_t"]
    answers = [(pp > 1 - pp, 1 - pn > pn, 1 - np_ > np_, nn > 1 - nn) for pp, pn, np_, nn in rows]
    assert metrics["vqa"]["binary_acc"] == pytest.approx(np.mean(answers))
    assert metrics["vqa"]["question_acc"] == pytest.approx(np.mean([[a and b, c and d] for a, b, c, d in answers]))
    text = [pp > np_ and nn > pn for pp, pn, np_, nn in rows]
    image = [pp > pn and nn > np_ for pp, pn, np_, nn in rows]
    group = [a and b for a, b in zip(text, image, strict=True)]
    found = metrics["retrieval"]
    assert [found["text"], found["image"], found["group"]] == pytest.approx([np.mean(v) for v in (text, image, group)])


def test_tasks_that_need_the_scene_are_listed_and_count_as_zero_over_all(tmp_path: Path) -> None:
    files = [
        pair_file(tmp_path, [pair_row((0.9, 0.1, 0.2, 0.8))], task="seen"),
        pair_file(tmp_path, [pair_row(None, NEEDS_SCENE)], task="scene"),
        pair_file(tmp_path, [pair_row(None, "a: not estimated")], task="failed"),
    ]
    last = evaluate_tasks(files, failures="last")
    assert last["unaddressed"] == ["m_s_scene"]
    assert last["overall_binary_acc"] == 0.5  # the failed task is wrong, the one that was never addressed is not in
    assert last["overall_over_all_tasks"]["binary_acc"] == pytest.approx(1 / 3)
    drop = evaluate_tasks(files, failures="drop")
    assert (drop["overall_binary_acc"], drop["evaluated_splits"], drop["total_splits"]) == (1.0, 1, 3)


def test_a_task_file_needs_no_skill_and_rows_of_pairs(tmp_path: Path) -> None:
    corners = {
        "pos_text_pos_image": 1.0,
        "pos_text_neg_image": 0.0,
        "neg_text_pos_image": 0.0,
        "neg_text_neg_image": 1.0,
    }
    other = {name: 0.5 for name in corners}
    rows: list[dict[str, Any]] = [{"error": None, "yes_scores": corners, "no_scores": other}]
    metadata = {"model_name": "ours", "split_name": "pans"}
    path = write_score_file(tmp_path / "vqa_retrieval_scores_pans.json", metadata=metadata, rows=rows)
    assert evaluate_tasks([path])["overall_binary_acc"] == 1.0
    rows = [{"error": None, "score": 1.0, "ground_truth_label": "yes"}]
    write_score_file(path, metadata=metadata, rows=rows)
    with pytest.raises(ReadError, match="where pairs are asked"):
        evaluate_tasks([path])


def test_two_files_of_one_key_are_refused(tmp_path: Path) -> None:
    row = [binary_row("yes", 1.0), binary_row("no", 0.0)]
    first = binary_file(tmp_path, row)
    (tmp_path / "b").mkdir()
    second = binary_file(tmp_path / "b", row)
    with pytest.raises(CinetrajError, match="same key 'm_Move_In'"):
        evaluate_binary([first, second])
    with pytest.raises(CinetrajError, match="no score files"):
        evaluate_binary([])


def test_an_error_without_a_label_cannot_be_ranked(tmp_path: Path) -> None:
    path = binary_file(tmp_path, [{"error": "broken"}, binary_row("yes", 1.0)])
    with pytest.raises(ReadError, match="rows with errors too"):
        evaluate_binary([path], failures="last")
