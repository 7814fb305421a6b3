"""One coefficient to bend, one to straighten: against the lens of the renderer."""

import numpy as np
import pytest
from clips import as_frames

from sfm.backends.dense.distortion import corner_radius, distortion_of, redistorted, undistortion_of
from sfm.backends.dense.fitting import lens_of
from sfm.config import DenseConfig
from sfm.geometry.radial_lens import distorted, reaches
from trajectory.errors import CinetrajError

RADIUS = 0.65


@pytest.mark.parametrize("k1", [-0.2, -0.05, 0.1, 0.2])
def test_what_the_lens_bends_is_straightened(k1):
    """To the sixth of a percent of a focal length, where the bend is up to five percent."""
    kappa = undistortion_of(k1, RADIUS)
    assert np.sign(kappa) == -np.sign(k1)
    ideal = np.stack([np.linspace(0, 1.2 * RADIUS, 90), np.zeros(90)], 1)
    ideal = ideal[distorted(ideal, k1)[:, 0] <= RADIUS]  # all that the picture shows
    seen = distorted(ideal, k1)
    straight = seen * (1 + kappa * (seen**2).sum(1, keepdims=True))
    assert np.abs(straight - ideal).max() < max(0.1 * np.abs(seen - ideal).max(), 5e-4)


@pytest.mark.parametrize("k1", [-0.15, -0.01, 0.0, 0.02, 0.15])
def test_both_ways_are_nearly_inverse(k1):
    assert distortion_of(undistortion_of(k1, RADIUS), RADIUS) == pytest.approx(k1, rel=0.1, abs=1e-12)


@pytest.mark.parametrize("k1", [-1e-4, 1e-4])
def test_weak_ones_are_opposite(k1):
    assert undistortion_of(k1, RADIUS) == pytest.approx(-k1, rel=1e-3)
    assert distortion_of(-k1, RADIUS) == pytest.approx(k1, rel=1e-3)


def test_the_corner_in_focal_lengths():
    assert corner_radius((300, 400), 1.0, 500.0) == pytest.approx(0.5)
    assert corner_radius((300, 200), 2.0, 500.0) == pytest.approx(0.5)


@pytest.mark.parametrize("kappa", [-0.1, 0.0, 0.05])
def test_what_is_straightened_can_be_bent_again(kappa):
    x, y = np.random.default_rng(0).uniform(-RADIUS / 2, RADIUS / 2, (2, 50))
    straighter = 1 + kappa * (x**2 + y**2)
    again = redistorted(x * straighter, y * straighter, kappa)
    np.testing.assert_allclose(again, (x, y), atol=1e-9)


def test_a_lens_that_folds_back_inside_the_picture_is_none():
    assert reaches(5.0, 0.2)
    assert reaches(RADIUS, -0.12)
    assert not reaches(RADIUS, -5.0)
    with pytest.raises(CinetrajError, match=r"folds back before the picture's corner.*--focal"):
        lens_of(as_frames(np.zeros((2, 90, 160, 3), np.uint8)), DenseConfig(distortion=-0.9))
