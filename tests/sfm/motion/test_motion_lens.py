"""Whether a lens bends: lenses that do, pinholes that do not, by the tracks of turns and of travels."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfm.geometry.problem import FocalPrior, Problem, observations_of
from sfm.motion.lens import bend_of, without_bend
from sfm.motion.rotation_models import fit_rotation_models

FOCAL_PX, HW = 450.0, (360, 640)


def problem(k1: float, *, pan_deg: float = 12.0, way: float = 0.0, noise_px: float = 0.1) -> Problem:
    """Tracks of a panning camera behind a lens of k1, Brown's first coefficient."""
    rng = np.random.default_rng(3)
    point = rng.uniform((-1.2, -0.5, 1.0), (1.2, 0.5, 1.0), (300, 3)) * rng.uniform(1, 4, (300, 1))
    share = np.linspace(0, 1, 8)
    rotation = Rotation.from_rotvec(np.outer(np.radians(-pan_deg) * share, (0, 1, 0))).as_matrix()
    x = np.einsum("nij,mnj->mni", rotation, point[:, None] - np.outer(share, (way, 0, 0)))
    ideal = x[..., :2] / x[..., 2:]
    xy = FOCAL_PX * ideal * (1 + k1 * (ideal**2).sum(-1, keepdims=True)) + noise_px * rng.normal(size=ideal.shape)
    inside = (np.abs(xy) < np.array([HW[1], HW[0]]) / 2).all(-1) & (x[..., 2] > 0.1)
    xy = np.where(inside[..., None], xy, np.nan)[inside.sum(1) >= 4] + np.array([(HW[1] - 1) / 2, (HW[0] - 1) / 2])
    prior = FocalPrior(focal_px=544.0, sigma=0.35)
    return Problem(observations=observations_of(xy, HW, 1.0), prior=prior, unit_px=1.0)


def bend(made: Problem):
    return bend_of(made, fit_rotation_models(made)[1])


@pytest.mark.parametrize("k1", [-0.06, -0.12])
def test_a_barrel_that_turns_is_suspected(k1):
    found = bend(problem(k1))
    assert found.suspected
    assert found.undistortion > 0


@pytest.mark.parametrize("made", [problem(0.0), problem(0.0, way=0.3), problem(0.0, pan_deg=0.0, way=0.3)])
def test_a_pinhole_is_not_whether_it_turns_or_travels(made):
    assert not bend(made).suspected


def test_straightening_moves_places_outwards_by_the_square_of_their_radius():
    made = problem(0.0)
    seen, straight = made.observations.xy_px, without_bend(made, 0.1, FOCAL_PX).observations.xy_px
    squared = (seen**2).sum(-1, keepdims=True) / FOCAL_PX**2
    np.testing.assert_allclose(straight, seen * (1 + 0.1 * squared), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("pixel_aspect", [0.5, 64 / 45])
def test_straightening_is_round_through_pixels_that_are_not_square(pixel_aspect):
    square = np.array([pixel_aspect, 1.0])
    made = problem(0.0)
    observations = replace(made.observations, xy_px=made.observations.xy_px / square, pixel_aspect=pixel_aspect)
    straight = without_bend(replace(made, observations=observations), 0.1, FOCAL_PX).observations.xy_px
    np.testing.assert_allclose(straight * square, without_bend(made, 0.1, FOCAL_PX).observations.xy_px, rtol=1e-9)
