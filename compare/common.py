"""Several models on the clips that all of them have: no mean is over clips that another one was spared."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from compare.intervals import bootstrap_interval


def common_clips(records: Sequence[Mapping[str, Any]], metric: str, policy: str) -> list[str]:
    """The clips that every model has a value for, in order; a model that has none at all keeps nobody from any.

    Args:
        records: saved results (`Result.record`) under one protocol.
        metric: whose values are asked for.
        policy: "drop" or "worst", as in `summary.policies`.
    """
    tables = [table for table in (values_of(record, metric, policy) for record in records) if table]
    if not tables:
        return []
    return [name for name in tables[0] if all(name in table for table in tables[1:])]


def common_mean(
    record: Mapping[str, Any], records: Sequence[Mapping[str, Any]], metric: str, policy: str
) -> dict[str, Any]:
    """Mean, 95 % interval and number of clips of one model over the clips that all of `records` have."""
    table = values_of(record, metric, policy)
    names = common_clips(records, metric, policy) if table else []
    sample = np.array([table[name] for name in sorted(names)])
    interval = bootstrap_interval(sample)
    return {
        "value": float(sample.mean()) if names else None,
        "clips": len(names),
        "ci95": list(interval) if interval else None,
    }


def values_of(record: Mapping[str, Any], metric: str, policy: str) -> Mapping[str, float]:
    """The values of a model's clips that enter its mean, by name."""
    found: Mapping[str, float] = record.get("values", {}).get(policy, {}).get(metric, {})
    return found


def clips_of(record: Mapping[str, Any], policy: str) -> int:
    """How many clips a model has: those with scores and, under "worst", those that are charged as well."""
    tables: Mapping[str, Mapping[str, float]] = record.get("values", {}).get(policy, {})
    return max(len({name for table in tables.values() for name in table}), record["coverage"]["ok"])
