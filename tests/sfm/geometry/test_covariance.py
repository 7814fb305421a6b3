"""How unsure cameras are said to be, beside how far they scatter."""

from dataclasses import replace

import numpy as np
import pytest
from adjustment import free
from projected import Projected, project, steps
from scipy.spatial.transform import Rotation

from sfm.geometry.arrays import unit
from sfm.geometry.bundle_adjustment import adjust
from sfm.geometry.covariance import (
    camera_covariance,
    capped_sigma,
    frame_covariance,
    keyframe_covariance,
    own_covariance,
)
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.resectioning import resect
from sfm.types import FULL as FULL_MODEL
from sfm.types import ROTATION, STATIC


def _focal_sigma(
    observations: Observations, parameters: Parameters, freedom: FreeParameters, *, kernel_px: float, noise_px: float
) -> float:
    spread = camera_covariance(observations, parameters, freedom, kernel_px=kernel_px, noise_px=noise_px)
    return capped_sigma(None if spread is None else spread[-1, -1], freedom.log_focal_sigma)


def _sigma(move: dict[str, float], names: tuple[str, ...], prior: float = 0.35, noise_px: float = 0.15) -> float:
    tracks = project(move, seed=5, points=120)
    return _focal_sigma(
        tracks.observations(), tracks.parameters(), free(set(names), sigma=prior), kernel_px=3.0, noise_px=noise_px
    )


FULL = ("rotation", "translation", "focal")


def test_a_pan_shows_the_focal_length_and_a_straight_truck_hardly():
    pan = _sigma({"pan_deg": 15.0}, ("rotation", "focal"))
    truck = _sigma({"truck": 0.05}, FULL)
    assert pan < 0.02
    assert truck > 5 * pan


def test_an_orbit_shows_the_focal_length_better_than_a_truck():
    assert _sigma({"orbit_deg": 20.0}, FULL) < 0.5 * _sigma({"truck": 0.05}, FULL)


def test_focal_uncertainty_grows_with_noise():
    low, high = (_sigma({"pan_deg": 10.0}, ("rotation", "focal"), noise_px=s) for s in (0.1, 0.4))
    assert high == pytest.approx(4 * low, rel=0.1)


def test_focal_uncertainty_is_that_of_repeated_draws():
    """Refit many noisy copies of a pan: the spread of log focal is what one fit claims."""
    clean = project({"pan_deg": 12.0}, seed=6, points=60, frames=5)
    state = clean.parameters()
    far = state.point.copy()
    far[..., 3] = 0.0
    state = replace(state, point=unit(far))
    freedom = free({"rotation", "focal"})
    claimed = _focal_sigma(clean.observations(), state, freedom, kernel_px=30.0, noise_px=0.3)
    found = []
    for seed in range(24):
        noisy = project({"pan_deg": 12.0}, seed=6, points=60, frames=5)
        xy = noisy.xy_px + np.random.default_rng(seed).normal(0, 0.3, noisy.xy_px.shape)
        fit = adjust(
            replace(noisy, xy_px=xy).observations(), state, freedom, kernel_px=(30.0,), noise_px=0.3, solver=steps(5)
        )
        found.append(fit.parameters.log_focal[0])
    assert np.std(found) == pytest.approx(claimed, rel=0.45)


@pytest.mark.parametrize("prior", [0.05, 0.35])
@pytest.mark.parametrize("move", [{}, {"truck": 0.05}, {"dolly": 0.2}], ids=["still", "truck", "dolly"])
def test_moves_that_do_not_show_the_focal_length_leave_the_prior(move, prior):
    """A straight path in the first camera's axes is compatible with every focal length: depths stretch with it."""
    names = FULL if move else ("rotation", "focal")
    assert _sigma(move, names, prior=prior) == pytest.approx(prior, rel=0.02)


NOISE_PX, SAMPLES = 0.3, 40


def _turned(state: Parameters) -> Parameters:
    """The same with all points at infinity."""
    far = state.point.copy()
    far[..., 3] = 0.0
    return replace(state, point=unit(far))


def rotation_vector(turn: np.ndarray) -> np.ndarray:
    return Rotation.from_matrix(turn).as_rotvec()


def _noisy(clean: Projected, seed: int) -> Observations:
    seen = clean.observations()
    noise = np.random.default_rng(seed).normal(0, NOISE_PX, clean.xy_px.shape)
    return replace(seen, xy_px=seen.xy_px + noise)


@pytest.mark.parametrize(
    ("move", "model", "kinds"),
    [
        ({"truck": 0.3, "pan_deg": 3.0}, FULL_MODEL, {"rotation", "translation"}),
        ({"pan_deg": 8.0}, ROTATION, {"rotation", "focal"}),
    ],
)
def test_the_last_pose_scatters_as_is_told(move, model, kinds):
    """Each answer stretched to the true path's length, in whose unit the covariance is."""
    clean = project(move, seed=6, points=60, frames=5)
    true = clean.parameters() if model.translates else _turned(clean.parameters())
    freedom = free(kinds)
    spread = camera_covariance(clean.observations(), true, freedom, kernel_px=30.0, noise_px=NOISE_PX)
    assert spread is not None
    told = np.diagonal(keyframe_covariance(true.rotation[0], true.translation[0], spread, model)[-1])
    wrong = []
    for seed in range(SAMPLES):
        fit = adjust(_noisy(clean, seed), true, freedom, kernel_px=(30.0,), noise_px=NOISE_PX).parameters
        turn = fit.rotation[0, -1] @ true.rotation[0, -1].T
        way, path = fit.translation[0], true.translation[0]
        stretch = float((path * way).sum() / (way**2).sum()) if model.translates else 1.0
        wrong.append(np.r_[stretch * way[-1] - turn @ path[-1], rotation_vector(turn)])
    known = np.isfinite(told)
    assert known.tolist() == [model.translates] * 3 + [True] * 3
    ratio = np.std(wrong, axis=0)[known] / np.sqrt(told[known])
    assert (ratio > 0.7).all(), ratio
    assert (ratio < 1.4).all(), ratio


def test_the_first_pose_is_sure_and_what_does_not_move_is_unknown():
    tracks = project({"truck": 0.3}, seed=6, points=60, frames=5)
    state = tracks.parameters()
    for model, kinds, known in ((FULL_MODEL, {"rotation", "translation"}, 6), (STATIC, set(), 0)):
        spread = camera_covariance(tracks.observations(), state, free(kinds), kernel_px=3.0, noise_px=NOISE_PX)
        assert spread is not None
        found = keyframe_covariance(state.rotation[0], state.translation[0], spread, model)
        assert np.isfinite(np.diagonal(found, axis1=1, axis2=2)).sum(1).tolist() == [known] * 5
        assert np.nan_to_num(found[0]).max() == pytest.approx(0.0, abs=1e-12)


def test_a_frame_that_is_placed_by_itself_scatters_as_is_told():
    clean = project({"truck": 0.3, "pan_deg": 3.0}, seed=6, points=60, frames=5)
    true, freedom = clean.parameters(), free({"rotation", "translation"})
    told = own_covariance(clean.observations(), true, freedom, kernel_px=30.0, noise_px=NOISE_PX)[2]
    wrong = []
    for seed in range(SAMPLES):
        fit, _ = resect(_noisy(clean, seed), true, freedom, kernel_px=30.0)
        turn = fit.rotation[0, 2] @ true.rotation[0, 2].T
        wrong.append(np.r_[fit.translation[0, 2] - turn @ true.translation[0, 2], rotation_vector(turn)])
    ratio = np.std(wrong, axis=0) / np.sqrt(np.diagonal(told))
    assert (ratio > 0.7).all(), ratio
    assert (ratio < 1.4).all(), ratio


def test_a_frame_between_keyframes_has_theirs_in_proportion_and_its_own():
    keyed, own = np.stack([np.zeros((6, 6)), 4 * np.eye(6)]), np.zeros((5, 6, 6))
    own[1] = np.eye(6)
    found = frame_covariance(keyed, np.array([0, 4]), own)
    assert np.diagonal(found, axis1=1, axis2=2)[:, 0].tolist() == [0.0, 2.0, 2.0, 3.0, 4.0]
