"""From clips to one number per metric, under both ways of treating failures."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from compare import metrics, navigation
from compare.intervals import bootstrap_interval
from compare.protocols import Protocol
from compare.rows import FAULTS, ClipScores


def worst_value(metric: str, protocol: Protocol, samples: int) -> float | None:
    """What a clip without a trajectory is charged, or None where the metric has no worst value.

    Sums of CineTechBench's script, over as many frames as both clips happen to have, and evo's errors in units of the
    reference, have none.

    Args:
        samples: points of the reference, by which a sum is charged.
    """
    if protocol.method == "cinetechbench":
        return None
    known = metrics.METRICS.get(metric)
    worst = known.worst_under(protocol) if known is not None else None
    if known is None or worst is None:
        return None
    return worst * samples if known.how(protocol) == "sum" else worst


def values(rows: Mapping[str, ClipScores], metric: str, protocol: Protocol, policy: str) -> dict[str, float]:
    """The value of each clip that enters the mean, by name.

    drop: clips with a value, over the points that have poses in both. worst: those with the charge for points without
    a pose, and failures of the model at the worst value of what the reference has. What the instrument failed at, and
    what has no reference, enters neither.
    """
    if policy == "drop":
        scores = ((name, row.dropped.get(metric)) for name, row in rows.items() if not row.failed)
        return {name: s.value for name, s in scores if s is not None and s.value is not None}
    charged: dict[str, float] = {}
    most = max((int(row.facts["samples"]) for row in rows.values() if "samples" in row.facts), default=protocol.samples)
    for name, row in rows.items():
        if row.failed:
            worst = worst_value(metric, protocol, int(row.facts.get("samples", most)))
            if row.fault == "model" and worst is not None and metric not in row.spared:
                charged[name] = worst
            continue
        score = row.charged.get(metric)
        if score is not None and score.value is not None:
            charged[name] = score.value
    return charged


def summarise(rows: Mapping[str, ClipScores], protocol: Protocol) -> dict[str, Any]:
    """Unweighted means over clips: metric to number under the protocol's policy, and "policies" with both
    and their 95 % bootstrap intervals over clips.

    A metric that no clip has is {"undefined": reason}. For cinetechbench-compat, "published" holds the mean of the
    rounded values, rounded, as its script prints it; for navscore, a model's score as WBench takes it.
    """
    summary: dict[str, Any] = {}
    policies: dict[str, dict[str, Any]] = {"drop": {}, "worst": {}}
    for metric in protocol.metrics:
        for policy, table in policies.items():
            found = values(rows, metric, protocol, policy)
            sample = np.array([found[name] for name in sorted(found)])  # whatever the order in which they were given
            interval = bootstrap_interval(sample)
            table[metric] = {
                "value": float(sample.mean()) if found else None,
                "clips": len(found),
                "ci95": list(interval) if interval else None,
            }
        chosen = policies[protocol.failures][metric]["value"]
        summary[metric] = {"undefined": _why(rows, metric)} if chosen is None else chosen
    if protocol.method == "cinetechbench":
        summary["published"] = published(rows, protocol)
    if protocol.method == "navigation":
        summary["published"] = navigation.published([*rows.values()])
    if told := groups(rows):
        summary["groups"] = told
    summary["policies"] = policies
    summary["faults"] = faults(rows)
    known = metrics.METRICS
    summary["better"] = {metric: known[metric].better for metric in protocol.metrics if metric in known}
    return summary


def groups(rows: Mapping[str, ClipScores]) -> dict[str, dict[str, int | float]]:
    """Of protocols that score groups of steps (mind-rpe with commands): clips and steps of each, and means over clips.

    Clips that failed are in none, whatever their scores.
    """
    each: dict[str, list[Mapping[str, int | float]]] = {}
    for row in rows.values():
        told: Mapping[str, Mapping[str, int | float]] = {} if row.failed else row.facts.get("groups", {})
        for name, found in told.items():
            each.setdefault(name, []).append(found)
    return {
        name: {
            "clips": len(found),
            "count": sum(int(one["count"]) for one in found),
            **{key: float(np.mean([one[key] for one in found])) for key in found[0] if key != "count"},
        }
        for name, found in sorted(each.items())
    }


def faults(rows: Mapping[str, ClipScores]) -> dict[str, list[str]]:
    """The clips without scores by whose fault that is: the model's, the instrument's, or no reference of that name."""
    return {fault: [name for name, row in rows.items() if row.fault == fault] for fault in FAULTS}


def published(rows: Mapping[str, ClipScores], protocol: Protocol) -> dict[str, float | None]:
    """The mean of the values rounded to three digits, to three digits, as CineTechBench's script prints it."""
    found: dict[str, float | None] = {}
    for metric in protocol.metrics:
        each = [round(value, 3) for value in values(rows, metric, protocol, "drop").values()]
        found[metric] = float(f"{np.mean(each):.3f}") if each else None
    return found


def _why(rows: Mapping[str, ClipScores], metric: str) -> str:
    for row in rows.values():
        if not row.failed and metric in row.scores and row.scores[metric].undefined:
            return row.scores[metric].undefined
    return "every clip failed"
