"""Pixels and rays."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from projected import project
from scipy.spatial.transform import Rotation

from sfm.geometry.arrays import lengths
from sfm.geometry.problem import observations_of
from sfm.geometry.projection import (
    camera_centres,
    middle_observation,
    middle_rays,
    points_at,
    residuals,
    translations,
    unit_rays,
)


@given(x=st.floats(-300, 300), y=st.floats(-200, 200), focal=st.floats(100, 2000), aspect=st.floats(0.5, 2))
@settings(max_examples=40, deadline=None)
def test_directions_are_unit_rays_through_their_pixels(x, y, focal, aspect):
    ray = unit_rays(np.array([[x, y]]), focal, aspect)[0]
    assert np.linalg.norm(ray) == pytest.approx(1)
    assert ray[0] / ray[2] * focal / aspect == pytest.approx(x, abs=1e-9)
    assert ray[1] / ray[2] * focal == pytest.approx(y, abs=1e-9)


@given(seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_a_camera_stands_where_its_translation_says(seed):
    rng = np.random.default_rng(seed)
    rotation, centre = Rotation.random(5, random_state=seed).as_matrix(), rng.normal(size=(5, 3))
    shift = translations(rotation, centre)
    np.testing.assert_allclose(camera_centres(rotation, shift), centre, atol=1e-12)
    np.testing.assert_allclose(camera_centres(rotation[2], shift[2]), centre[2], atol=1e-12)
    found = camera_centres(torch.tensor(rotation), torch.tensor(shift))
    np.testing.assert_allclose(found.numpy(), centre, atol=1e-12)


def test_the_middle_observation_is_that_of_the_frames_that_see_a_track():
    xy = np.full((3, 7, 2), np.nan)
    for row, seen in enumerate(([1, 2, 5], [0, 6], [3])):
        xy[row, seen] = 100.0
    observations = observations_of(xy, (360, 640), 1.0)
    assert middle_observation(observations).tolist() == [2, 6, 3]


def test_points_at_an_inverse_depth_lie_on_their_rays():
    tracks = project({"truck": 0.2, "pan_deg": 5.0}, points=30)
    observations, parameters = tracks.observations(), tracks.parameters()
    ray, centre = middle_rays(observations, parameters)
    for w in (0.0, 0.5, 2.0):
        point = points_at(ray, centre, np.full_like(ray[..., :1], w))
        r, front = residuals(observations, replace(parameters, point=point))
        rows = np.arange(len(observations.weight))
        middle = middle_observation(observations)
        assert front[0, rows, middle].all()
        assert lengths(r[0, rows, middle]).max() < 1e-8
