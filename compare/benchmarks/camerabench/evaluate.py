# pyright: basic
# (sklearn has no types)
"""The official evaluation of score files, with the failures that it drops in plain sight.

`binary_classification_evaluation.py` and `vqa_and_retrieval_evaluation.py` of the benchmark leave out every row with
an error; with `failures="drop"` the numbers here are theirs. With `failures="last"` such rows stay: ranked below all
others in a binary split (as the authors do for their own SfM table), wrong in a task.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from compare.benchmarks.camerabench.score_files import CORNERS, NEEDS_SCENE, Failures, ScoreFile, read_score_file
from trajectory.errors import CinetrajError, ReadError

RANKED_LAST = -1e10
"""What the official code puts in the place of a score that is not finite."""


def evaluate_binary(files: Iterable[str | Path], *, failures: Failures = "last") -> dict[str, Any]:
    """Average precision and ROC AUC of binary score files, laid out as the official evaluation writes them.

    Beyond the official fields every split has `failures` (rows with an error, and rows without a finite score).
    A split with one class only has `{"undefined": reason}` where the official script writes 0.

    Raises:
        CinetrajError: no files, or two files with the same key, of which the official script would hide one.
    """
    sources = _by_key(files)
    results = {key: {**_binary_metrics(source, failures), **_identity(source, key)} for key, source in sources.items()}
    precision = [r["average_precision"] for r in results.values() if isinstance(r["average_precision"], float)]
    auc = [r["roc_auc"] for r in results.values() if isinstance(r["roc_auc"], float)]
    statistics = None
    if precision:
        statistics = {
            "mean_average_precision": float(np.mean(precision)),
            "std_average_precision": float(np.std(precision)),
            "mean_roc_auc": float(np.mean(auc)),
            "std_roc_auc": float(np.std(auc)),
            "evaluated_splits": len(precision),
        }
    return {
        "failures_mode": failures,
        "overall_average_precision": statistics["mean_average_precision"] if statistics else None,
        "overall_roc_auc": statistics["mean_roc_auc"] if statistics else None,
        "total_splits": len(results),
        "evaluated_splits": len(precision),
        "overall_statistics": statistics,
        "results_by_split": results,
    }


def evaluate_tasks(files: Iterable[str | Path], *, failures: Failures = "last") -> dict[str, Any]:
    """Question and retrieval accuracies of task score files, laid out as the official evaluation writes them.

    binary_acc: share of the four (question, clip) answers that are right; question_acc: both clips right for a
    question; text, image, group: as in Winoground (Thrush et al. 2022, eq. 1 to 3). Every comparison is strict.
    Tasks that ask for scene content are listed under `unaddressed`; `overall_over_all_tasks` counts them as 0.

    Raises:
        CinetrajError: no files, or two files with the same key.
    """
    sources = _by_key(files)
    unaddressed = [k for k, s in sources.items() if s.rows and all(row["error"] == NEEDS_SCENE for row in s.rows)]
    results = {
        key: {**_identity(source, key), **_task_metrics(source, failures)}
        for key, source in sources.items()
        if key not in unaddressed
    }
    scored = {key: value for key, value in results.items() if value["vqa"]["num_samples"]}
    statistics: dict[str, Any] = {}
    if scored:
        statistics["vqa"] = _spread([r["vqa"] for r in scored.values()], ("binary_acc", "question_acc"))
        statistics["retrieval"] = _spread([r["retrieval"] for r in scored.values()], ("text", "image", "group"))
        # The official code looks for "complex description" with a space and "caption" to tell the two kinds apart.
        captions = {k for k, r in scored.items() if _is_caption(r.get("skill_name", ""))}
        for name, keys in (("skill", set(scored) - captions), ("caption", captions)):
            if keys:
                group = [r["retrieval"] for k, r in scored.items() if k in keys]
                statistics[f"retrieval_{name}_based"] = _spread(group, ("text", "image", "group"))
    summary: dict[str, Any] = {
        "failures_mode": failures,
        "evaluation_mode": "both",
        "total_splits": len(sources),
        "evaluated_splits": len(scored),
        "unaddressed": unaddressed,
    }
    share = len(scored) / len(sources)
    for prefix, group, names in (
        ("overall", "vqa", ("binary_acc", "question_acc")),
        ("overall_retrieval", "retrieval", ("text", "image", "group")),
        ("skill_based_retrieval", "retrieval_skill_based", ("text", "image", "group")),
        ("caption_based_retrieval", "retrieval_caption_based", ("text", "image", "group")),
    ):
        for name in names if group in statistics else ():
            summary[f"{prefix}_{name}"] = statistics[group][f"mean_{name}"]
    if scored:
        summary["overall_over_all_tasks"] = {
            name: summary[f"overall_{name}"] * share for name in ("binary_acc", "question_acc")
        }
    return {**summary, "overall_statistics": statistics, "results_by_split": results}


def rank_scores(
    labels: Sequence[bool], scores: Float[np.ndarray, " n"] | Sequence[float]
) -> tuple[float, float] | None:
    """Average precision and ROC AUC of scores (NaN ranks last), or None where only one class is present."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    truth = np.asarray(labels, dtype=bool)
    if truth.all() or not truth.any():
        return None
    values = np.asarray(scores, dtype=np.float64)
    values = np.where(np.isfinite(values), values, RANKED_LAST)
    return float(average_precision_score(truth, values)), float(roc_auc_score(truth, values))


def _binary_metrics(source: ScoreFile, failures: Failures) -> dict[str, Any]:
    kept = [row for row in source.rows if failures == "last" or row["error"] is None]
    scores = np.array([_score(row) for row in kept], dtype=np.float64)
    labels = [_is_positive(source, row) for row in kept]
    ranked = rank_scores(labels, scores)
    undefined = {"undefined": f"{len(kept)} rows with {sum(labels)} positives; both classes are needed"}
    return {
        "average_precision": undefined if ranked is None else ranked[0],
        "roc_auc": undefined if ranked is None else ranked[1],
        "num_samples": len(kept),
        "num_positive": sum(labels),
        "num_negative": len(kept) - sum(labels),
        "positive_ratio": sum(labels) / len(kept) if kept else 0.0,
        "failures": {
            "with_error": sum(row["error"] is not None for row in source.rows),
            "without_finite_score": sum(row["error"] is None and not math.isfinite(_score(row)) for row in source.rows),
            "rows": len(source.rows),
        },
    }


def _is_positive(source: ScoreFile, row: Mapping[str, Any]) -> bool:
    label = str(row.get("ground_truth_label", "")).lower()
    if label not in ("yes", "no"):
        raise ReadError(
            source.path, f"has ground_truth_label={label!r}", remedy="write yes or no, in rows with errors too"
        )
    return label == "yes"


def _score(row: Mapping[str, Any]) -> float:
    value = row.get("score") if row["error"] is None else None
    return math.nan if value is None else float(value)


def _task_metrics(source: ScoreFile, failures: Failures) -> dict[str, Any]:
    answered = [row for row in source.rows if row["error"] is None]
    if any("yes_scores" not in row for row in answered):
        remedy = "write yes_scores and no_scores in each row, or name the file classification_scores_*.json"
        raise ReadError(source.path, "has rows with a score of one clip, where pairs are asked", remedy=remedy)
    count = len(source.rows) if failures == "last" else len(answered)
    yes = np.array([[row["yes_scores"][name] for name in CORNERS] for row in answered], dtype=np.float64).reshape(-1, 4)
    no = np.array([[row["no_scores"][name] for name in CORNERS] for row in answered], dtype=np.float64).reshape(-1, 4)
    # Columns in the order of CORNERS: the right answers are yes, no, no, yes.
    right = np.column_stack([yes[:, 0] > no[:, 0], no[:, 1] > yes[:, 1], no[:, 2] > yes[:, 2], yes[:, 3] > no[:, 3]])
    text = (yes[:, 0] > yes[:, 2]) & (yes[:, 3] > yes[:, 1])
    image = (yes[:, 0] > yes[:, 1]) & (yes[:, 3] > yes[:, 2])
    questions = int((right[:, 0] & right[:, 1]).sum()) + int((right[:, 2] & right[:, 3]).sum())

    def share(correct: int, total: int) -> float:
        return correct / total if total else 0.0

    return {
        "vqa": {
            "binary_acc": share(int(right.sum()), 4 * count),
            "question_acc": share(questions, 2 * count),
            "num_samples": count,
        },
        "retrieval": {
            "text": share(int(text.sum()), count),
            "image": share(int(image.sum()), count),
            "group": share(int((text & image).sum()), count),
            "num_samples": count,
        },
        "failures": {"with_error": len(source.rows) - len(answered), "rows": len(source.rows)},
    }


def _spread(metrics: Sequence[Mapping[str, float]], names: Sequence[str]) -> dict[str, Any]:
    spread: dict[str, Any] = {}
    for name in names:
        values = [m[name] for m in metrics]
        spread |= {f"mean_{name}": float(np.mean(values)), f"std_{name}": float(np.std(values))}
    return {**spread, "evaluated_splits": len(metrics)}


def _is_caption(skill: str) -> bool:
    return "complex description" in skill.lower() or "caption" in skill.lower()


def _identity(source: ScoreFile, key: str) -> dict[str, Any]:
    metadata = dict(source.metadata)
    identity: dict[str, Any] = {"split_name": source.split}
    if "skill_name" in metadata or "task_name" in metadata:
        identity |= {"skill_name": metadata.get("skill_name", ""), "task_name": metadata.get("task_name", "")}
    return {
        **identity,
        "model_name": metadata.get("model_name", "Unknown_Model"),
        "checkpoint": metadata.get("checkpoint", ""),
        "unique_id": key,
        "metadata": metadata,
    }


def _by_key(files: Iterable[str | Path]) -> dict[str, ScoreFile]:
    sources: dict[str, ScoreFile] = {}
    for path in files:
        source = read_score_file(path)
        if source.key in sources:
            raise CinetrajError(
                f"{source.path} and {sources[source.key].path} have the same key {source.key!r}, expected one file per "
                "model and split; give each its own split_name"
            )
        sources[source.key] = source
    if not sources:
        raise CinetrajError("no score files to evaluate; give at least one")
    return sources
