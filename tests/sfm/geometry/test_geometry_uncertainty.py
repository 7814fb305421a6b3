"""What the numbers of a trajectory claim: depths, the bound on translation, the focal length's uncertainty."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from projected import FOCAL_PX, project

from sfm.geometry.arrays import unit
from sfm.geometry.projection import unit_rays
from sfm.geometry.uncertainty import depth_quantiles, depths, quantiles_of_depth, translation_bound

HW = (360, 640)


def test_a_crowd_of_points_counts_by_its_area():
    """A near thing with much texture in a corner, before a wall that few points tell of."""
    rng = np.random.default_rng(0)
    wall = np.stack(np.meshgrid(np.linspace(-300, 300, 8), np.linspace(-160, 160, 5)), -1).reshape(-1, 2)
    crowd = rng.uniform([-310, -170], [-230, -120], (400, 2))
    xy = np.concatenate([wall, crowd])
    z = np.r_[np.full(len(wall), 5.0), np.full(len(crowd), 1.0)]
    point = np.concatenate([xy / FOCAL_PX * z[:, None], z[:, None], np.ones((len(z), 1))], 1)
    tracks = project({"dolly": 0.2}, points=len(z))
    parameters = tracks.parameters().of_frames([0])
    parameters = replace(parameters, point=unit(point)[None])
    scene = tracks.observations().of_frames([0])
    scene = replace(scene, xy_px=xy[:, None], weight=np.ones((len(z), 1)))
    every = np.ones(len(z), bool)
    assert depths(scene, parameters, every, HW)[0] == pytest.approx(5.0)
    found = depth_quantiles(scene, parameters, every, 0, HW)
    assert found is not None
    np.testing.assert_allclose(found, 5.0)


def test_depths_are_those_of_what_each_frame_sees():
    tracks = project({"dolly": 0.2}, points=200, movers=0.2)
    scene, agrees = tracks.observations(), ~tracks.moving
    found = depths(scene, tracks.parameters(), agrees, HW)
    for i in range(len(found)):
        seen = np.isfinite(tracks.xy_px[:, i, 0]) & agrees
        z = (tracks.world @ tracks.rotation[i].T + tracks.translation[i])[seen, 2]
        assert found[i] == pytest.approx(np.median(z), rel=0.1)
    assert found[-1] < found[0]
    assert np.isnan(depths(scene, tracks.parameters(), np.zeros(len(agrees), bool), HW)).all()


def test_depth_is_unknown_where_a_frame_sees_nothing():
    tracks = project({"dolly": 0.2}, points=50)
    scene = tracks.observations()
    weight = scene.weight.copy()
    weight[:, 2] = 0
    found = depths(replace(scene, weight=weight), tracks.parameters(), np.ones(len(weight), bool), HW)
    assert np.isnan(found[2])
    assert np.isfinite(np.delete(found, 2)).all()


def test_what_is_near_and_far_is_told_of_what_a_frame_sees():
    tracks = project({"dolly": 0.2}, points=200)
    agrees = np.ones(len(tracks.xy_px), bool)
    found = depth_quantiles(tracks.observations(), tracks.parameters(), agrees, 0, HW)
    seen = np.isfinite(tracks.xy_px[:, 0, 0])
    z = (tracks.world @ tracks.rotation[0].T + tracks.translation[0])[seen, 2]
    assert found is not None
    np.testing.assert_allclose(found, np.quantile(z, [0.16, 0.5, 0.84]), rtol=0.1)
    assert depth_quantiles(tracks.observations(), tracks.parameters(), ~agrees, 0, HW) is None


def test_what_lies_at_infinity_has_a_large_depth_and_no_middle_has_none():
    found = quantiles_of_depth(np.array([0.0] * 30 + [1.0] * 70))
    assert found is not None
    assert found.tolist() == [1.0, 1.0, 1000.0]
    assert quantiles_of_depth(np.array([0.0] * 60 + [1.0] * 40)) is None


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
