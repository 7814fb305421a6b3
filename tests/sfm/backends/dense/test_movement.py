"""What moves by itself is told from the scene on flow whose cameras are known, and the camera is the scene's."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from flow_scene import FOCAL_PX, HW, KnownFlow, centres_of, known_flow, with_mover
from projected import angle_deg, path_error

from sfm.backends.dense.models import Lens, fit_models
from sfm.backends.dense.movement import (
    Rival,
    Seen,
    best_rival,
    every_third,
    fit_scene,
    judged,
    of_scene,
    scene_weights,
    seen_by,
)
from sfm.geometry.problem import FocalPrior
from sfm.types import FULL

LENS = Lens(focal=FocalPrior(focal_px=FOCAL_PX, sigma=0.0))
CAMERAS = 5


@cache
def scene() -> KnownFlow:
    move = {"truck": 0.05, "dolly": 0.02, "pan_deg": 1.0}
    return known_flow(move, cameras=CAMERAS, patches=270, noise_px=0.1, dtype=torch.float32)


@cache
def middle() -> np.ndarray:
    """Patches of a figure from the top to the bottom of the frame, over more than half of it."""
    x = scene().graph.patch_px[0].numpy() / (HW[1] / 2)
    return np.abs(x + 0.05) < 0.55


@cache
def crossed(kind: str) -> KnownFlow:
    """The scene behind something that glides without a limb moving, or behind limbs that swing each in its own way."""
    time = np.arange(CAMERAS)[:, None]
    x, y = scene().graph.patch_px.numpy()
    if kind == "gliding":
        part, reach = np.zeros(len(x)), 5.0
    else:
        part, reach = np.floor(x / 30.0) + 2.0 * np.floor(y / 45.0), 8.0
    across = reach * np.sin(0.9 * time + 1.7 * part) + 1.5 * time
    down = 0.4 * reach * np.sin(1.3 * time + 2.9 * part + 1.0)
    return with_mover(scene(), middle(), np.stack([across, down], -1))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gliding", "swinging"])
def test_a_mover_over_half_of_the_frame_is_found_and_the_camera_is_right(kind):
    known = crossed(kind)
    assert middle().mean() > 0.5
    bent = fit_models(known.graph, LENS)
    assert path_error(centres_of(bent[3].parameters), known.centre) > 0.03
    fits, weight = fit_scene(known.graph, LENS, bent)
    away = ~near_the_rim()
    assert weight[:, torch.from_numpy(middle() & away)].mean() < 0.1
    assert weight[:, torch.from_numpy(~middle() & away)].mean() > 0.9
    found = fits[3].parameters
    assert path_error(centres_of(found), known.centre) < 0.01
    assert angle_deg(found.rotation.numpy(), known.parameters.rotation.numpy()).max() < 0.2


def near_the_rim() -> np.ndarray:
    """Patches whose neighbours lie on both sides of the outline."""
    x = scene().graph.patch_px[0].numpy() / (HW[1] / 2)
    return np.abs(np.abs(x + 0.05) - 0.55) < 0.12


@pytest.mark.slow
def test_where_nothing_moves_the_models_are_untouched():
    plain = fit_models(scene().graph, LENS)
    fits, weight = fit_scene(scene().graph, LENS, plain)
    assert bool((weight == 1).all())
    for mine, theirs in zip(fits, plain, strict=True):
        assert torch.equal(mine.parameters.translation, theirs.parameters.translation)
        assert torch.equal(mine.parameters.inverse_depth, theirs.parameters.inverse_depth)


def test_the_true_camera_foretells_the_scene_and_not_the_mover():
    known = crossed("swinging")
    rival = judged(known.parameters, known.graph, LENS, FULL, 1.0)
    assert rival.noise < 2.0
    assert float(rival.residual[:, ~middle()].nanmedian()) < 2.0 * rival.noise
    assert float(rival.residual[:, middle()].nanmedian()) > 5.0 * rival.noise


def seen() -> Seen:
    return seen_by(scene().graph)


def rival(residual: np.ndarray) -> Rival:
    k, p = scene().graph.weight[:, 0].shape
    each = torch.from_numpy(np.broadcast_to(residual, (k, p)).copy()).float()
    return Rival(parameters=scene().parameters, residual=each, noise=1.0)


def test_single_patches_are_judged_by_what_lies_around_them():
    inner, alone = middle() & ~near_the_rim(), np.zeros(len(middle()), bool)
    alone[[np.flatnonzero(inner)[5], np.flatnonzero(~middle() & ~near_the_rim())[5]]] = True
    residual = np.where(middle() ^ alone, 50.0, 0.5)
    weight = scene_weights(rival(residual), seen(), 1.0)
    assert float(weight[:, alone & middle()].max()) < 0.2
    assert float(weight[:, alone & ~middle()].min()) > 0.8


def test_what_agrees_only_for_a_while_is_no_scene():
    """A figure that goes as the scene does in some keyframes is carried to those in which it does not."""
    residual = np.where(middle(), 50.0, 0.5)[None].repeat(CAMERAS, 0)
    residual[:2] = 0.5
    inner = torch.from_numpy(middle() & ~near_the_rim())
    carried = scene_weights(rival(residual), seen(), 1.0)[:2, inner]
    alone = seen()
    alone = replace(alone, held=torch.zeros_like(alone.held))
    assert float(scene_weights(rival(residual), alone, 1.0)[:2, inner].mean()) == 1.0
    assert float(carried.mean()) < 0.6


def test_the_scene_is_what_fills_the_border():
    share = float((scene().graph.weight.sum(1) * torch.from_numpy(middle())).sum() / scene().graph.weight.sum())
    assert share > 0.5
    takes_mover, takes_border = rival(np.where(middle(), 0.5, 50.0)), rival(np.where(middle(), 50.0, 0.5))
    assert best_rival([takes_mover, takes_border], seen()) == 1
    assert best_rival([takes_border, takes_mover], seen()) == 0


def test_a_camera_bent_to_a_part_of_the_mover_loses_by_what_both_explain():
    x = scene().graph.patch_px[0].numpy() / (HW[1] / 2)
    part = middle() & (x > 0.2)
    straight = rival(np.where(middle(), 50.0, 0.5))
    bent = rival(np.where(middle() & ~part, 50.0, 1.2))
    assert best_rival([bent, straight], seen()) == 1
    assert best_rival([straight, bent], seen()) == 0


def test_weights_of_the_scene_weigh_every_place_of_a_patch():
    graph = scene().graph
    weight = torch.rand(graph.weight[:, 0].shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(of_scene(graph, weight).weight, graph.weight * weight[:, None])
    assert torch.equal(of_scene(graph, weight).place_px, graph.place_px)


@pytest.mark.slow
def test_where_nearly_all_is_scattered_nothing_is_picked_from_it():
    """What is left would agree with itself, and the clip would look sound."""
    known = known_flow({"truck": 0.05}, cameras=4, patches=150, outliers=0.85, dtype=torch.float32)
    plain = fit_models(known.graph, LENS)
    fits, weight = fit_scene(known.graph, LENS, plain)
    assert bool((weight == 1).all())
    assert fits[3] is plain[3]


@pytest.mark.parametrize("columns", [27, 30, 40])
def test_a_third_of_a_grid_has_neighbours_along_and_across(columns):
    y, x = torch.meshgrid(torch.arange(9.0), torch.arange(float(columns)), indexing="ij")
    patch = torch.stack([x.reshape(-1), y.reshape(-1)])
    few = every_third(patch)
    assert len(few) == pytest.approx(9 * columns / 3, abs=3)
    step = (patch[:, few][:, :, None] - patch[:, few][:, None]).abs()
    near = step.norm(dim=0) < 1.6 * 3**0.5
    assert bool((near & (step[0] > 0)).any(1).all())
    assert bool((near & (step[1] > 0)).any(1).all())
