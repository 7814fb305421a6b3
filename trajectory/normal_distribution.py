"""The normal distribution, without SciPy's collection of special functions, which takes long to load."""

import math


def below(z: float) -> float:
    """Probability that a standard normal variable stays below z: erfc(-z / √2) / 2, which keeps its digits far out."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
