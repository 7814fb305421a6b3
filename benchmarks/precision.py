"""Average precision of the primitives over rendered clips, by both rules, and what is taken for what."""

from collections.abc import Callable
from typing import Any

import numpy as np

from trajectory.components import NAMES

Rows = list[dict[str, Any]]
RANKS = ("amount", "likelihood")
LAST = -1e10
"""Score of what has none: ranked last, as the authors of CameraBench do."""


def average_precision(rows: Rows, rule: str) -> dict[str, Any]:
    """AP of each primitive (scikit-learn) over the clips that are asked for it, and their mean.

    Clips without a trajectory stay in, with the last rank. `chance` is the share of positives.
    """
    from sklearn.metrics import average_precision_score

    table: dict[str, Any] = {}
    for name in NAMES:
        asked = [r for r in rows if r.get("labels", {}).get(name) is not None]
        truth = np.array([bool(r["labels"][name]) for r in asked])
        if not truth.any() or truth.all():
            table[name] = {"ap": None, "positives": int(truth.sum()), "clips": len(asked)}
            continue
        given = [r.get(rule, {}).get(name) for r in asked]
        scores = np.array([LAST if score is None else score for score in given])
        table[name] = {
            "ap": round(100 * float(average_precision_score(truth, scores)), 2),
            "chance": round(100 * float(truth.mean()), 1),
            "positives": int(truth.sum()),
            "clips": len(asked),
            "unscored": sum(score is None for score in given),
        }
    known = [line["ap"] for line in table.values() if line["ap"] is not None]
    return {"mean_ap": round(float(np.mean(known)), 2) if known else None, "primitives": table}


def decisions(rows: Rows) -> dict[str, Any]:
    """Yes and no by rule apparent: for each true primitive, what was said; and the error rates over all questions."""
    table: dict[str, dict[str, int]] = {}
    missed, invented, positives, negatives = [], [], 0, 0
    for row in rows:
        said = set(row.get("decisions", []))
        for name, label in row.get("labels", {}).items():
            if label is None:
                continue
            positives, negatives = positives + label, negatives + (not label)
            if label and name not in said:
                missed.append(f"{row['id']}: {name}")
            if not label and name in said:
                invented.append(f"{row['id']}: {name}")
        true = [name for name, label in row.get("labels", {}).items() if label]
        if len(true) == 1:  # with several at once, nobody can say which was taken for which
            line = table.setdefault(true[0], {})
            asked = [name for name in said if row["labels"].get(name) is not None]
            for name in asked or ["(none)"]:
                line[name] = line.get(name, 0) + 1
    return {
        "recall": round(1 - len(missed) / positives, 4) if positives else None,
        "false_yes": round(len(invented) / negatives, 4) if negatives else None,
        "confusion": table,
        "missed": missed,
        "invented": invented,
    }


def described(shot: Any, turned: Callable[[Any], Any] = lambda path: path) -> dict[str, Any]:
    """What `cinetraj describe` says of a shot, the other answers that are possible beside it.

    Args:
        turned: makes the path to be told of that of the shot.
    """
    import trajectory
    from trajectory.candidates import Candidates

    told, *others = (turned(path) for path in (shot.trajectory, *shot.alternatives))
    shares = [each["probability"] for each in shot.statistics.get("candidates", ())] or [1.0]
    beside = Candidates(own=shares[0], others=tuple(zip(shares[1:], others, strict=True)))
    return trajectory.describe(told, candidates=beside).to_json()


def ranked(said: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """By either number of `RANKS`, that of every primitive."""
    likely = {name: decision["likelihood"] for name, decision in said["decisions"].items()}
    return dict(zip(RANKS, (said["scores"], likely), strict=True))


def mean_ap(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    """Of rows with `labels`, in percent, by either number."""
    return {rank: average_precision(rows, rank)["mean_ap"] for rank in RANKS}
