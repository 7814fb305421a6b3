"""CamMC: how far the pose matrices are apart."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparisons, and_sum
from compare.metrics._scores import WORST_TRANSLATION, Aggregation, over_points, over_points_each
from compare.metrics.translation import in_common_unit
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
    return over_points("CamMC", _matrices_apart(reference, generated), scored, how=how, unit="mixed", worst=WORST)


def _matrices_apart(
    reference: Float[np.ndarray, "*k 4 4"], generated: Float[np.ndarray, "*k 4 4"]
) -> Float[np.ndarray, "*k"]:
    apart = generated - reference  # the last rows are equal
    return np.sqrt(np.einsum("...ij,...ij->...", apart, apart))


def _over_pairs(pairs: Comparisons, how: Aggregation) -> list[Score]:
    errors = _matrices_apart(pairs.reference, pairs.generated)
    units = ("mixed",) * len(errors)
    scores = over_points_each("CamMC", errors, pairs.scored, how=how, units=units, worst=WORST)
    return in_common_unit(scores, pairs)


def _over_draws(draws: "Draws") -> Float[np.ndarray, "k m"]:
    # Two rotations are sqrt(8) sin of half the angle between them apart as matrices: of their quaternion's vector part.
    apart, turn = draws.offset, draws.apart[:, 1:]
    return np.sqrt(8 * np.einsum("kim,kim->km", turn, turn) + np.einsum("kim,kim->km", apart, apart))


METRIC = and_sum(
    "CamMC",
    summary="distance between the 3x4 pose matrices",
    unit="mixed",
    worst=WORST,
    over_pairs=_over_pairs,
    over_draws=_over_draws,
)
