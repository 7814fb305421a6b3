"""DirErr: whether both cameras travel the same way."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparison, Metric
from compare.metrics._scores import over_points, undefined
from compare.rows import Score

if TYPE_CHECKING:
    from compare.draws import Draws

DIRECTION_FLOOR = 0.05
"""Displacements below this share of the extent have no direction worth comparing."""


def direction_err(
    reference: Float[np.ndarray, "k 4 4"],
    generated: Float[np.ndarray, "k 4 4"],
    scored: Bool[np.ndarray, " k"],
    *,
    angle: Literal["rad", "deg"] = "deg",
) -> Score:
    """DirErr: the angle between the displacements from the first frame, where both are long enough to have one."""
    factor = 180 / np.pi if angle == "deg" else 1.0
    a, b = reference[:, :3, 3], generated[:, :3, 3]
    lengths = [np.where(scored, np.sqrt(np.einsum("ki,ki->k", x, x)), 0.0) for x in (a, b)]
    extents = [float(x.max(initial=0.0)) for x in lengths]
    for extent, who in zip(extents, ("reference", "generated camera"), strict=True):
        if extent == 0:
            still = float(np.nanmax(np.abs(a), initial=0.0)) == 0  # at no time at all: then no direction is missed
            worst = None if still else np.pi * factor
            return undefined("DirErr", angle, f"the {who} does not translate", worst=worst)
    moving = scored & (lengths[0] > DIRECTION_FLOOR * extents[0]) & (lengths[1] > DIRECTION_FLOOR * extents[1])
    if not moving.any():
        return undefined("DirErr", angle, "the two never move at the same time", worst=np.pi * factor)
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = a / lengths[0][:, None], b / lengths[1][:, None]
        apart, along = (np.sqrt(np.einsum("ki,ki->k", x, x)) for x in (a - b, a + b))
    errors = 2 * np.arctan2(apart, along) * factor
    return over_points("DirErr", errors, moving, how="mean", unit=angle, worst=np.pi * factor)


def _compute(comparison: Comparison) -> Score:
    return direction_err(
        comparison.reference, comparison.generated, comparison.pair.scored, angle=comparison.protocol.angle
    )


def _over_draws(draws: "Draws") -> Float[np.ndarray, "k m"]:
    """As `direction_err`; the directions are those of the paths as they are drawn."""
    factor = 180 / np.pi if draws.comparison.protocol.angle == "deg" else 1.0
    a, b = draws.reference, draws.generated
    lengths = [np.sqrt(np.einsum("kim,kim->km", x, x)) for x in (a, b)]
    scored = draws.comparison.pair.scored
    extents = [x[scored].max(0) for x in lengths]
    moving = (lengths[0] > DIRECTION_FLOOR * extents[0]) & (lengths[1] > DIRECTION_FLOOR * extents[1])
    # Of the cross and the dot product: as good at small angles as `direction_err`, in half the passes over the draws.
    squared = np.zeros(lengths[0].shape)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        squared += (a[:, i] * b[:, j] - a[:, j] * b[:, i]) ** 2
    errors = np.arctan2(np.sqrt(squared), np.einsum("kim,kim->km", a, b)) * factor
    return np.where(moving & scored[:, None], errors, np.nan)


METRIC = Metric(
    name="DirErr",
    summary="angle between the directions of travel from the first frame",
    unit="angle",
    compute=_compute,
    worst="half turn",
    over_draws=_over_draws,
)
