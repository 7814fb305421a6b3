"""How much of the content agrees with a fit."""

import math
from dataclasses import replace

import numpy as np
import pytest
from fitted_moves import fitted

from sfm.geometry.problem import FocalPrior, Parameters
from sfm.motion.consensus import agreement, explains_as_much, likeliest, ranked
from sfm.motion.models import FittedModel
from sfm.types import FULL


def test_agreement_prefers_the_start_that_fits_the_background():
    """A bent solution halves the cost of everything; the true one leaves a mover out and fits the rest."""
    _, found, _ = fitted("truck", 0.3)
    parameters = found[0].parameters
    bent = FittedModel(model=FULL, parameters=parameters, cost=800.0, residual_px=np.full((10, 8), 1.0), start="bent")
    true = np.full((10, 8), 0.1)
    true[6:] = 30.0
    fits = FittedModel(model=FULL, parameters=parameters, cost=1200.0, residual_px=true, start="true")
    assert ranked([bent, fits], 1.0)[0] is fits
    assert agreement([bent, fits], 1.0)[1] == pytest.approx(0.6, abs=0.05)


def test_of_two_fits_a_lens_that_is_seldom_seen_has_to_explain_more():
    _, found, _ = fitted("truck", 0.3)
    usual, prior = found[0].parameters, FocalPrior(focal_px=found[0].focal_px, sigma=0.35)
    long = replace(usual, log_focal=usual.log_focal + math.log(4.0))
    rms = np.full((100, 8), 0.1)
    few, most = rms.copy(), rms.copy()
    few[:2], most[:30] = 30.0, 30.0

    def fit(parameters: Parameters, residual: np.ndarray) -> FittedModel:
        return FittedModel(model=FULL, parameters=parameters, cost=1.0, residual_px=residual, start="")

    near, far, worse = fit(usual, few), fit(long, rms), fit(usual, most)
    assert ranked([near, far], 1.0) == [far, near]
    assert ranked([near, far], 1.0, prior=prior) == [near, far]
    assert ranked([worse, far], 1.0, prior=prior) == [far, worse]
    assert ranked([near, far], 1.0, prior=replace(prior, sigma=0.0)) == [far, near]


def test_of_fits_that_explain_the_same_the_cheapest_is_taken():
    """A zoom without a turn is explained by any focal length; what is known of it stands in the cost."""
    _, found, _ = fitted("truck", 0.3)
    parameters, rms = found[0].parameters, np.full((100, 8), 0.1)

    def fit(cost: float, wrong: int) -> FittedModel:
        residual = rms.copy()
        residual[:wrong] = 30.0
        return FittedModel(model=FULL, parameters=parameters, cost=cost, residual_px=residual, start="")

    far, near, worse = fit(2751.0, 0), fit(2740.0, 0), fit(2000.0, 10)
    assert likeliest([far, near], 1.0) is near
    assert likeliest([near, worse], 1.0) is near
    assert explains_as_much(far, near, 1.0)
    assert explains_as_much(near, worse, 1.0)
    assert not explains_as_much(worse, near, 1.0)
