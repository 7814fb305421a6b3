"""Robust statistics of tracks."""

import numpy as np
import pytest

from sfm.geometry.robust import good_residual, share_quantile, trimmed_track_rms


def test_share_quantile_weighs_tracks_with_their_length():
    residual = np.full((4, 10), np.nan)
    residual[0] = 0.1
    for i in (1, 2, 3):
        residual[i, :2] = 1.0 + i
    assert share_quantile(residual, 0.5) == pytest.approx(0.1)
    assert share_quantile(residual, 0.95) > 1


def test_track_rms_forgives_one_slip_in_ten_and_no_more():
    residual = np.full((3, 20), 0.5)
    residual[1, 4:6] = 50.0
    residual[2, 4:8] = 50.0
    residual[:, 15:] = np.where(np.arange(3)[:, None] == 0, np.nan, residual[:, 15:])
    np.testing.assert_allclose(trimmed_track_rms(residual)[:2], 0.5)
    assert trimmed_track_rms(residual)[2] > 5


def test_track_rms_of_points_behind_the_camera_is_large():
    residual = np.full((1, 5), np.inf)
    residual[0, 0] = 0.1
    assert trimmed_track_rms(residual)[0] > 1e3


def test_a_good_residual_is_that_of_the_best_third_and_never_below_the_floor():
    residual = np.repeat(np.linspace(0.5, 10.0, 20)[:, None], 4, axis=1)
    assert 3.0 < good_residual(residual, 1.0) < 4.5
    assert good_residual(residual * 1e-3, 1.0) == pytest.approx(0.15)
    assert good_residual(residual * 1e-3, 2.0) == pytest.approx(0.3)
