"""Smoothness: whether the generated camera is as steady as the reference."""

import numpy as np
from jaxtyping import Float

from compare.metrics._metric import Comparison, Comparisons, Metric
from compare.metrics._scores import undefined
from compare.rows import Score

FEWEST = 5
"""Points of a path; the third difference of fewer says nothing."""


def log_dimensionless_jerk(positions: Float[np.ndarray, "k 3"]) -> float | None:
    """ln of the squared jerk integrated over the unit duration, over the squared peak speed (Hogan & Sternad 2009).

    Larger is rougher. Positions are at equal steps. None for fewer than `FEWEST` points or no motion.
    """
    value = float(_jerks(positions)) if len(positions) >= FEWEST else float("nan")
    return None if np.isnan(value) else value


def _jerks(positions: Float[np.ndarray, "*b k 3"]) -> Float[np.ndarray, "*b"]:
    """`log_dimensionless_jerk` of many paths, of at least five points each; NaN where nothing moves."""
    step = 1.0 / (positions.shape[-2] - 1)
    first = np.diff(positions, axis=-2)
    peak = np.einsum("...ki,...ki->...k", first, first).max(-1) / step**2
    jerk = np.diff(first, n=2, axis=-2) / step**3
    integral = np.square(jerk).sum((-2, -1)) * step
    # A perfectly even move has no jerk: the floor keeps the logarithm finite and two such moves equal.
    return np.asarray(np.log(np.maximum(integral / np.where(peak > 0, peak, np.nan), 1.0)))


def smoothness(reference: Float[np.ndarray, "k 3"], generated: Float[np.ndarray, "m 3"]) -> Score:
    """Smoothness: how much rougher the generated path is than the reference, in nats of log dimensionless jerk."""
    a, b = log_dimensionless_jerk(reference), log_dimensionless_jerk(generated)
    if a is None or b is None:
        who = "reference" if a is None else "generated clip"
        why = f"the {who} has fewer than five poses in a row or does not translate"
        return undefined("Smoothness", "nat", why, better="zero")
    return _score(b - a)


def _score(value: float) -> Score:
    return Score(name="Smoothness", value=value, unit="nat", better="zero")


def _compute(comparison: Comparison) -> Score:
    count = _points(comparison)
    if count < FEWEST or not comparison.pair.scored.all():
        why = "there are fewer than five frames in common" if count < FEWEST else "some points have no pose"
        return undefined("Smoothness", "nat", why, better="zero")
    return smoothness(_thinned(comparison.reference[:, :3, 3], count), _thinned(comparison.generated[:, :3, 3], count))


def _points(comparison: Comparison) -> int:
    """As many as the slower clip has frames: finer steps would measure the interpolation."""
    pair = comparison.pair
    frames = (len(comparison.reference_trajectory), len(comparison.generated_trajectory))
    return min(round(frames[0] * pair.overlap), round(frames[1] * pair.overlap_generated), len(pair.scored))


def _thinned(positions: Float[np.ndarray, "*b k 3"], count: int) -> Float[np.ndarray, "*b n 3"]:
    """Positions at `count` equal steps of the points of comparison."""
    last = positions.shape[-2] - 1
    at = np.asarray(np.linspace(0.0, float(last), count))
    left = np.minimum(at.astype(int), last - 1)
    before, after = positions.take(left, axis=-2), positions.take(left + 1, axis=-2)
    return before + (at - left)[:, None] * (after - before)


def _over_pairs(pairs: Comparisons) -> list[Score | None]:
    scores: list[Score | None] = [None] * len(pairs.each)
    whole: list[bool] = np.asarray(pairs.scored.all(1)).tolist()
    counts = [_points(one) if kept else 0 for one, kept in zip(pairs.each, whole, strict=True)]
    for count in {count for count in counts if count >= FEWEST}:
        rows = [i for i, each in enumerate(counts) if each == count]
        rough = [_jerks(_thinned(places[rows], count)) for places in pairs.places]
        for i, value in zip(rows, (rough[1] - rough[0]).tolist(), strict=True):
            if not np.isnan(value):  # else `smoothness` knows why
                scores[i] = _score(value)
    return scores


METRIC = Metric(
    name="Smoothness",
    summary="log dimensionless jerk above the reference's",
    unit="nat",
    better="zero",
    compute=_compute,
    over_pairs=_over_pairs,
    spread="none",  # how far each pose may be off says nothing of how rough the path is
)
