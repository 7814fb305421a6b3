"""Frames in wrong minima are placed beside their neighbours, the first one, which no adjustment moves, included."""

from dataclasses import replace

import numpy as np
import pytest
from adjustment import turned
from fitted_moves import UNKNOWN
from projected import path_error, positions_of, project

from sfm.geometry.arrays import lengths
from sfm.geometry.problem import Parameters, Problem
from sfm.geometry.projection import residuals
from sfm.geometry.resectioning import frame_cost
from sfm.motion.bad_frames import anchored, mended
from sfm.motion.models import FittedModel, Start, fit
from sfm.types import FULL, FULL_ZOOM, MotionModel

TURN = np.array([0.02, -0.05, 0.3])
SHIFT = np.array([0.1, 0.05, 0.3])


def moved(parameters: Parameters, frame: int) -> Parameters:
    """The same with one camera elsewhere."""
    rotation, translation, zoom = (
        each.copy() for each in (parameters.rotation, parameters.translation, parameters.zoom)
    )
    rotation[0, frame] = turned(TURN) @ rotation[0, frame]
    translation[0, frame] += SHIFT
    zoom[0, frame] += 0.1
    return replace(parameters, rotation=rotation, translation=translation, zoom=zoom)


def as_it_is(problem: Problem, parameters: Parameters, model: MotionModel) -> FittedModel:
    """What a fit would be that ended there."""
    residual = lengths(residuals(problem.observations, parameters)[0][0])
    seen = np.where(problem.observations.weight > 0, residual, np.nan)
    cost = float(frame_cost(problem.observations, parameters, problem.kernels_px[-1]).sum())
    return FittedModel(model=model, parameters=parameters, cost=cost, residual_px=seen, start="astray")


def test_cameras_seen_from_the_first_one_see_what_they_saw():
    tracks = project({"orbit_deg": 8.0}, seed=1)
    elsewhere = moved(tracks.parameters(), 0)
    found = anchored(elsewhere)
    np.testing.assert_allclose(found.rotation[0, 0], np.eye(3), atol=1e-12)
    assert np.abs(found.translation[0, 0]).max() < 1e-12
    assert found.zoom[0, 0] == 0.0
    before, after = (residuals(tracks.observations(), each)[0] for each in (elsewhere, found))
    np.testing.assert_allclose(after, before, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("frame", [0, 4])
@pytest.mark.parametrize("model", [FULL, FULL_ZOOM])
def test_a_frame_in_a_wrong_minimum_is_placed_beside_its_neighbour(frame, model):
    tracks = project({"truck": 0.15, **({"zoom": 1.3} if model.zooms else {})}, seed=2, noise_px=0.1)
    problem, astray = tracks.problem(UNKNOWN), moved(tracks.parameters(), frame)
    if not model.zooms:
        astray = replace(astray, zoom=np.zeros_like(astray.zoom))
    bad = as_it_is(problem, anchored(astray), model)
    assert path_error(positions_of(bad.parameters), tracks.centre) > 0.1
    good = mended(problem, bad, None)
    assert path_error(positions_of(good.parameters), tracks.centre) < 0.02


def test_a_fit_without_bad_frames_stays_as_it_is():
    tracks = project({"truck": 0.15}, seed=2, noise_px=0.1)
    problem = tracks.problem(UNKNOWN)
    fitted = fit(problem, [Start(parameters=tracks.parameters(), model=FULL, origin="truth")], problem.kernels_px)[0]
    assert mended(problem, fitted, None) is fitted
