"""How likely a viewer would name a primitive: the number that ranks clips."""

import math
from typing import Final

from trajectory.normal_distribution import below

SPREAD: Final = 0.7
"""Standard deviation of the log of viewers' thresholds about ours: some name a move at half of it, some at twice."""
LEAST: Final = 0.1
"""Of what may happen although this path hardly shows it, or does not tell it, a viewer sees so much at least."""


def likelihood(name: str, margin: float | None, probability: float) -> float:
    """Probability that a viewer names the primitive: that it happens, times that its amount is enough for him.

    An amount ranks a doubtful dolly by two scene depths above a certain one by half of one; a probability ranks what
    just reaches the threshold beside what fills the clip. Viewers' thresholds are log-normal about ours.

    Args:
        name: of the primitive; Static is named where motion is small, all others where theirs is large.
        margin: of the decision, None where there is no amount.
        probability: that it happens, of the decision.
    """
    if margin is None:
        return LEAST * probability
    over = 1.0 / max(1.0 - margin, 1e-9) if name == "Static" else max(1.0 + margin, 1e-9)  # amount over threshold
    return probability * max(LEAST, below(math.log(over) / SPREAD))
