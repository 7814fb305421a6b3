"""From errors at points to one `Score`, and back to what points without a pose are charged."""

from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from compare.rows import Better, Score

Aggregation = Literal["sum", "mean", "rmse"]

WORST_TRANSLATION = 2.0
"""The charge for a point without a pose, in units of the extent: as far as two paths of unit extent can be apart."""


def aggregate(per_frame: Float[np.ndarray, " k"], how: Aggregation) -> float:
    """Sum, mean or root mean square of what is not NaN."""
    values = per_frame
    if np.isnan(float(per_frame.sum())):
        values = per_frame[~np.isnan(per_frame)]
    if how == "sum":
        return float(values.sum())
    total = float(values.sum() if how == "mean" else np.square(values).sum())
    mean = total / len(values) if len(values) else float("nan")
    return mean if how == "mean" else mean**0.5


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
    whole = bool(scored.all())
    per_frame = errors if whole else np.where(scored, errors, np.nan)
    if not whole and not scored.any():
        return undefined(name, unit, "no point has a pose in both clips", worst=worst)
    return Score(
        name=name,
        value=aggregate(per_frame, how),
        unit=unit if how != "sum" else f"{unit} (sum)",
        per_frame=per_frame,
        coverage=1.0 if whole else float(scored.mean()),
        worst=worst,
    )


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
        return replace(score, value=aggregate(per_frame, how), per_frame=per_frame, undefined="") if missing else score
    per_frame = np.where(charged, score.worst, score.per_frame)
    return replace(score, value=aggregate(per_frame, how), per_frame=per_frame)
