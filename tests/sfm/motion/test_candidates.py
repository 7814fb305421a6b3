"""The candidate models on projected tracks: each move brings its own model, parameters and all."""

from dataclasses import replace

import numpy as np
import pytest
from fitted_moves import GIVEN, MOVES, UNKNOWN, fitted, rotation_of, zoom_of
from projected import FOCAL_PX, angle_deg, path_error, positions_of, project

from sfm.geometry.covariance import camera_covariance, capped_sigma
from sfm.geometry.problem import MANY, free_parameters
from sfm.geometry.robust import share_quantile
from sfm.motion.candidates import broken, fit_models, refine_full_motion
from sfm.motion.models import FittedModel
from sfm.motion.selection import select_model
from sfm.types import FULL, MOTION_MODELS


@pytest.mark.parametrize("name", list(MOVES))
@pytest.mark.parametrize("movers", [0.3])
def test_each_move_gets_its_model_and_its_parameters(name, movers):
    tracks, _, choice = fitted(name, movers)
    model = MOVES[name][1]
    assert choice.model.name == model
    assert choice.confidence > 0.3
    assert angle_deg(rotation_of(choice.fitted), tracks.rotation).max() < 0.15
    np.testing.assert_allclose(zoom_of(choice.fitted), tracks.focal_px / FOCAL_PX, rtol=0.01)
    if model.startswith("full"):
        assert path_error(positions_of(choice.fitted.parameters), tracks.centre) < 0.02
    assert choice.agrees[~tracks.moving].mean() > 0.9


@pytest.mark.parametrize(("name", "movers"), [("pan", 0.0), ("truck", 0.0), ("dolly", 0.3), ("orbit", 0.3)])
def test_an_unknown_focal_length_leaves_model_and_shape(name, movers):
    tracks, _, choice = fitted(name, movers, known=False)
    assert choice.model.name == MOVES[name][1]
    assert angle_deg(rotation_of(choice.fitted), tracks.rotation).max() < 0.6
    if choice.model.name == "full":
        assert path_error(positions_of(choice.fitted.parameters), tracks.centre) < 0.05


def test_the_model_come_in_order_and_richer_ones_fit_no_worse():
    for name in ("static", "truck with zoom"):
        _, found, _ = fitted(name, 0.3)
        assert tuple(r.model for r in found) == MOTION_MODELS
        cost = {r.model.name: r.cost for r in found}
        assert cost["rotation"] <= cost["static"] * 1.001
        assert cost["rotation_zoom"] <= cost["rotation"] * 1.001
        assert cost["full_zoom"] <= cost["full"] * 1.001


def test_a_fixed_focal_length_explains_a_zoom_by_an_invented_baseline_and_is_not_believed():
    _, found, choice = fitted("zoom", 0.3)
    by_name = {r.model.name: r for r in found}
    assert share_quantile(by_name["rotation"].residual_px, 0.5) > 2
    assert choice.model.name == "rotation_zoom"
    assert zoom_of(choice.fitted)[-1] == pytest.approx(1.3, rel=0.003)


def test_an_unknown_focal_length_is_known_from_a_pan_and_not_from_a_truck():
    sigma = {}
    for name in ("pan", "truck"):
        tracks, _, choice = fitted(name, 0.0, known=False)
        free = free_parameters([choice.model], UNKNOWN)
        spread = camera_covariance(
            tracks.observations(), choice.fitted.parameters, free, kernel_px=2.0, noise_px=choice.noise_px
        )
        sigma[name] = capped_sigma(None if spread is None else spread[-1, -1], UNKNOWN.sigma)
        error = abs(choice.fitted.parameters.log_focal[0] - np.log(FOCAL_PX))
        assert error < 4 * sigma[name] + 0.01, name
    assert sigma["truck"] > 3 * sigma["pan"]


def test_equal_tracks_give_equal_bits():
    tracks = project(MOVES["orbit"][0], seed=2, noise_px=0.1, movers=0.3)
    first, second = (refine_full_motion(tracks.problem(GIVEN), fit_models(tracks.problem(GIVEN))) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a.parameters.rotation, b.parameters.rotation)
        assert np.array_equal(a.parameters.translation, b.parameters.translation)
        np.testing.assert_array_equal(a.residual_px, b.residual_px)


def test_of_many_tracks_half_tell_the_way_and_all_where_it_ends():
    tracks = project({"truck": 0.15}, seed=7, points=MANY + 30, noise_px=0.1, movers=0.2)
    count = len(tracks.xy_px)
    assert count >= MANY
    found = fit_models(tracks.problem(GIVEN))
    assert all(r.residual_px.shape[0] == count and r.parameters.point.shape[1] == count for r in found)
    choice = select_model(found, 1.0)
    assert choice.model.name == "full"
    assert choice.agrees[~tracks.moving].mean() > 0.95
    assert path_error(positions_of(choice.fitted.parameters), tracks.centre) < 0.01


def test_a_fit_is_broken_where_few_of_the_tracks_across_a_step_agree():
    """Two halves, each right by itself, with another scale: what is seen from both agrees with neither."""
    residual = np.full((120, 10), np.nan)
    residual[:40, :5] = residual[40:80, 5:] = 0.1
    residual[80:, 3:7] = 5.0
    parameters = fitted("truck", 0.3)[1][3].parameters
    made = FittedModel(model=FULL, parameters=parameters, cost=1.0, residual_px=residual, start="made")
    assert broken(made, 1.0)
    assert not broken(replace(made, residual_px=np.where(residual > 1, 0.1, residual)), 1.0)
