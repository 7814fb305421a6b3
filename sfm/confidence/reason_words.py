"""How a reason says its probabilities; imports nothing, so that whoever reads reasons loads no estimator."""

import re
from collections.abc import Mapping

_SAID = re.compile(r" \(probability of being right: [^)]*\)")


def with_probabilities(quantity: Mapping[str, float]) -> str:
    """What follows a reason: how probably each quantity is right."""
    return f" (probability of being right: {', '.join(f'{name} {value:.2f}' for name, value in quantity.items())})"


def without_probabilities(reason: str) -> str:
    """A reason without its numbers, for whoever knows better."""
    return _SAID.sub("", reason)
