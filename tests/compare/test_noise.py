"""Errors of estimates as draws, and how much of a difference is real."""

import numpy as np
import pytest
from paths import smooth

from compare.noise import pose_errors, shrinkage, unit_errors, zoom_errors
from trajectory.posterior import has_spread

N, M = 30, 4000


def walk(scale: float = 0.1) -> np.ndarray:
    """Covariances that grow as those of a random walk, with all six errors correlated."""
    mixed = np.random.default_rng(0).normal(size=(6, 6))
    return np.linspace(0, 1, N)[:, None, None] * scale**2 * (mixed @ mixed.T)


def test_draws_have_the_stated_covariance_and_hang_together_as_a_drift() -> None:
    covariance = walk()
    errors = pose_errors(smooth(1, N).replace(pose_covariance=covariance), np.arange(N), M, seed=0)
    assert errors.shape == (N, 6, M)
    assert np.abs(errors[0]).max() < 1e-6
    for at in (10, N - 1):
        found = np.cov(errors[at])
        np.testing.assert_allclose(found, covariance[at], atol=0.08 * np.abs(covariance[at]).max())
    between = np.corrcoef(errors[7, 0], errors[28, 0])[0, 1]
    assert between == pytest.approx(np.sqrt(7 / 28), abs=0.05)


def test_an_error_that_does_not_grow_is_one_error() -> None:
    constant = np.tile(0.01 * np.eye(6), (N, 1, 1))
    errors = pose_errors(smooth(1, N).replace(pose_covariance=constant), np.arange(N), 50, seed=0)
    np.testing.assert_allclose(errors, np.broadcast_to(errors[:1], errors.shape), atol=1e-9)


def test_what_is_not_told_is_taken_from_the_nearest_frame_that_tells() -> None:
    covariance = walk()
    covariance[12:15] = np.nan
    clip = smooth(1, N).replace(pose_covariance=covariance)
    assert has_spread(clip)
    assert np.isfinite(pose_errors(clip, np.arange(N), 10, seed=0)).all()
    silent = clip.replace(pose_covariance=np.full((N, 6, 6), np.nan))
    assert not has_spread(silent)
    assert not has_spread(smooth(1, N))
    assert not pose_errors(silent, np.arange(N), 10, seed=0).any()
    assert not pose_errors(smooth(1, N), np.arange(N), 10, seed=0).any()


def test_a_rotation_has_its_spread_where_nothing_is_told_of_the_translation() -> None:
    covariance = walk()
    turns = covariance.copy()
    turns[:, :3], turns[:, :, :3] = np.nan, np.nan
    whole, part = (
        pose_errors(smooth(1, N).replace(pose_covariance=c), np.arange(N), M, seed=0) for c in (covariance, turns)
    )
    assert not part[:, :3].any()
    np.testing.assert_allclose(np.cov(part[-1, 3:]), np.cov(whole[-1, 3:]), rtol=0.15, atol=1e-3)


def test_covariances_of_any_rank_and_unit_are_followed() -> None:
    turns = np.zeros((N, 6, 6))
    turns[:, 3:, 3:] = 1e-6 * np.ones((3, 3))  # of rank one, and nothing of the position is unknown
    turns[5, 3, 3] *= 1 - 1e-7  # what rounding does: not quite positive
    errors = pose_errors(smooth(1, N).replace(pose_covariance=turns), np.arange(N), 100, seed=0)
    assert not errors[:, :3].any()
    np.testing.assert_allclose(errors[:, 3], errors[:, 4], atol=1e-6)
    assert errors[:, 3].std() == pytest.approx(1e-3, rel=0.3)
    small = np.diag([1e-9] * 3 + [1.0] * 3)  # metres or micrometres
    plain, tiny = (
        pose_errors(smooth(1, N).replace(pose_covariance=c), np.arange(N), 20, seed=0)
        for c in (walk(), small @ walk() @ small)
    )
    wanted = 1e-9 * plain[:, :3]
    np.testing.assert_allclose(tiny[:, :3], wanted, rtol=1e-6, atol=1e-6 * wanted.std())  # single precision


def test_a_focal_length_that_is_one_unknown_cancels() -> None:
    sigma = np.full(N, 0.1)
    assert not zoom_errors(np.full(N, 9.0), sigma, 20, seed=0).any()
    errors = zoom_errors(9.0 + np.linspace(0, 1, N), sigma, M, seed=0)
    assert not errors[0].any()
    assert errors[-1].std() == pytest.approx(np.sqrt(2) * 0.1, rel=0.1)


def noise(size: float) -> np.ndarray:
    return size * np.cumsum(np.random.default_rng(1).normal(size=(N, 3, 64)), axis=0)


def test_a_large_difference_stays_and_one_within_the_noise_may_be_none() -> None:
    slope = np.linspace(0, 1, N)[:, None] * np.array([1.0, 0, 0])
    large, small = (shrinkage(slope, noise(size), seed=0) for size in (1e-4, 1.0))
    assert large.min() > 0.99
    assert small.min() < 0.05
    assert np.median(small) < np.median(large)
    np.testing.assert_array_equal(shrinkage(slope, np.zeros((N, 3, 8)), seed=0), np.ones(8))


def test_it_does_not_depend_on_the_unit() -> None:
    slope = np.linspace(0, 1, N)[:, None] * np.array([1.0, 0, 0])
    found = [shrinkage(c * slope, c * noise(0.1), seed=0) for c in (1e-3, 1.0, 1e3)]
    np.testing.assert_allclose(found[0], found[1])
    np.testing.assert_allclose(found[2], found[1])


def test_a_unit_is_off_as_often_one_way_as_the_other() -> None:
    factor = np.log(unit_errors(0.3, 2000, seed=1))
    assert np.median(factor) == pytest.approx(0.0, abs=1e-3)
    np.testing.assert_allclose(np.quantile(factor, [0.05, 0.95]), [-0.3 * 1.645, 0.3 * 1.645], rtol=0.01)
    assert (unit_errors(0.0, 20, seed=1) == 1).all()
    assert (unit_errors(0.3, 1, seed=1) == 1).all()  # a single draw is the most probable answer
