"""What the numbers of a trajectory claim: depths, the bound on translation, the focal length's uncertainty."""

from dataclasses import replace

import numpy as np
import pytest
from adjustment import free
from hypothesis import given, settings
from hypothesis import strategies as st
from projected import FOCAL_PX, project, steps

from sfm.geometry.projection import unit_rays
from sfm.geometry.uncertainty import depths, log_focal_sigma, translation_bound


def test_depths_are_those_of_what_each_frame_sees():
    tracks = project({"dolly": 0.2}, points=200, movers=0.2)
    scene, agrees = tracks.observations(), ~tracks.moving
    found = depths(scene, tracks.parameters(), agrees)
    for i in range(len(found)):
        seen = np.isfinite(tracks.xy_px[:, i, 0]) & agrees
        z = (tracks.world @ tracks.rotation[i].T + tracks.translation[i])[seen, 2]
        assert found[i] == pytest.approx(np.median(z))
    assert found[-1] < found[0]
    assert np.isnan(depths(scene, tracks.parameters(), np.zeros(len(agrees), bool))).all()


def test_depth_is_unknown_where_a_frame_sees_nothing():
    tracks = project({"dolly": 0.2}, points=50)
    scene = tracks.observations()
    weight = scene.weight.clone()
    weight[:, 2] = 0
    found = depths(replace(scene, weight=weight), tracks.parameters(), np.ones(len(weight), bool))
    assert np.isnan(found[2])
    assert np.isfinite(np.delete(found, 2)).all()


def rays(width: float = 600, height: float = 340, focal: float = FOCAL_PX, seed: int = 0) -> np.ndarray:
    xy = np.random.default_rng(seed).uniform(-0.5, 0.5, (300, 2)) * (width, height)
    return unit_rays(xy, focal, 1.0)


@given(factor=st.floats(0.1, 10))
@settings(max_examples=20, deadline=None)
def test_the_bound_grows_with_noise_and_falls_with_focal_length(factor):
    one = translation_bound(rays(), FOCAL_PX, 0.2, zoom=False)
    assert translation_bound(rays(), FOCAL_PX, 0.2 * factor, zoom=False) == pytest.approx(one * factor)
    assert translation_bound(rays(), FOCAL_PX * factor, 0.2, zoom=False) == pytest.approx(one / factor)


def test_the_bound_is_tight_for_rays_that_fill_the_frame():
    assert 0 < translation_bound(rays(), FOCAL_PX, 0.15, zoom=False) < 0.02


def test_the_bound_widens_with_less_relief_narrower_rays_and_zoom():
    full = translation_bound(rays(), FOCAL_PX, 0.15, zoom=False)
    assert translation_bound(rays(), FOCAL_PX, 0.15, zoom=False, relief=0.0) > 1.5 * full
    assert translation_bound(rays(60, 34), FOCAL_PX, 0.15, zoom=False) > 1.5 * full
    assert translation_bound(rays(), FOCAL_PX, 0.15, zoom=True) > full


def test_the_bound_is_infinite_in_effect_where_nothing_limits_it():
    assert translation_bound(rays(), FOCAL_PX, 0.15, zoom=True, relief=0.0) > 1e3 * translation_bound(
        rays(), FOCAL_PX, 0.15, zoom=False
    )


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_translation_beyond_the_bound_leaves_a_trace(axis):
    """The claim itself: shift the camera by the bound before a scene of that relief, refit the rotation, look."""
    rng = np.random.default_rng(3)
    ray = rays(seed=4)
    noise = 0.15
    bound = translation_bound(ray, FOCAL_PX, noise, zoom=False, relief=0.1)
    inverse_depth = 1 + 0.1 * rng.standard_normal(len(ray))
    x, y = ray[:, 0] / ray[:, 2], ray[:, 1] / ray[:, 2]
    shift = np.zeros(3)
    shift[axis] = bound
    flow = FOCAL_PX * inverse_depth[:, None] * np.stack([shift[0] - x * shift[2], shift[1] - y * shift[2]], 1)
    turn = np.stack([np.stack([x * y, -(1 + x * x), y], 1), np.stack([1 + y * y, -x * y, -x], 1)], 1).reshape(-1, 3)
    rest = flow.ravel() - turn @ np.linalg.lstsq(turn, flow.ravel(), rcond=None)[0]
    assert np.sqrt((rest.reshape(-1, 2) ** 2).sum(1).mean()) > 1.5 * noise


def _sigma(move: dict[str, float], names: tuple[str, ...], prior: float = 0.35, noise_px: float = 0.15) -> float:
    tracks = project(move, seed=5, points=120)
    return log_focal_sigma(
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
    from sfm.geometry.bundle_adjustment import adjust

    clean = project({"pan_deg": 12.0}, seed=6, points=60, frames=5)
    state = clean.parameters()
    far = state.point.clone()
    far[..., 3] = 0.0
    state = replace(state, point=far / far.norm(dim=-1, keepdim=True))
    freedom = free({"rotation", "focal"})
    claimed = log_focal_sigma(clean.observations(), state, freedom, kernel_px=30.0, noise_px=0.3)
    found = []
    for seed in range(24):
        noisy = project({"pan_deg": 12.0}, seed=6, points=60, frames=5)
        xy = noisy.xy_px + np.random.default_rng(seed).normal(0, 0.3, noisy.xy_px.shape)
        fit = adjust(
            replace(noisy, xy_px=xy).observations(), state, freedom, kernel_px=(30.0,), noise_px=0.3, solver=steps(5)
        )
        found.append(float(fit.parameters.log_focal))
    assert np.std(found) == pytest.approx(claimed, rel=0.45)


@pytest.mark.parametrize("prior", [0.05, 0.35])
@pytest.mark.parametrize("move", [{}, {"truck": 0.05}, {"dolly": 0.2}], ids=["still", "truck", "dolly"])
def test_moves_that_do_not_show_the_focal_length_leave_the_prior(move, prior):
    """A straight path in the first camera's axes is compatible with every focal length: depths stretch with it."""
    names = FULL if move else ("rotation", "focal")
    assert _sigma(move, names, prior=prior) == pytest.approx(prior, rel=0.02)
