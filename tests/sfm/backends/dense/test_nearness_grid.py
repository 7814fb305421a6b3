"""Inverse depths in cells: the nearest surface counts, holes take from their rim and say how little they know."""

import numpy as np
import pytest

from sfm.backends.dense.nearness_grid import FILLED, filled, off_its_neighbours, splat


def test_the_nearest_surface_in_a_cell_counts_and_two_keyframes_are_no_surer_than_one() -> None:
    at = np.array([0, 0, 1, 1, 2])
    nearness = np.array([1.0, 0.98, 2.0, 0.5, np.nan])
    found, spread = splat(at, nearness, np.array([0.1, 0.2, 0.3, 0.01, 0.1]), np.array([0.25, 0.75, 0.5, 0.5, 1.0]), 4)
    np.testing.assert_allclose(found, [0.985, 2.0, np.nan, np.nan])
    np.testing.assert_allclose(spread, [0.175, 0.3, np.nan, np.nan])


def test_a_hole_within_a_surface_is_as_sure_as_its_rim_and_one_between_two_is_not() -> None:
    nearness = np.ones((5, 8))
    nearness[:, 4:] = 0.25
    nearness[2, 1] = np.nan
    whole, sigma = filled(nearness, np.where(np.isnan(nearness), np.nan, 0.05), np.ones(nearness.shape, bool))
    assert whole[2, 1] == 1.0
    assert sigma[2, 1] == pytest.approx(0.05)
    split = np.array([[1.0, 1.0, np.nan, 0.25, 0.25]])
    middle, unsure = filled(split, np.where(np.isnan(split), np.nan, 0.05), np.ones(split.shape, bool))
    assert middle[0, 2] == pytest.approx(0.625)
    assert unsure[0, 2] > 0.4


def test_what_is_not_allowed_and_what_is_wide_stays_unknown() -> None:
    nearness = np.full((9, 9), np.nan)
    nearness[0] = 1.0
    allowed = np.ones((9, 9), bool)
    allowed[1, 3] = False
    whole, sigma = filled(nearness, nearness * 0.1, allowed)
    np.testing.assert_array_equal(np.isfinite(whole[:, 0]), np.arange(9) <= FILLED)
    assert np.isnan(whole[1, 3])
    np.testing.assert_array_equal(np.isnan(whole), np.isnan(sigma))


def test_what_stands_alone_is_far_from_its_neighbours() -> None:
    nearness = np.ones((1, 5, 5))
    nearness[0, 2, 2] = 3.0
    nearness[0, 0, 0] = np.nan
    off = off_its_neighbours(nearness.reshape(1, -1), (5, 5)).reshape(5, 5)
    assert off[2, 2] == 2.0
    assert np.isnan(off[0, 0])
    off[2, 2] = off[0, 0] = 0.0
    assert not off.any()
