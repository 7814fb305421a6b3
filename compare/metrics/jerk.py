"""Smoothness: whether the generated camera is as steady as the reference."""

import numpy as np
from jaxtyping import Float

from compare.metrics._metric import Comparison, Metric
from compare.metrics._scores import undefined
from compare.rows import Score


def log_dimensionless_jerk(positions: Float[np.ndarray, "k 3"]) -> float | None:
    """ln of the squared jerk integrated over the unit duration, over the squared peak speed (Hogan & Sternad 2009).

    Larger is rougher. Positions are at equal steps. None for fewer than five points or no motion.
    """
    count = len(positions)
    if count < 5:
        return None
    step = 1.0 / (count - 1)
    first = positions[1:] - positions[:-1]
    peak = float(np.sqrt(np.einsum("ki,ki->k", first, first).max())) / step
    if peak == 0:
        return None
    second = first[1:] - first[:-1]
    jerk = (second[1:] - second[:-1]) / step**3
    integral = float(np.square(jerk).sum()) * step
    # A perfectly even move has no jerk: the floor keeps the logarithm finite and two such moves equal.
    return float(np.log(max(integral / peak**2, 1.0)))


def smoothness(reference: Float[np.ndarray, "k 3"], generated: Float[np.ndarray, "m 3"]) -> Score:
    """Smoothness: how much rougher the generated path is than the reference, in nats of log dimensionless jerk."""
    a, b = log_dimensionless_jerk(reference), log_dimensionless_jerk(generated)
    if a is None or b is None:
        who = "reference" if a is None else "generated clip"
        why = f"the {who} has fewer than five poses in a row or does not translate"
        return undefined("Smoothness", "nat", why, better="zero")
    return Score(name="Smoothness", value=b - a, unit="nat", better="zero")


def _compute(comparison: Comparison) -> Score:
    """Over as many points as the slower clip has frames: finer steps would measure the interpolation."""
    pair = comparison.pair
    frames = (len(comparison.reference_trajectory), len(comparison.generated_trajectory))
    count = min(round(frames[0] * pair.overlap), round(frames[1] * pair.overlap_generated), len(pair.scored))
    if count < 5 or not pair.scored.all():
        why = "there are fewer than five frames in common" if count < 5 else "some points have no pose"
        return undefined("Smoothness", "nat", why, better="zero")
    at = np.linspace(0, len(pair.scored) - 1, count)
    left = np.minimum(at.astype(int), len(pair.scored) - 2)
    paths: list[np.ndarray] = []
    for poses in (comparison.reference, comparison.generated):
        p = poses[:, :3, 3]
        paths.append(p[left] + (at - left)[:, None] * (p[left + 1] - p[left]))
    return smoothness(paths[0], paths[1])


METRIC = Metric(
    name="Smoothness",
    summary="log dimensionless jerk above the reference's",
    unit="nat",
    better="zero",
    compute=_compute,
    spread="none",  # how far each pose may be off says nothing of how rough the path is
)
