"""Several trials per clip, merged as CamI2V does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from compare.rows import ClipScores, Score


def kept_trials(values: np.ndarray, sigma: float | None) -> np.ndarray:
    """Which trials (rows) stay: those within `sigma` standard deviations of the mean in every metric (column).

    The deviation is of the other trials: among k values none can be further than sqrt(k - 1) of their own.
    """
    keep = np.ones(len(values), dtype=bool)
    if sigma is None or len(values) < 3:
        return keep
    for i in range(len(values)):
        others = np.delete(values, i, axis=0)
        spread = np.maximum(others.std(axis=0), 1e-12 * np.maximum(1.0, np.abs(others).max(axis=0)))
        keep[i] = bool((np.abs(values[i] - others.mean(axis=0)) <= sigma * spread).all())
    return keep if keep.any() else np.ones(len(values), dtype=bool)


def merge(trials: Sequence[Mapping[str, ClipScores]], sigma: float | None) -> dict[str, ClipScores]:
    """One row per clip from the rows of its trials, each note saying how many trials counted."""
    names = list(dict.fromkeys(name for trial in trials for name in trial))
    return {name: _merged([trial[name] for trial in trials if name in trial], sigma) for name in names}


def _merged(rows: Sequence[ClipScores], sigma: float | None) -> ClipScores:
    good = [row for row in rows if not row.failed]
    if not good:
        return rows[0]
    names = [n for n in good[0].scores if all(n in row.scores and row.scores[n].value is not None for row in good)]
    table = np.array([[row.scores[n].value for n in names] for row in good], dtype=np.float64)
    keep = kept_trials(table, sigma)

    def mean(which: str) -> dict[str, Score]:
        merged: dict[str, Score] = {}
        for metric, first in getattr(good[0], which).items():
            found = [getattr(row, which)[metric].value for row, k in zip(good, keep, strict=True) if k]
            known = [value for value in found if value is not None]
            # An interval is of one trial's median, and none of a mean.
            whole = replace(first, per_frame=None, interval=None, undefined="")
            merged[metric] = replace(whole, value=float(np.mean(known))) if known else first
        return merged

    failed, outliers = len(rows) - len(good), int((~keep).sum())
    note = f"{int(keep.sum())} of {len(rows)} trials counted: {failed} failed, {outliers} outliers"
    return replace(
        good[0], scores=mean("scores"), charged=mean("charged"), dropped=mean("dropped"), notes=(*good[0].notes, note)
    )
