"""MotionRatio: whether the generated camera goes as far as it should."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from compare.metrics._metric import Comparison, Metric
from compare.metrics._scores import undefined
from compare.rows import Score

if TYPE_CHECKING:
    from compare.draws import Draws


def motion_ratio(reference_extent: float, generated_extent: float) -> Score:
    """MotionRatio: the largest distance from the first camera, generated over reference, in one common unit."""
    if reference_extent == 0:
        return undefined("MotionRatio", "ratio", "the reference does not translate", better="one")
    return Score(name="MotionRatio", value=generated_extent / reference_extent, unit="ratio", better="one")


def _compute(comparison: Comparison) -> Score:
    extents = comparison.common_extents
    if isinstance(extents, str):
        return undefined("MotionRatio", "ratio", extents, better="one")
    if comparison.pair.scored.sum() < 2:
        return undefined("MotionRatio", "ratio", "fewer than two points have a pose in both clips", better="one")
    return motion_ratio(*extents)


def _over_draws(draws: "Draws") -> Float[np.ndarray, " m"]:
    sizes = draws.comparison.common_extents
    if isinstance(sizes, str) or sizes[0] == 0:
        return np.full(int(draws.extents.shape[1]), np.nan)
    found: np.ndarray = sizes[1] / sizes[0] * draws.extents[1] / draws.extents[0]
    return found


METRIC = Metric(
    name="MotionRatio",
    summary="how far the generated camera goes over how far it should",
    unit="ratio",
    better="one",
    compute=_compute,
    over_draws=_over_draws,
)
