"""The search for full motion: from every start that its minimum may need."""

from dataclasses import replace

import numpy as np
import pytest
from fitted_moves import UNKNOWN, zoom_of
from projected import FOCAL_PX, Projected, angle_deg, path_error, positions_of, project

import sfm.motion.translation_models
from sfm.geometry.bundle_adjustment import adjust
from sfm.geometry.problem import KERNELS_PX, free_parameters
from sfm.motion.candidates import fit_models
from sfm.motion.initialization import reversed_depth
from sfm.motion.models import Start, fit
from sfm.motion.translation_models import heading_starts, search, straight_path, wide_pair
from sfm.types import FULL, FULL_ZOOM, STATIC


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_truck_never_comes_back_reversed(sign, seed):
    """Unknown focal length, a long lens, little relief and movers: where the depth-reversed minimum lurks."""
    tracks = project(
        {"truck": sign * 0.15}, seed=seed, noise_px=0.2, movers=0.25, focal_px=900.0, depth=(1.0, 2.0), points=100
    )
    full = fit_models(tracks.problem(UNKNOWN))[3]
    assert full.model == FULL
    centre = positions_of(full.parameters)
    assert np.sign(centre[-1, 0]) == sign
    assert path_error(centre, tracks.centre) < 0.25


@pytest.mark.parametrize("seed", [0, 1])
def test_the_depth_reversed_minimum_is_left_by_its_twin(seed, monkeypatch):
    """A truck to the right explained as a small move left with a pan: a real minimum, where every start is put here."""
    tracks = project({"truck": 0.15}, seed=seed, noise_px=0.1, movers=0.2, depth=(1.0, 1.6), points=80, frames=6)
    free = free_parameters([FULL], UNKNOWN)
    trap = adjust(tracks.observations(), reversed_depth(tracks.parameters()), free, kernel_px=KERNELS_PX).parameters
    assert positions_of(trap)[-1, 0] < 0 < tracks.centre[-1, 0]
    starts = [Start(parameters=trap, model=FULL, origin="trap")]
    monkeypatch.setattr(sfm.motion.translation_models, "simple_starts", lambda _: starts)
    monkeypatch.setattr(sfm.motion.translation_models, "heading_starts", lambda *_: [])
    full = fit_models(tracks.problem(UNKNOWN))[3]
    assert path_error(positions_of(full.parameters), tracks.centre) < 0.05


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_subject_of_nearly_half_of_the_content_does_not_bend_the_path(seed):
    """A rigid subject goes its own way and the focal length is unknown: the simple starts end between the two."""
    tracks = project({"pedestal": 0.1}, seed=seed, noise_px=0.1, movers=0.42, rigid_mover=True)
    full = search(tracks.problem(UNKNOWN))
    assert path_error(positions_of(full.parameters), tracks.centre) < 0.05


def test_a_truck_with_zoom_is_found_without_a_start_that_is_near():
    tracks = project({"truck": -0.15, "zoom": 1.3}, seed=5, noise_px=0.1, movers=0.25)
    found = search(tracks.problem(UNKNOWN), model=FULL_ZOOM)
    np.testing.assert_allclose(zoom_of(found), tracks.focal_px / FOCAL_PX, rtol=0.01)
    assert path_error(positions_of(found.parameters), tracks.centre) < 0.05


def test_a_truck_with_zoom_is_found_without_turning_first(monkeypatch):
    """Where no heading is near: a camera that may turn from the start explains a way by a turn and a long lens."""
    monkeypatch.setattr(sfm.motion.translation_models, "heading_starts", lambda *_: [])
    tracks = project({"truck": -0.15, "zoom": 1.4}, seed=5, noise_px=0.1, movers=0.25)
    found = search(tracks.problem(UNKNOWN), model=FULL_ZOOM)
    np.testing.assert_allclose(zoom_of(found), tracks.focal_px / FOCAL_PX, rtol=0.01)
    assert path_error(positions_of(found.parameters), tracks.centre) < 0.05


def test_what_is_known_stays_where_no_start_explains_more():
    tracks = project({"truck": -0.15, "zoom": 1.3}, seed=5, noise_px=0.1, movers=0.25)
    problem = tracks.problem(UNKNOWN)
    right = search(problem, model=FULL_ZOOM)
    assert search(problem, model=FULL_ZOOM, known=right, thorough=False) is right
    flat = replace(right.parameters, zoom=0 * right.parameters.zoom, translation=0 * right.parameters.translation)
    wrong = fit(problem, [Start(parameters=flat, model=STATIC, origin="still")], problem.kernels_px)[0]
    wrong = replace(wrong, model=FULL_ZOOM)
    found = search(problem, model=FULL_ZOOM, known=wrong, thorough=False)
    assert path_error(positions_of(found.parameters), tracks.centre) < 0.05


@pytest.mark.parametrize("turn", ["pan_deg", "tilt_deg", "roll_deg"])
def test_a_heading_turns_the_way_that_it_says(turn):
    axis = {"tilt_deg": 0, "pan_deg": 1, "roll_deg": 2}[turn]
    tracks = project({turn: 6.0}, seed=0)
    share = np.linspace(0, 1, 8)
    turn_rad = np.radians(6.0) * np.eye(3)[axis]
    rotation, translation = straight_path(np.tile(np.eye(3), (8, 1, 1)), share, turn_rad, np.array([1.0, 0.0, 0.0]))
    assert angle_deg(rotation, tracks.rotation).max() < 1e-6
    centre = -np.einsum("nji,nj->ni", rotation, translation)
    assert (centre[1:, 0] > 0).all()
    assert np.abs(centre[:, 1:]).max() < 1e-12


def and_back(tracks: Projected) -> Projected:
    """The same, played to its end and back to its first frame."""
    count = len(tracks.rotation)
    rows = np.r_[:count, count - 2 : -1 : -1]
    return replace(
        tracks,
        xy_px=tracks.xy_px[:, rows],
        rotation=tracks.rotation[rows],
        translation=tracks.translation[rows],
        focal_px=tracks.focal_px[rows],
    )


def test_the_pair_that_is_asked_for_headings_is_far_apart_in_the_picture():
    there = project({"truck": 0.1}, frames=6)
    pair = wide_pair(there.xy_px)
    assert pair is not None
    assert pair.last == 5
    pair = wide_pair(and_back(there).xy_px)
    assert pair is not None
    assert pair.last == 5
    assert wide_pair(there.xy_px[:20]) is None


@pytest.mark.parametrize("move", [{"orbit_deg": 8.0}, {"pedestal": 0.1}])
def test_a_camera_that_comes_back_has_a_start_that_is_near(move):
    """The last frame is the first one again: between them every direction explains as much."""
    tracks = and_back(project(move, seed=0, noise_px=0.1, movers=0.42, rigid_mover=True))
    starts = heading_starts(tracks.problem(UNKNOWN), FULL)
    assert min(path_error(positions_of(start), tracks.centre) for start in starts) < 0.1
