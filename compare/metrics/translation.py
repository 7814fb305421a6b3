"""TransErr: how far the positions are apart."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparison, and_sum
from compare.metrics._scores import WORST_TRANSLATION, Aggregation, over_points, undefined
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
    apart = generated[:, :3, 3] - reference[:, :3, 3]
    errors = np.sqrt(np.einsum("ki,ki->k", apart, apart))
    return over_points("TransErr", errors, scored, how=how, unit=unit, worst=WORST_TRANSLATION)


def _score(comparison: Comparison, how: Aggregation) -> Score:
    if comparison.no_unit:
        return undefined("TransErr", "extent", comparison.no_unit)
    return trans_err(comparison.reference, comparison.generated, comparison.pair.scored, how=how, unit=comparison.unit)


def _over_draws(draws: "Draws") -> Float[np.ndarray, "k m"]:
    apart = draws.generated - draws.reference
    return np.sqrt(np.einsum("kim,kim->km", apart, apart))


METRIC = and_sum(
    "TransErr",
    summary="distance between the positions",
    unit="length",
    worst=WORST_TRANSLATION,
    score=_score,
    over_draws=_over_draws,
)
