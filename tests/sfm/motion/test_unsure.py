"""How unsure a fit to tracks says that it is."""

import numpy as np
from fitted_moves import GIVEN, UNKNOWN, fitted

from sfm.motion.unsure import Unsure


def unsure(name: str, *, known: bool) -> tuple[Unsure, np.ndarray | None]:
    tracks, _, choice = fitted(name, 0.0, known=known)
    n = tracks.xy_px.shape[1]
    found = Unsure(keyframes=np.arange(n), problem=tracks.problem(GIVEN if known else UNKNOWN), selection=choice)
    return found, found.covariance(tracks.observations(), choice.fitted.parameters, np.ones(n, bool))


def test_poses_are_less_sure_the_farther_they_are_from_the_first():
    _, covariance = unsure("truck", known=True)
    assert covariance is not None
    turn = np.trace(covariance[:, 3:, 3:], axis1=1, axis2=2)
    assert turn[0] < 1e-15
    assert turn[1] < turn[-1]


def test_a_given_focal_length_is_sure_and_one_that_is_seen_is_surer_than_before():
    assert unsure("pan", known=True)[0].focal_sigma_log == 0.0
    assert 0.0 < unsure("pan", known=False)[0].focal_sigma_log < 0.1 * UNKNOWN.sigma
