"""The five motion models on exact and on noisy flow, and what the selection makes of them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, KnownFlow, centres_of, known_flow
from projected import angle_deg, path_error

from sfm.backends.dense.models import DenseFit, Lens, fit_models
from sfm.config import DenseConfig
from sfm.geometry.problem import FocalPrior
from sfm.geometry.robust import SPARES_ONE
from sfm.motion.selection import select_model
from sfm.types import MOTION_MODELS

UNIT_PX = 0.5
MOVES = {
    "static": {},
    "rotation": {"pan_deg": 6.0, "tilt_deg": 2.0},
    "rotation_zoom": {"zoom": 1.25},
    "full": {"truck": 0.3, "pan_deg": 3.0},
}


@cache
def known(name: str) -> KnownFlow:
    return known_flow(MOVES[name], patches=150, cameras=5, noise_px=0.1, outliers=0.05, dtype=torch.float32)


@cache
def fitted(name: str) -> list[DenseFit]:
    return fit_models(known(name).graph, Lens(focal=FocalPrior(focal_px=1.1 * FOCAL_PX, sigma=0.35)))


@pytest.mark.parametrize("name", list(MOVES))
def test_the_model_that_made_the_flow_is_selected_and_right(name):
    selection = select_model(fitted(name), UNIT_PX, DenseConfig().selection)
    assert selection.model.name == name
    assert selection.confidence > 0.5
    found, truth = selection.fitted.parameters, known(name).parameters
    assert angle_deg(found.rotation.numpy(), truth.rotation.numpy()).max() < 0.5
    np.testing.assert_allclose(found.zoom, truth.zoom, atol=0.02)
    if name == "full":
        assert path_error(centres_of(found), known(name).centre) < 0.02
    else:
        assert float(found.translation.abs().max()) == 0


@pytest.mark.parametrize("name", list(MOVES))
def test_every_model_is_fitted_and_moves_what_it_may(name):
    fits = fitted(name)
    assert tuple(fit.model for fit in fits) == MOTION_MODELS
    for fit in fits:
        state = fit.parameters
        turns = not torch.equal(state.rotation, torch.eye(3, dtype=torch.float64).expand_as(state.rotation))
        assert turns == fit.model.rotates
        assert bool(state.translation.abs().max() > 0) == fit.model.translates
        assert bool(state.zoom.abs().max() > 0) == fit.model.zooms
        assert float(state.zoom[0]) == 0
        assert fit.start
        assert np.isfinite(fit.cost)


@pytest.mark.parametrize("name", list(MOVES))
def test_residuals_are_those_of_patches(name):
    graph = known(name).graph
    _, m, p = graph.weight.shape
    for fit in fitted(name):
        testify = fit.patch_votes > 0  # a patch without a place is no row
        assert fit.residual_px.shape == (testify.sum(), m)
        assert fit.nearness().shape == fit.votes().shape == (testify.sum(),)
        np.testing.assert_array_equal(testify, (graph.weight.numpy() > 0.3).any(1))
        assert testify[1, 3]
        of_patch = np.sort(fit.patch_residual_px[1, :, 3])
        of_patch = of_patch[~np.isnan(of_patch)]
        rated = fit.residual_px[testify.reshape(-1)[: p + 3].sum()]
        spared = len(of_patch) - (len(of_patch) >= SPARES_ONE)
        np.testing.assert_array_equal(rated[~np.isnan(rated)], of_patch[:spared])
        np.testing.assert_array_equal(np.isnan(fit.patch_residual_px), graph.weight.numpy() <= 0.3)
    richest = fitted(name)[-1].patch_residual_px
    assert np.nanmedian(richest) < 0.2


def test_a_bare_half_of_the_picture_does_not_vote():
    """It agrees with everything: a selection that heard it would call a pan before a wall static."""
    pan = known("rotation").graph
    bare = pan.patch_px[0] > 0
    graph = replace(pan, root=torch.where(bare, 1e-3 * pan.root, pan.root))
    fit = fit_models(graph, Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.0)))[1]
    votes = fit.patch_votes
    assert fit.votes().sum() == pytest.approx(votes.sum())
    assert votes.shape == graph.weight.shape[::2]
    assert votes[:, bare].sum() < 1e-4 * votes.sum()
    assert (votes >= 0).all()
    seen = (graph.weight > 0.3).sum(1).numpy()
    np.testing.assert_allclose(votes[:, ~bare], seen[:, ~bare], rtol=1e-4)  # each place knows as much as one can


def test_forward_is_along_the_axis():
    graph = known_flow({"dolly": 0.3}, patches=150, cameras=4, noise_px=0.1, dtype=torch.float32).graph
    full = fit_models(graph, Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.0)))[3]
    assert full.forward()[-1] == pytest.approx(0.3, rel=0.15)
    assert float(full.parameters.log_focal.exp()) == pytest.approx(FOCAL_PX, rel=1e-9)


def test_a_known_distortion_stays_and_a_free_one_is_found():
    truth = known_flow({"pan_deg": 9.0}, patches=150, cameras=5, noise_px=0.05, kappa=0.08, dtype=torch.float32)
    focal = FocalPrior(focal_px=FOCAL_PX, sigma=0.0)
    held = fit_models(truth.graph, Lens(focal=focal, undistortion=0.08))[1].parameters
    free = fit_models(truth.graph, Lens(focal=focal, radial=True))[1].parameters
    assert float(held.undistortion) == 0.08
    assert float(free.undistortion) == pytest.approx(0.08, abs=0.03)
    for found in (held, free):
        assert angle_deg(found.rotation.numpy(), truth.parameters.rotation.numpy()).max() < 0.1


@pytest.mark.parametrize("noise_px", [0.3, 1.0])
def test_a_near_thing_before_a_far_scene_does_not_turn_the_relief_inside_out(noise_px):
    """What is much nearer than all else may be a mover; but it is so before the camera and before its twin alike."""
    known = known_flow(
        {"truck": 0.1}, patches=900, depth=(1.0, 40.0), noise_px=noise_px, promised_px=noise_px, dtype=torch.float32
    )
    near = known.parameters.inverse_depth
    shown = (near < 0.5) | (near > 1.7)
    graph = replace(known.graph, weight=known.graph.weight * shown[:, None])
    full = fit_models(graph, Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.35)))[3]
    found = full.parameters.inverse_depth
    assert np.corrcoef(found[shown].numpy(), near[shown].numpy())[0, 1] > 0.9
    assert path_error(centres_of(full.parameters), known.centre) < 0.1
