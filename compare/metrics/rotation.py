"""RotErr: how far the orientations are apart."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparisons, and_sum
from compare.metrics._scores import Aggregation, over_points, over_points_each
from compare.rows import Score

if TYPE_CHECKING:
    from compare.draws import Draws


def angles_between(
    reference: Float[np.ndarray, "*k 3 3"], generated: Float[np.ndarray, "*k 3 3"]
) -> Float[np.ndarray, "*k"]:
    """Geodesic angles in radians, exact to rounding at small angles too.

    From the chordal distance: ‖A - B‖² = 8 sin²(angle / 2); near 180°, where that is flat, from the trace.
    """
    apart = (reference - generated).reshape(*reference.shape[:-2], 9)
    chord = np.sqrt(np.einsum("...i,...i->...", apart, apart))
    trace = np.einsum("...ij,...ij->...", reference, generated)
    # sin² and cos² of the half angle come from different terms, so atan2 is good at both ends.
    cosine = np.sqrt(np.maximum((1 + trace) / 4, 0.0))
    return 2 * np.arctan2(chord / np.sqrt(8), cosine)


def rot_err(
    reference: Float[np.ndarray, "k 4 4"],
    generated: Float[np.ndarray, "k 4 4"],
    scored: Bool[np.ndarray, " k"],
    *,
    how: Aggregation = "mean",
    angle: Literal["rad", "deg"] = "deg",
) -> Score:
    """RotErr: the angle of R_refᵀ R_gen (CameraCtrl, eq. 11 of arXiv 2404.02101; summed in CamI2V, mean here)."""
    errors = angles_between(reference[:, :3, :3], generated[:, :3, :3]) * in_unit(angle)
    return over_points("RotErr", errors, scored, how=how, unit=angle, worst=np.pi * in_unit(angle))


def in_unit(angle: Literal["rad", "deg"]) -> float:
    """What a radian is in a unit of angles."""
    return 180 / np.pi if angle == "deg" else 1.0


def _over_pairs(pairs: Comparisons, how: Aggregation) -> list[Score]:
    angle = pairs.protocol.angle
    errors = angles_between(pairs.reference[..., :3, :3], pairs.generated[..., :3, :3]) * in_unit(angle)
    units = (angle,) * len(errors)
    return over_points_each("RotErr", errors, pairs.scored, how=how, units=units, worst=np.pi * in_unit(angle))


def _over_draws(draws: "Draws") -> Float[np.ndarray, "k m"]:
    return draws.angle * in_unit(draws.comparison.protocol.angle)


METRIC = and_sum(
    "RotErr",
    summary="angle between the orientations",
    unit="angle",
    worst="half turn",
    over_pairs=_over_pairs,
    over_draws=_over_draws,
)
