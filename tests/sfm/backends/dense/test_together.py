"""Keyframes and the frames between them as one, on noisy rendered clips."""

from functools import cache

import clips
import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, clip, depths_at, set_up
from projected import angle_deg, path_error

from sfm.backends.dense import together
from sfm.backends.dense.frames import PlacedFrames, place_frames
from sfm.backends.dense.models import Lens, fit_models
from sfm.backends.dense.refinement import Refined, first_graph, refine, scene_of
from sfm.backends.dense.together import joining, place_all
from sfm.flow.coarse_to_fine import flow
from sfm.flow.pyramid import grey_of, pyramid
from sfm.geometry.problem import FocalPrior
from sfm.masks import find as masks
from sfm.types import FULL, FULL_ZOOM, ROTATION, STATIC

KEY = np.array([0, 5, 10, 15])
LENS = Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.0))
LIMIT_PX, BETWEEN = 1.5, 8
NOISE = 12.0


@cache
def refined(name: str) -> Refined:
    """Keyframes of a clip under full motion, the pictures noisy."""
    rgb = clip(name).rgb
    noisy = rgb + np.random.default_rng(3).normal(0.0, NOISE, rgb.shape)
    frames = clips.as_frames(noisy.clip(0, 255).astype(np.uint8))
    seen = pyramid(grey_of(frames.rgb, torch.device("cpu")), 5)
    found = masks.find(frames)
    scenes = scene_of(seen, frames, found, 16), scene_of(seen, frames, found, 8)
    fit = fit_models(first_graph(scenes[0], KEY, 2, flow), LENS)[3]
    return refine(scenes, KEY, fit, torch.ones_like(fit.parameters.inverse_depth), LENS, 2)


def beside(name: str) -> PlacedFrames:
    """All frames beside the keyframes as they are."""
    known = refined(name)
    robust = (known.scale, LIMIT_PX)
    return place_frames(known.scene, known.parameters, KEY, FULL, robust, known.belongs)


def centres_of(found: PlacedFrames) -> np.ndarray:
    return -np.einsum("nji,nj->ni", found.rotation, found.translation)


def depth_error(found: Refined) -> float:
    """Median relative error of inverse depths, each keyframe in its own unit."""
    xy = found.scene.centres.reshape(-1, 2).numpy().astype(float)
    truth = np.stack([depths_at(set_up("truck"), int(frame), xy) for frame in KEY])
    ratio = found.parameters.inverse_depth.numpy() / truth
    return float(np.median(np.abs(ratio / np.median(ratio, axis=1, keepdims=True) - 1)))


@pytest.mark.parametrize(("name", "most"), [("truck", 0.9), ("dolly", 1.25)])
def test_frames_between_average_the_noise(name, most):
    """That of the truck is noise; the dolly's patches grow, which bends every frame alike, noisy or not."""
    truth = clip(name).trajectory
    before = path_error(centres_of(beside(name)), truth.positions)
    _, placed = place_all(refined(name), KEY, FULL, LENS, LIMIT_PX, BETWEEN)
    assert path_error(centres_of(placed), truth.positions) < most * before
    assert angle_deg(placed.rotation.transpose(0, 2, 1), truth.rotations).max() < 0.15


def test_the_depths_of_all_patches_go_with_the_cameras():
    """A third of them is adjusted with the cameras, the others after that."""
    known = refined("truck")
    after, placed = place_all(known, KEY, FULL, LENS, LIMIT_PX, BETWEEN)
    np.testing.assert_allclose(after.parameters.rotation.numpy(), placed.rotation[KEY], atol=1e-12)
    np.testing.assert_allclose(after.parameters.translation.numpy(), placed.translation[KEY], atol=1e-12)
    assert after.parameters.inverse_depth.shape == known.parameters.inverse_depth.shape
    assert depth_error(after) < 1.02 * depth_error(known)
    assert float(after.residual_px.nanmedian()) < 1.05 * float(known.residual_px.nanmedian())
    assert after.graph is known.graph


def test_frames_that_do_not_join_are_placed_beside_those_that_do():
    truth = clip("truck").trajectory
    assert len(joining(KEY, 1)) == 3
    _, placed = place_all(refined("truck"), KEY, FULL, LENS, LIMIT_PX, 1)
    assert path_error(centres_of(placed), truth.positions) < 0.02
    others = np.setdiff1d(np.arange(16), KEY)
    assert (placed.share[others] < 1).all()
    assert placed.share[others].min() > 0.5
    assert (np.trace(placed.covariance[others], axis1=1, axis2=2) > 0).all()


def test_none_join_where_none_are_asked_for():
    known = refined("truck")
    after, placed = place_all(known, KEY, FULL, LENS, LIMIT_PX, 0)
    assert after is known
    np.testing.assert_array_equal(placed.translation, beside("truck").translation)


def test_what_neither_travels_nor_holds_its_lens_stays_as_it_was():
    known = refined("truck")
    for model in (STATIC, ROTATION, FULL_ZOOM):
        after, placed = place_all(known, KEY, model, LENS, LIMIT_PX, BETWEEN)
        assert after is known
        expected = place_frames(known.scene, known.parameters, KEY, model, (known.scale, LIMIT_PX), known.belongs)
        np.testing.assert_array_equal(placed.rotation, expected.rotation)


def test_as_many_frames_join_between_any_two_keyframes():
    np.testing.assert_array_equal(joining(np.array([0, 3, 4, 6]), BETWEEN), [1, 2, 5])
    key = np.array([0, 100, 120])
    joins = joining(key, BETWEEN)
    assert ((joins > 0) & (joins < 100)).sum() == ((joins > 100) & (joins < 120)).sum() == BETWEEN
    assert np.diff(np.union1d(key[:2], joins[:BETWEEN])).max() <= 12


def test_a_long_clip_has_no_more_cameras_than_it_may():
    key = np.arange(0, 3000, 20)
    assert len(key) + len(joining(key, BETWEEN)) <= together.CAMERAS
    assert len(joining(np.arange(0, 3000, 5), BETWEEN)) == 0
