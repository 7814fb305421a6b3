"""TransErr: how far the positions are apart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparisons, and_sum
from compare.metrics._scores import WORST_TRANSLATION, Aggregation, over_points, over_points_each, undefined
from compare.rows import Score

if TYPE_CHECKING:
    from compare.draws import Draws


def trans_err(
    reference: Float[np.ndarray, "k 4 4"],
    generated: Float[np.ndarray, "k 4 4"],
    scored: Bool[np.ndarray, " k"],
    *,
    how: Aggregation = "mean",
    unit: str = "extent",
) -> Score:
    """TransErr: the distance between the positions, in the unit that the scaling left."""
    errors = distances(generated[:, :3, 3], reference[:, :3, 3])
    return over_points("TransErr", errors, scored, how=how, unit=unit, worst=WORST_TRANSLATION)


def distances(a: Float[np.ndarray, "*k c"], b: Float[np.ndarray, "*k c"]) -> Float[np.ndarray, "*k"]:
    """Euclidean distances between vectors."""
    apart = a - b
    return np.sqrt(np.einsum("...i,...i->...", apart, apart))


def _over_pairs(pairs: Comparisons, how: Aggregation) -> list[Score]:
    errors = distances(pairs.places[1], pairs.places[0])
    units = [one.unit for one in pairs.each]
    scores = over_points_each("TransErr", errors, pairs.scored, how=how, units=units, worst=WORST_TRANSLATION)
    return in_common_unit(scores, pairs)


def in_common_unit(scores: Sequence[Score], pairs: Comparisons) -> list[Score]:
    """Scores of positions, undefined where a pair has no unit for them."""
    both = zip(scores, pairs.each, strict=True)
    return [undefined(score.name, "extent", one.no_unit) if one.no_unit else score for score, one in both]


def _over_draws(draws: "Draws") -> Float[np.ndarray, "k m"]:
    return np.sqrt(np.einsum("kim,kim->km", draws.offset, draws.offset))


METRIC = and_sum(
    "TransErr",
    summary="distance between the positions",
    unit="length",
    worst=WORST_TRANSLATION,
    over_pairs=_over_pairs,
    over_draws=_over_draws,
)
