"""A number for every primitive, and a flag where it is no more than the best estimate."""

from collections.abc import Mapping, Sequence
from typing import Literal

from trajectory.certainty import Certainty, quantities_of
from trajectory.components import NAMES, Scores

UnknownScores = Literal["number", "nan"]
"""What is written for a score that is not known: the best estimate, flagged, or none."""
NOT_KNOWN = "not known from this trajectory"
UNRELIABLE = "the estimate is unreliable"


def flags(scores: Scores, certainty: Certainty) -> dict[str, str]:
    """Why the number of a primitive is no more than the best estimate, by primitive; nothing where it is sure."""
    found: dict[str, str] = {}
    for name in NAMES:
        if scores.scores[name] is None:
            found[name] = NOT_KNOWN
        elif certainty.doubted(name):
            found[name] = " and ".join(q for q in quantities_of(name) if certainty.sure.get(q) is False) + " not sure"
        elif certainty.groundless:
            found[name] = UNRELIABLE
    return found


def mean_scores(own: Scores, weight: float, others: Sequence[tuple[float, Scores]]) -> dict[str, float]:
    """The posterior mean of the best estimates over the candidates; the trajectory's own where there is no other."""
    told = [(weight, own), *others]
    counted = [(share, scores) for share, scores in told if scores.best and share > 0]
    if not own.best or not counted:
        return dict(own.best)
    total = sum(share for share, _ in counted)
    return {name: sum(share * scores.best[name] for share, scores in counted) / total for name in NAMES}


def with_estimates(
    scores: Scores, flagged: Mapping[str, str], mean: Mapping[str, float], unknown: UnknownScores
) -> dict[str, float | None]:
    """The scores to write: those that are flagged by the mean over the candidates, or as they are with "nan"."""
    if unknown == "nan":
        return dict(scores.scores)
    return {name: mean.get(name, value) if name in flagged else value for name, value in scores.scores.items()}
