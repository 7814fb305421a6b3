"""How much of the content agrees with a fit: what starts of one model are ranked by."""

from collections.abc import Sequence

import numpy as np

from sfm.geometry.problem import FocalPrior
from sfm.geometry.robust import good_residual, trimmed_track_rms
from sfm.motion.rigid_scene import rigid_scene
from sfm.motion.selection import ABOUT_AS_MUCH, Candidate, Fitted

AGREES = 3.0
"""A track agrees with a fit up to so many good residuals."""
AS_MUCH = 0.005
"""Fits of one model explain the same where what agrees differs by less of the content."""


def agreement(fits: Sequence[Candidate], unit_px: float, turned: Sequence[Candidate] | None = None) -> list[float]:
    """How much of the content agrees with each of several fits, 0..1.

    A track counts by 1 / (1 + (rms / 3 s)²), with s the residual of the best third under the best of them. By the
    robust cost, a solution that bends towards a large moving object beats the one that fits the background.

    Args:
        fits: of one model.
        unit_px: length of one pixel of a 640-pixel frame.
        turned: fits of cameras that do not translate. What agrees beside the rigid scene that they leave (see
            `rigid_scene`) does not count: by following it, a solution would win.
    """
    good = min(good_residual(r.residual_px, unit_px) for r in fits)
    votes = fits[0].votes()
    weight = votes / max(votes.sum(), 1)
    fixed = [trimmed_track_rms(r.residual_px) < AGREES * good for r in turned or []]
    still = max(fixed, key=lambda s: weight[s].sum(), default=None)
    scores: list[float] = []
    for r in fits:
        rms = trimmed_track_rms(r.residual_px)
        counts = np.ones(len(rms), bool)
        if still is not None and r.model.translates:
            agrees = rms < AGREES * good
            counts = ~agrees | rigid_scene(r.nearness(), weight, agrees, still)
        scores.append(float((counts * weight / (1.0 + (rms / (AGREES * good)) ** 2)).sum()))
    return scores


def ranked(
    fits: Sequence[Fitted],
    unit_px: float,
    turned: Sequence[Candidate] | None = None,
    prior: FocalPrior | None = None,
) -> list[Fitted]:
    """Fits of one model, the one that most of the (rigid) content agrees with first.

    Args:
        fits, unit_px, turned: as for `agreement`.
        prior: what is known of the focal length: each factor of e by which a lens is less probable (see
            `FocalPrior.surprise`) counts as `AS_MUCH` less of the content.
    """
    scores = agreement(fits, unit_px, turned)
    if prior is not None:
        scores = [score - AS_MUCH * prior.surprise(r.focal_px) for score, r in zip(scores, fits, strict=True)]
    return [fits[i] for i in sorted(range(len(fits)), key=lambda i: -scores[i])]


def explains_as_much(
    one: Candidate, other: Candidate, unit_px: float, turned: Sequence[Candidate] | None = None
) -> bool:
    """Whether about as much of the content agrees with a fit of a model as with another, rough one.

    A rough fit has not come to its end: hence `ABOUT_AS_MUCH` and not `AS_MUCH`.
    """
    first, second = agreement([one, other], unit_px, turned)
    return first > second - ABOUT_AS_MUCH


def likeliest(fits: Sequence[Fitted], unit_px: float) -> Fitted:
    """Of fits of one model that explain as much of the content as any, the one of the lowest cost.

    What agrees says which way a camera went and knows nothing of the lens; the cost includes what is known of it. A
    zoom without a turn shows no focal length, and one that is four times too short explains it as well.
    """
    scores = agreement(fits, unit_px)
    return min(
        (r for r, score in zip(fits, scores, strict=True) if score > max(scores) - AS_MUCH), key=lambda r: r.cost
    )
