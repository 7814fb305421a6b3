"""From the coarse fit to the fine grid on a rendered truck, and what is then known of the focal length."""

from dataclasses import replace
from functools import cache

import clips
import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, centres_of, clip, depths_at, known_flow, set_up
from projected import angle_deg, path_error

from sfm.backends.dense.graph import FlowGraph
from sfm.backends.dense.keyframes import neighbours
from sfm.backends.dense.models import DenseFit, Lens, fit_models
from sfm.backends.dense.observe import Scene
from sfm.backends.dense.refinement import Refined, first_graph, refine, scene_of
from sfm.backends.dense.uncertainty import focal_sigma_log, spread_of
from sfm.flow.coarse_to_fine import flow
from sfm.flow.pyramid import grey_of, pyramid, sampled
from sfm.geometry.problem import FocalPrior
from sfm.masks import find as masks
from sfm.types import FULL, ROTATION, STATIC, Masks, MotionModel

KEY = np.array([0, 4, 8, 12, 15])
GIVEN = Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.0))
PRIOR = Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.35))


@cache
def scenes() -> tuple[Scene, Scene]:
    frames = clips.as_frames(clip("truck").rgb)
    seen = pyramid(grey_of(frames.rgb, torch.device("cpu")), 5)
    found = masks.find(frames)
    return scene_of(seen, frames, found, 16), scene_of(seen, frames, found, 8)


@cache
def truck() -> tuple[DenseFit, Refined]:
    fit = fit_models(first_graph(scenes()[0], KEY, 2, flow), GIVEN)[3]
    return fit, refine(scenes(), KEY, fit, torch.ones_like(fit.parameters.inverse_depth), GIVEN, 2)


def depth_error(found: torch.Tensor) -> float:
    """Median relative error of inverse depths on the fine grid, each keyframe in its own unit."""
    xy = scenes()[1].centres.reshape(-1, 2).numpy().astype(float)
    truth = np.stack([depths_at(set_up("truck"), int(frame), xy) for frame in KEY])
    ratio = found.numpy() / truth
    return float(np.median(np.abs(ratio / np.median(ratio, axis=1, keepdims=True) - 1)))


def test_a_truck_refined_has_better_depths_and_the_same_path():
    fit, refined = truck()
    coarse, fine = scenes()
    values = fit.parameters.inverse_depth.reshape(5, *coarse.centres.shape[:2], 1)
    before = sampled(values, coarse.centres, fine.centres.reshape(1, -1, 2).expand(5, -1, -1))[..., 0]
    assert depth_error(refined.parameters.inverse_depth) < 0.8 * depth_error(before)
    assert depth_error(refined.parameters.inverse_depth) < 0.02
    truth = clip("truck").trajectory
    for found in (fit.parameters, refined.parameters):
        assert path_error(centres_of(found), truth.positions[KEY]) < 0.01
        assert angle_deg(found.rotation.numpy().transpose(0, 2, 1), truth.rotations[KEY]).max() < 0.1


def test_everything_is_on_the_fine_grid():
    _, refined = truck()
    p = len(refined.scene.usable)
    assert p == 22 * 40
    assert refined.parameters.inverse_depth.shape == (5, p)
    assert refined.residual_px.shape == refined.graph.weight.shape == (5, 4, p)
    assert refined.scale >= 1
    assert float(refined.residual_px.nanmedian()) < 0.2


def test_patches_on_bars_are_muted():
    frames = clips.as_frames(clip("truck").rgb[:2])
    usable = np.ones((180, 320), bool)
    usable[:24] = False
    bars = Masks(usable=usable, blank=np.zeros(2, bool), duplicate_of=np.arange(2))
    scene = scene_of(pyramid(grey_of(frames.rgb, torch.device("cpu")), 5), frames, bars, 16)
    muted = ~scene.usable.reshape(11, 20)
    assert muted[0].all()
    assert not muted[2:].any()


def test_the_first_graph_is_of_neighbours():
    graph = first_graph(scenes()[0], KEY, 1, flow)
    torch.testing.assert_close(graph.target, neighbours(5, 1, torch.device("cpu")))
    assert graph.source.tolist() == [0, 1, 2, 3, 4]
    assert float((graph.weight[:-1, 0] > 0.3).float().mean()) > 0.8


@cache
def panned() -> Refined:
    """A pan of known flow, its parameters true, as if it had been refined."""
    known = known_flow({"pan_deg": 12.0}, patches=200, cameras=5, noise_px=0.1, dtype=torch.float32)
    return replace(truck()[1], graph=known.graph, parameters=known.parameters, scale=1.0)


def sigma_of(refined: Refined, model: MotionModel, lens: Lens) -> float:
    return focal_sigma_log(spread_of(refined, model, lens), model, lens)


def test_a_given_focal_length_is_sure_and_a_static_clip_says_nothing():
    assert sigma_of(panned(), ROTATION, GIVEN) == 0
    assert sigma_of(panned(), STATIC, PRIOR) == 0.35


def test_what_the_clip_says_is_never_less_than_the_prior():
    sigma = sigma_of(panned(), ROTATION, PRIOR)
    assert 0 < sigma < 0.35
    wide = replace(PRIOR, focal=replace(PRIOR.focal, sigma=1e-4))
    assert sigma_of(panned(), ROTATION, wide) <= 1e-4


def test_more_noise_makes_the_focal_length_less_sure():
    assert sigma_of(replace(panned(), scale=4.0), ROTATION, PRIOR) > 1.5 * sigma_of(panned(), ROTATION, PRIOR)


def test_where_nothing_can_be_inverted_the_prior_stays():
    graph: FlowGraph = panned().graph
    nothing = replace(panned(), graph=replace(graph, weight=torch.zeros_like(graph.weight)))
    assert sigma_of(nothing, FULL, PRIOR) == pytest.approx(0.35)
