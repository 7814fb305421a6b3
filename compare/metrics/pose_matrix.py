"""CamMC: how far the pose matrices are apart."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparison, and_sum
from compare.metrics._scores import WORST_TRANSLATION, Aggregation, over_points, undefined
from compare.rows import Score

if TYPE_CHECKING:
    from compare.draws import Draws

WORST = float(np.sqrt(8 + WORST_TRANSLATION**2))
"""Two rotations 180° apart are sqrt(8) apart as matrices."""


def cam_mc(
    reference: Float[np.ndarray, "k 4 4"],
    generated: Float[np.ndarray, "k 4 4"],
    scored: Bool[np.ndarray, " k"],
    *,
    how: Aggregation = "mean",
) -> Score:
    """CamMC: the Euclidean distance between [R|t] matrices (MotionCtrl; as computed by CamI2V)."""
    apart = (generated - reference)[:, :3].reshape(len(reference), 12)
    errors = np.sqrt(np.einsum("ki,ki->k", apart, apart))
    return over_points("CamMC", errors, scored, how=how, unit="mixed", worst=WORST)


def _score(comparison: Comparison, how: Aggregation) -> Score:
    if comparison.no_unit:
        return undefined("CamMC", "extent", comparison.no_unit)
    return cam_mc(comparison.reference, comparison.generated, comparison.pair.scored, how=how)


def _over_draws(draws: "Draws") -> Float[np.ndarray, "k m"]:
    # Two rotations are sqrt(8) sin of half the angle between them apart as matrices: of their quaternion's vector part.
    apart, turn = draws.generated - draws.reference, draws.apart[:, 1:]
    return np.sqrt(8 * np.einsum("kim,kim->km", turn, turn) + np.einsum("kim,kim->km", apart, apart))


METRIC = and_sum(
    "CamMC",
    summary="distance between the 3x4 pose matrices",
    unit="mixed",
    worst=WORST,
    score=_score,
    over_draws=_over_draws,
)
