"""Covariances of poses against a sample of noisy flows."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from flow_scene import known_flow

from sfm.backends.dense.adjustment import adjust, covariance
from sfm.backends.dense.normal import Freedom
from sfm.backends.dense.rotations import log_so3
from sfm.geometry.covariance import frame_covariance, keyframe_covariance
from sfm.geometry.problem import FocalPrior
from sfm.types import FULL, ROTATION, STATIC

NOISE_PX = 0.3
SAMPLES = 30


def held(model=FULL):
    return Freedom(model=model, focal=FocalPrior(focal_px=275.0, sigma=0.0), depth_weight=1e-4)


def keyed(parameters, spread, model, first=0):
    rotation, translation, known = (each.numpy() for each in (parameters.rotation, parameters.translation, spread))
    return keyframe_covariance(rotation, translation, known, model, first)


def told(move, model):
    known = known_flow(move, cameras=5, patches=80, noise_px=0.0, promised_px=NOISE_PX)
    spread = covariance(known.parameters, known.graph, held(model), 1e6)
    assert spread is not None
    return known, keyed(known.parameters, spread, model)


@pytest.mark.slow
@pytest.mark.parametrize(("move", "model"), [({"truck": 0.3, "pan_deg": 3.0}, FULL), ({"pan_deg": 5.0}, ROTATION)])
def test_the_last_pose_scatters_as_is_told(move, model):
    """Flows with fresh noise; each answer stretched to the true path's length, in whose unit the covariance is."""
    known, found = told(move, model)
    begin = known.parameters
    if not model.translates:
        begin = replace(begin, inverse_depth=torch.zeros_like(begin.inverse_depth))
    rng = torch.Generator().manual_seed(1)
    wrong = []
    for _ in range(SAMPLES):
        noise = NOISE_PX * torch.randn(known.graph.place_px.shape, generator=rng, dtype=torch.float64)
        graph = replace(known.graph, place_px=known.graph.place_px + noise)
        fit, _ = adjust(begin, graph, held(model), (1e6,), iterations=6)
        turn = fit.rotation[-1] @ known.parameters.rotation[-1].T
        true, way = known.parameters.translation, fit.translation
        stretch = float((true * way).sum() / (way**2).sum()) if model.translates else 1.0
        shift = stretch * way[-1] - turn @ true[-1]
        wrong.append(torch.cat([shift, log_so3(turn[None])[0]]).numpy())
    free = np.isfinite(np.diagonal(found[-1]))
    ratio = np.std(wrong, axis=0)[free] / np.sqrt(np.diagonal(found[-1]))[free]
    assert (ratio > 0.65).all(), ratio
    assert (ratio < 1.45).all(), ratio


def test_what_a_model_does_not_move_is_unknown_and_the_first_pose_is_sure():
    for model, free in ((FULL, 6), (ROTATION, 3), (STATIC, 0)):
        _, found = told({"truck": 0.3}, model)
        assert np.isfinite(np.diagonal(found, axis1=1, axis2=2)).sum(1).tolist() == [free] * 5
        assert np.nan_to_num(found[0]).max() == 0.0
        if free:
            assert (np.diagonal(found[1:, 3:, 3:], axis1=1, axis2=2) > 0).all()


def test_frames_between_are_as_unsure_as_their_neighbours_and_themselves():
    keyed = np.arange(3.0)[:, None, None] * np.eye(6)
    own = np.zeros((9, 6, 6))
    own[5] = 0.25 * np.eye(6)
    found = frame_covariance(keyed, np.array([0, 4, 8]), own)[:, 0, 0]
    np.testing.assert_allclose(found, [0, 0.25, 0.5, 0.75, 1, 1.5, 1.5, 1.75, 2])


def test_relative_to_another_keyframe_that_one_is_sure_and_the_last_is_as_if_the_clip_began_there():
    known, _ = told({"truck": 0.3, "pan_deg": 3.0}, FULL)
    spread = covariance(known.parameters, known.graph, held(), 1e6)
    assert spread is not None
    second = keyed(known.parameters, spread, FULL, 2)
    assert np.abs(second[2]).max() < 1e-12 * np.abs(second[4]).max()
    own = slice(2, None)
    graph = replace(
        known.graph,
        source=torch.arange(3),
        target=(known.graph.target[own] - 2).clamp_min(0),
        place_px=known.graph.place_px[own],
        root=known.graph.root[own],
        weight=known.graph.weight[own] * (known.graph.target[own] >= 2)[..., None],
    )
    turn, way = known.parameters.rotation, known.parameters.translation
    rotation = turn[own] @ turn[2].T
    late = replace(
        known.parameters,
        rotation=rotation,
        translation=way[own] - rotation @ way[2],
        inverse_depth=known.parameters.inverse_depth[own],
        zoom=known.parameters.zoom[own],
    )
    alone = covariance(late, graph, held(), 1e6)
    assert alone is not None
    found = keyed(late, alone, FULL)
    ratio = (np.diagonal(second[4]) / np.diagonal(found[-1]))[1:]  # along the path it is the stretch of another path
    assert (ratio < 1.6).all(), ratio
    assert (ratio > 0.3).all(), ratio
