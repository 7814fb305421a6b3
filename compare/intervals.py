"""Bootstrap intervals over clips."""

from statistics import NormalDist

import numpy as np
from jaxtyping import Float

LARGE = 5000
"""Of more clips the mean is normal (the central limit theorem), and resampling it a thousand times takes seconds."""
CHUNK = 4_000_000
"""Draws held in memory at once."""


def bootstrap_interval(
    sample: Float[np.ndarray, " n"], *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """Percentile bootstrap interval of the mean over clips (Efron 1979); None for fewer than two clips."""
    n = len(sample)
    if n < 2:
        return None
    if n > LARGE:
        half = NormalDist().inv_cdf((1 + level) / 2) * float(sample.std()) / n**0.5
        return float(sample.mean()) - half, float(sample.mean()) + half
    random = np.random.default_rng(seed)
    means = np.empty(resamples)
    step = max(1, CHUNK // n)
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        means[start : start + count] = sample[random.integers(0, n, (count, n), dtype=np.int32)].mean(1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
