"""From keyframes to all frames, and what the numbers of a trajectory claim."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from projected import FOCAL_PX, Projected, angle_deg, project, steps

from sfm.geometry.problem import FreeParameters, Parameters
from sfm.geometry.projection import unit_rays
from sfm.geometry.resectioning import SOLVER, resect
from sfm.geometry.uncertainty import depths, log_focal_sigma, translation_bound
from sfm.motion.all_frames import interpolate

MOVE = {"truck": 0.15, "dolly": 0.1, "pan_deg": 8.0, "roll_deg": 4.0, "zoom": 1.2}


def freedom(*names: str, sigma: float = 0.35) -> FreeParameters:
    def flag(name: str) -> torch.Tensor:
        return torch.tensor([name in names])

    return FreeParameters(
        rotation=flag("rotation"),
        translation=flag("translation"),
        zoom=flag("zoom"),
        focal=flag("focal"),
        log_focal_prior=float(np.log(FOCAL_PX)),
        log_focal_sigma=sigma,
    )


def at_frames(state: Parameters, key: np.ndarray) -> Parameters:
    """The state of some of the frames."""
    return replace(
        state, rotation=state.rotation[:, key], translation=state.translation[:, key], zoom=state.zoom[:, key]
    )


def centres(state: Parameters) -> np.ndarray:
    return -(state.rotation[0].mT @ state.translation[0][..., None])[..., 0].numpy()


def test_interpolation_keeps_keyframes_and_holds_the_ends():
    tracks = project(MOVE, frames=12)
    key = np.array([1, 4, 9])
    out = interpolate(at_frames(tracks.parameters(), key), key, 12)
    np.testing.assert_allclose(out.rotation[0, key], tracks.rotation[key], atol=1e-12)
    np.testing.assert_allclose(out.translation[0, key], tracks.translation[key], atol=1e-12)
    np.testing.assert_allclose(out.zoom[0, key].exp(), tracks.focal_px[key] / FOCAL_PX, rtol=1e-12)
    np.testing.assert_allclose(centres(out)[0], tracks.centre[1], atol=1e-12)
    np.testing.assert_allclose(centres(out)[[10, 11]], tracks.centre[[9, 9]], atol=1e-12)


def test_interpolation_is_exact_for_a_straight_path_with_a_steady_turn():
    tracks = project({"truck": 0.3, "pan_deg": 10.0}, frames=11)
    key = np.array([0, 5, 10])
    out = interpolate(at_frames(tracks.parameters(), key), key, 11)
    np.testing.assert_allclose(centres(out), tracks.centre, atol=1e-12)
    assert angle_deg(out.rotation[0].numpy(), tracks.rotation).max() < 1e-5


def _jittered(seed: int = 0, movers: float = 0.0) -> tuple[Projected, np.ndarray, Parameters]:
    """A shaking camera, its keyframes, and the poses that interpolation makes of those."""
    tracks = project(
        {**MOVE, "shake_deg": 3.0, "shake_shift": 0.03}, seed=seed, frames=12, points=120, noise_px=0.1, movers=movers
    )
    key = np.array([0, 4, 8, 11])
    return tracks, key, interpolate(at_frames(tracks.parameters(), key), key, 12)


@pytest.mark.parametrize("movers", [0.0, 0.3])
def test_resection_finds_the_frames_between(movers):
    tracks, _, start = _jittered(1, movers)
    free = freedom("rotation", "translation", "zoom")
    assert angle_deg(start.rotation[0].numpy(), tracks.rotation).max() > 0.3  # interpolation alone misses the shake
    out = resect(tracks.observations(), start, free, kernel_px=3.0, solver=replace(SOLVER, iterations=12))[0]
    assert angle_deg(out.rotation[0].numpy(), tracks.rotation).max() < 0.15
    assert np.abs(centres(out) - tracks.centre).max() < 0.01
    np.testing.assert_allclose(out.zoom[0].exp(), tracks.focal_px / FOCAL_PX, rtol=5e-3)
    assert torch.equal(out.point, start.point)


def test_resection_moves_only_what_is_free():
    tracks, _, start = _jittered(2)
    out = resect(tracks.observations(), start, freedom("rotation"), kernel_px=3.0)[0]
    assert torch.equal(out.translation, start.translation)
    assert torch.equal(out.zoom, start.zoom)
    assert not torch.equal(out.rotation, start.rotation)


def test_a_frame_resects_the_same_whatever_the_others_show():
    """One small system a frame: frames do not talk to each other while the points are held."""
    tracks, _, start = _jittered(3)
    scene = tracks.observations()
    free = freedom("rotation", "translation")
    whole = resect(scene, start, free, kernel_px=3.0)[0]
    weight = scene.weight.clone()
    weight[:, 6] = 0.0
    part = resect(replace(scene, weight=weight), start, free, kernel_px=3.0)[0]
    others = [i for i in range(12) if i != 6]
    torch.testing.assert_close(part.rotation[:, others], whole.rotation[:, others], rtol=0, atol=1e-12)
    torch.testing.assert_close(part.rotation[:, 6], start.rotation[:, 6], rtol=0, atol=1e-12)


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
        tracks.observations(), tracks.parameters(), freedom(*names, sigma=prior), kernel_px=3.0, noise_px=noise_px
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
    free = freedom("rotation", "focal")
    claimed = log_focal_sigma(clean.observations(), state, free, kernel_px=30.0, noise_px=0.3)
    found = []
    for seed in range(24):
        noisy = project({"pan_deg": 12.0}, seed=6, points=60, frames=5)
        xy = noisy.xy_px + np.random.default_rng(seed).normal(0, 0.3, noisy.xy_px.shape)
        fit = adjust(
            replace(noisy, xy_px=xy).observations(), state, free, kernel_px=(30.0,), noise_px=0.3, solver=steps(5)
        )
        found.append(float(fit.parameters.log_focal))
    assert np.std(found) == pytest.approx(claimed, rel=0.45)


@pytest.mark.parametrize("prior", [0.05, 0.35])
@pytest.mark.parametrize("move", [{}, {"truck": 0.05}, {"dolly": 0.2}], ids=["still", "truck", "dolly"])
def test_moves_that_do_not_show_the_focal_length_leave_the_prior(move, prior):
    """A straight path in the first camera's axes is compatible with every focal length: depths stretch with it."""
    names = FULL if move else ("rotation", "focal")
    assert _sigma(move, names, prior=prior) == pytest.approx(prior, rel=0.02)
