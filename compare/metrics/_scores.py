"""From errors at points to one `Score`, and back to what points without a pose are charged."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from compare.rows import Better, Score

Aggregation = Literal["sum", "mean", "rmse"]

WORST_TRANSLATION = 2.0
"""The charge for a point without a pose, in units of the extent: as far as two paths of unit extent can be apart."""


def aggregate(per_frame: Float[np.ndarray, "*b k"], how: Aggregation) -> Float[np.ndarray, "*b"]:
    """Sum, mean or root mean square over the points, of what is not NaN."""
    values = per_frame if how != "rmse" else np.square(per_frame)
    total, count = values.sum(-1), np.full(values.shape[:-1], values.shape[-1])
    if np.isnan(total).any():
        known = ~np.isnan(values)
        total, count = np.where(known, values, 0.0).sum(-1), known.sum(-1)
    if how == "sum":
        return np.asarray(total)
    mean = total / np.where(count > 0, count, np.nan)
    return np.asarray(mean if how == "mean" else np.sqrt(mean))


def over_points(
    name: str,
    errors: Float[np.ndarray, " k"],
    scored: Bool[np.ndarray, " k"],
    *,
    how: Aggregation,
    unit: str,
    worst: float | None,
) -> Score:
    """The score of errors at points of comparison.

    Args:
        name: of the metric.
        errors: (k,) one at each point; those that are not scored are not looked at.
        scored: (k,) which points enter the value.
        how: what is made of the errors.
        unit: of one error.
        worst: what a point without a pose is charged, None where no worst value exists.
    """
    return over_points_each(name, errors[None], scored[None], how=how, units=(unit,), worst=worst)[0]


def over_points_each(
    name: str,
    errors: Float[np.ndarray, "b k"],
    scored: Bool[np.ndarray, "b k"],
    *,
    how: Aggregation,
    units: Sequence[str],
    worst: float | None,
) -> list[Score]:
    """`over_points` of many pairs, each with its own unit."""
    per_frame = errors if scored.all() else np.where(scored, errors, np.nan)
    values, coverage = aggregate(per_frame, how).tolist(), scored.mean(1).tolist()
    return [
        Score(
            name=name,
            value=value,
            unit=unit if how != "sum" else f"{unit} (sum)",
            per_frame=row,
            coverage=share,
            worst=worst,
        )
        if share > 0
        else undefined(name, unit, "no point has a pose in both clips", worst=worst)
        for value, unit, row, share in zip(values, units, per_frame, coverage, strict=True)
    ]


def undefined(name: str, unit: str, why: str, *, better: Better = "lower", worst: float | None = None) -> Score:
    """A metric that this pair does not have, and why."""
    return Score(name=name, value=None, unit=unit, better=better, coverage=0.0, worst=worst, undefined=why)


def charge(score: Score, charged: Bool[np.ndarray, " k"], how: Aggregation) -> Score:
    """The same score with each charged point at its worst value; unchanged where no worst value exists.

    What is undefined over the points that are there, as a direction where nothing moves, is the worst value where most
    are missing: else a clip would gain by not being there.
    """
    if score.worst is None or not charged.any():
        return score
    if score.per_frame is None:
        missing = score.value is None and charged.mean() > 0.5
        per_frame = np.where(charged, score.worst, np.nan)
        value = float(aggregate(per_frame, how))
        return replace(score, value=value, per_frame=per_frame, undefined="") if missing else score
    per_frame = np.where(charged, score.worst, score.per_frame)
    return replace(score, value=float(aggregate(per_frame, how)), per_frame=per_frame)
