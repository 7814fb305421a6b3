"""The candidate models on projected tracks: each move brings its own model, parameters and all."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from projected import FOCAL_PX, Projected, angle_deg, path_error, positions_of, project

import sfm.motion.translation_models
from sfm.geometry.bundle_adjustment import adjust
from sfm.geometry.problem import KERNELS_PX, MANY, FocalPrior, free_parameters, observations_of
from sfm.geometry.robust import share_quantile, trimmed_track_rms
from sfm.geometry.uncertainty import log_focal_sigma
from sfm.motion.candidates import broken, fit_models, refine_full_motion
from sfm.motion.consensus import agreement, ranked
from sfm.motion.initialization import reversed_depth
from sfm.motion.models import FittedModel, Start, fit
from sfm.motion.selection import Selection, select_model
from sfm.motion.translation_models import search, straight_path
from sfm.types import FULL, FULL_ZOOM, MOTION_MODELS

MOVES: dict[str, tuple[dict[str, float], str]] = {
    "static": ({}, "static"),
    "pan": ({"pan_deg": 12.0}, "rotation"),
    "tilt": ({"tilt_deg": -8.0}, "rotation"),
    "roll": ({"roll_deg": 10.0}, "rotation"),
    "zoom": ({"zoom": 1.3}, "rotation_zoom"),
    "pan with zoom": ({"pan_deg": 6.0, "zoom": 0.8}, "rotation_zoom"),
    "truck": ({"truck": 0.15}, "full"),
    "dolly": ({"dolly": 0.2}, "full"),
    "orbit": ({"orbit_deg": 12.0}, "full"),
    "truck with zoom": ({"truck": 0.15, "zoom": 1.25}, "full_zoom"),
}
GIVEN = FocalPrior(focal_px=FOCAL_PX, sigma=0.0)
UNKNOWN = FocalPrior(focal_px=0.85 * 640, sigma=0.35)


@cache
def fitted(name: str, movers: float, *, known: bool = True) -> tuple[Projected, list[FittedModel], Selection]:
    tracks = project(MOVES[name][0], seed=2, noise_px=0.1, movers=movers)
    prior = GIVEN if known else UNKNOWN
    found = fit_models(tracks.problem(prior))
    if select_model(found, 1.0).model.translates:
        found = refine_full_motion(tracks.problem(prior), found)
    return tracks, found, select_model(found, 1.0)


def rotation_of(fitted: FittedModel) -> np.ndarray:
    return fitted.parameters.rotation[0].numpy()


def zoom_of(fitted: FittedModel) -> np.ndarray:
    return fitted.parameters.zoom[0].exp().numpy()


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
    free = free_parameters([FULL], UNKNOWN, torch.device("cpu"))
    trap = adjust(tracks.observations(), reversed_depth(tracks.parameters()), free, kernel_px=KERNELS_PX).parameters
    assert positions_of(trap)[-1, 0] < 0 < tracks.centre[-1, 0]
    starts = [Start(parameters=trap, model=FULL, origin="trap")]
    monkeypatch.setattr(sfm.motion.translation_models, "simple_starts", lambda _: starts)
    monkeypatch.setattr(sfm.motion.translation_models, "heading_starts", lambda *_: [])
    full = fit_models(tracks.problem(UNKNOWN))[3]
    assert path_error(positions_of(full.parameters), tracks.centre) < 0.05


def test_model_hold_the_parameters_that_they_do_not_have():
    _, found, _ = fitted("truck with zoom", 0.3)
    by_name = {r.model.name: r.parameters for r in found}
    eye = torch.eye(3, dtype=torch.float64)
    assert torch.equal(by_name["static"].rotation[0], eye.expand(8, 3, 3))
    for model in ("static", "rotation", "rotation_zoom"):
        assert float(by_name[model].translation.abs().max()) == 0.0
    for model in ("static", "rotation", "full"):
        assert float(by_name[model].zoom.abs().max()) == 0.0
    for state in by_name.values():
        assert torch.equal(state.rotation[0, 0], eye)
        assert float(state.log_focal.exp()) == pytest.approx(FOCAL_PX)


def test_free_parameters_name_what_each_model_moves():
    free = free_parameters(MOTION_MODELS, UNKNOWN, torch.device("cpu"))
    assert free.rotation.tolist() == [False, True, True, True, True]
    assert free.translation.tolist() == [False, False, False, True, True]
    assert free.zoom.tolist() == [False, False, True, False, True]
    assert free.focal.tolist() == [False, True, True, True, True]
    assert not free_parameters(MOTION_MODELS, GIVEN, torch.device("cpu")).focal.any()


def test_an_unknown_focal_length_is_known_from_a_pan_and_not_from_a_truck():
    sigma = {}
    for name in ("pan", "truck"):
        tracks, _, choice = fitted(name, 0.0, known=False)
        free = free_parameters([choice.model], UNKNOWN, torch.device("cpu"))
        sigma[name] = log_focal_sigma(
            tracks.observations(), choice.fitted.parameters, free, kernel_px=2.0, noise_px=choice.noise_px
        )
        error = abs(float(choice.fitted.parameters.log_focal) - np.log(FOCAL_PX))
        assert error < 4 * sigma[name] + 0.01, name
    assert sigma["truck"] > 3 * sigma["pan"]


def test_equal_tracks_give_equal_bits():
    tracks = project(MOVES["orbit"][0], seed=2, noise_px=0.1, movers=0.3)
    first, second = (refine_full_motion(tracks.problem(GIVEN), fit_models(tracks.problem(GIVEN))) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a.parameters.rotation, b.parameters.rotation)
        assert torch.equal(a.parameters.translation, b.parameters.translation)
        np.testing.assert_array_equal(a.residual_px, b.residual_px)


def test_scene_is_centred_and_blind_where_tracks_are_not_seen():
    xy = np.full((2, 3, 2), np.nan)
    xy[0, 1] = (319.5, 179.5)
    xy[1, 2] = (0.0, 0.0)
    scene = observations_of(xy, (360, 640), 1.0, torch.device("cpu"))
    assert scene.weight.sum() == 2
    assert scene.xy_px[0, 1].tolist() == [0.0, 0.0]
    assert scene.xy_px[1, 2].tolist() == [-319.5, -179.5]
    assert bool(torch.isfinite(scene.xy_px).all())


def test_track_rms_forgives_one_slip_in_ten_and_no_more():
    residual = np.full((3, 20), 0.5)
    residual[1, 4:6] = 50.0
    residual[2, 4:8] = 50.0
    residual[:, 15:] = np.where(np.arange(3)[:, None] == 0, np.nan, residual[:, 15:])
    np.testing.assert_allclose(trimmed_track_rms(residual)[:2], 0.5)
    assert trimmed_track_rms(residual)[2] > 5


def test_track_rms_of_points_behind_the_camera_is_large():
    residual = np.full((1, 5), np.inf)
    residual[0, 0] = 0.1
    assert trimmed_track_rms(residual)[0] > 1e3


def test_share_quantile_weighs_tracks_with_their_length():
    residual = np.full((4, 10), np.nan)
    residual[0] = 0.1
    for i in (1, 2, 3):
        residual[i, :2] = 1.0 + i
    assert share_quantile(residual, 0.5) == pytest.approx(0.1)
    assert share_quantile(residual, 0.95) > 1


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


def test_agreement_prefers_the_start_that_fits_the_background():
    """A bent solution halves the cost of everything; the true one leaves a mover out and fits the rest."""
    _, found, _ = fitted("truck", 0.3)
    parameters = found[0].parameters
    bent = FittedModel(model=FULL, parameters=parameters, cost=800.0, residual_px=np.full((10, 8), 1.0), start="bent")
    true = np.full((10, 8), 0.1)
    true[6:] = 30.0
    fits = FittedModel(model=FULL, parameters=parameters, cost=1200.0, residual_px=true, start="true")
    assert ranked([bent, fits], 1.0)[0] is fits
    assert agreement([bent, fits], 1.0)[1] == pytest.approx(0.6, abs=0.05)


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


def test_tracks_that_slip_away_slowly_are_let_go():
    """A third of the content drifts by three pixels in all, which a kernel of 2.5 takes for noise in most frames."""
    tracks = project({"truck": 0.15}, seed=6, noise_px=0.05)
    drift = np.where(np.arange(len(tracks.xy_px)) % 3 == 0, 3.0, 0.0)[:, None] * np.linspace(0, 1, 8)
    xy = tracks.xy_px + np.stack([0.3 * drift, drift], -1)
    observations = observations_of(xy, (360, 640), 1.0, torch.device("cpu"))
    problem = replace(tracks.problem(GIVEN), observations=observations)
    start = Start(parameters=tracks.parameters(), model=FULL, origin="truth")
    off = {
        rough: angle_deg(rotation_of(fit(problem, [start], (6.0, 2.5), rough=rough)[0]), tracks.rotation).max()
        for rough in (True, False)
    }
    assert off[False] < 0.02
    assert off[False] < 0.5 * off[True]


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
