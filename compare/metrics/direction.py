"""DirErr: whether both cameras travel the same way."""

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._metric import Comparison, Comparisons, Metric
from compare.metrics._scores import over_points, over_points_each, undefined
from compare.metrics.rotation import in_unit
from compare.noise import SINGLE, planes, shrinkage
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
    where = _directions(reference[:, :3, 3], generated[:, :3, 3], scored)
    worst = np.pi * in_unit(angle)
    for extent, who in zip(where.extents, ("reference", "generated camera"), strict=True):
        if extent == 0:
            still = float(np.nanmax(np.abs(reference[:, :3, 3]), initial=0.0)) == 0  # at no time at all: none is missed
            why = f"the {who} does not translate" + (" where both have a pose" if scored.sum() < len(scored) else "")
            return undefined("DirErr", angle, why, worst=None if still else worst)
    if not where.moving.any():
        return undefined("DirErr", angle, "the two never move at the same time", worst=worst)
    return over_points("DirErr", where.apart * in_unit(angle), where.moving, how="mean", unit=angle, worst=worst)


class _Directions(NamedTuple):
    """Of displacements from the first point: angles between them in radians, where both have one, the largest."""

    apart: Float[np.ndarray, "*b k"]
    moving: Bool[np.ndarray, "*b k"]
    extents: tuple[Float[np.ndarray, "*b"], Float[np.ndarray, "*b"]]


def _directions(
    a: Float[np.ndarray, "*b k 3"], b: Float[np.ndarray, "*b k 3"], scored: Bool[np.ndarray, "*b k"]
) -> _Directions:
    lengths = [np.where(scored, np.sqrt(np.einsum("...i,...i->...", x, x)), 0.0) for x in (a, b)]
    extents = [np.asarray(x.max(-1, initial=0.0)) for x in lengths]
    floors = [DIRECTION_FLOOR * x[..., None] for x in extents]
    moving = scored & (lengths[0] > floors[0]) & (lengths[1] > floors[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = a / lengths[0][..., None], b / lengths[1][..., None]
        apart, along = (np.sqrt(np.einsum("...i,...i->...", x, x)) for x in (a - b, a + b))
    return _Directions(2 * np.arctan2(apart, along), moving, (extents[0], extents[1]))


def _over_pairs(pairs: Comparisons) -> list[Score | None]:
    angle = pairs.protocol.angle
    where = _directions(*pairs.places, pairs.scored)
    errors, units, worst = where.apart * in_unit(angle), (angle,) * len(pairs.each), np.pi * in_unit(angle)
    scores = over_points_each("DirErr", errors, where.moving, how="mean", units=units, worst=worst)
    moves: list[bool] = np.asarray(where.moving.any(1)).tolist()
    # `direction_err` knows why a pair has none.
    return [score if moving else None for score, moving in zip(scores, moves, strict=True)]


def _compute(comparison: Comparison) -> Score:
    return direction_err(
        comparison.reference, comparison.generated, comparison.pair.scored, angle=comparison.protocol.angle
    )


def _over_draws(draws: "Draws") -> Float[np.ndarray, "k m"]:
    """As `direction_err`; the directions are those of the paths as they are drawn.

    Noise turns directions that are the same, or opposite, away from each other, and draws about them further, however
    long the ways are: so what is shrunk is the sine of the angle, as far as its noise explains it.
    """
    a, off = draws.reference, draws.unshrunk
    b = a + off
    lengths = [np.sqrt(np.einsum("kim,kim->km", x, x)) for x in (a, b)]
    scored = draws.comparison.pair.scored
    whole = bool(scored.all())
    extents = [(x if whole else x[scored]).max(0) for x in lengths]
    moving = (lengths[0] > DIRECTION_FLOOR * extents[0]) & (lengths[1] > DIRECTION_FLOOR * extents[1])
    moving = moving if whole else moving & scored[:, None]
    # Of the cross and the dot product: as good at small angles as `direction_err`, in half the passes over the draws.
    scale = np.divide(1.0, lengths[0] * lengths[1], out=np.zeros_like(lengths[0]), where=moving)
    sine = planes(*a.shape)
    for k, (i, j) in enumerate(((1, 2), (2, 0), (0, 1))):
        np.multiply(a[:, i] * off[:, j] - a[:, j] * off[:, i], scale, out=sine[:, k])  # a x b = a x (b - a)
    _shrink(sine, moving, draws.seed)
    size = np.sqrt(np.einsum("kim,kim->km", sine, sine))
    errors = np.arctan2(size, np.einsum("kim,kim->km", a, b) * scale) * in_unit(draws.comparison.protocol.angle)
    return np.where(moving, errors, np.nan)


def _shrink(sine: Float[np.ndarray, "k 3 m"], moving: Bool[np.ndarray, "k m"], seed: int) -> None:
    """In place: each draw of the sines, with its axis, as far from none as is not explained by their own spread."""
    kept = moving.mean(1) > 0.5
    if sine.shape[2] == 1 or not kept.any():
        return
    middle = sine.mean(2, keepdims=True)
    sine -= middle
    share = shrinkage(middle[kept, :, 0].astype(float), sine[kept], seed=seed).astype(SINGLE)
    sine *= np.sqrt(share)
    sine += middle * share


METRIC = Metric(
    name="DirErr",
    summary="angle between the directions of travel from the first frame",
    unit="angle",
    compute=_compute,
    worst="half turn",
    over_pairs=_over_pairs,
    over_draws=_over_draws,
)
