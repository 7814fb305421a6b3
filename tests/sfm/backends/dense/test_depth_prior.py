"""What is told of depths: up to scale and shift, never inside out, with the gradient of its cost."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from flow_scene import KnownFlow, known_flow

from sfm.backends.dense.adjustment import adjust
from sfm.backends.dense.depth_prior import DepthPrior, depth_prior, on_grid, start_of
from sfm.backends.dense.normal import SHARED, Freedom
from sfm.geometry.problem import FocalPrior
from sfm.types import FULL

GAUGE = 1e-6


def told(known: KnownFlow, nearness: torch.Tensor) -> DepthPrior:
    return depth_prior(known.parameters, replace(known.graph, nearness=nearness), GAUGE, 1.0)


def test_with_nothing_told_the_depths_are_1_and_hardly_so():
    known = known_flow({"truck": 0.1})
    found = depth_prior(known.parameters, known.graph, 0.02, 1.0)
    near = known.parameters.inverse_depth
    assert torch.equal(found.expected, torch.ones_like(near))
    assert torch.equal(found.weight, torch.full_like(near, 0.02))
    assert found.cost == pytest.approx(0.02 * float(((near - 1) ** 2).sum()))


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (40.0, 7.0), (0.01, 0.0)])
def test_scale_and_shift_of_each_row_are_free(scale, shift):
    known = known_flow({"truck": 0.1})
    near = known.parameters.inverse_depth
    by_row = torch.arange(1, len(near) + 1)[:, None]
    found = told(known, near * scale * by_row + shift)
    assert float((found.expected - near).abs().max()) < 1e-5
    assert found.cost < 1e-4


def test_relief_is_not_turned_inside_out():
    known = known_flow({"truck": 0.1})
    near = known.parameters.inverse_depth
    found = told(known, 3.0 - near)
    assert float(found.expected.std(1).max()) < 1e-4 < float(near.std(1).min())


def test_a_part_that_is_plainly_wrong_is_left_to_the_flow():
    known = known_flow({"truck": 0.1})
    near = known.parameters.inverse_depth
    wrong = near.clone()
    wrong[:, :30] = 0.02  # a mirror or a poster of a landscape
    assert float(near[:, :30].min()) > 0.3
    found = told(known, wrong)
    assert float((found.expected - near)[:, 30:].abs().median()) < 0.15
    assert float(found.weight[:, :30].median()) < 0.2 * float(found.weight[:, 30:].median())


def test_the_pull_is_the_gradient_of_the_cost():
    known = known_flow({"truck": 0.1}, patches=40)
    rng = torch.Generator().manual_seed(3)
    noise = torch.randn(known.parameters.inverse_depth.shape, generator=rng, dtype=torch.float64)
    graph = replace(known.graph, nearness=known.parameters.inverse_depth * (1 + 0.1 * noise))

    def at(change: float) -> DepthPrior:
        near = known.parameters.inverse_depth.clone()
        near[2, 5] += change
        return depth_prior(replace(known.parameters, inverse_depth=near), graph, 0.1, 4.0)

    here, step = at(0.0), 1e-4
    slope = (at(step).cost - at(-step).cost) / (2 * step)
    pull = here.weight[2, 5] * (here.expected[2, 5] - known.parameters.inverse_depth[2, 5])
    assert float(pull) == pytest.approx(float(-slope) / 2, rel=0.02)


def test_depths_told_with_smooth_errors_help_where_the_flow_is_poor():
    """A short way and noisy flow: the depths come from the prior, and the way is better for it."""
    known = known_flow({"truck": 0.03, "pan_deg": 1.0}, cameras=5, patches=200, noise_px=1.0, promised_px=1.0)
    true = known.parameters.inverse_depth
    column = known.graph.patch_px[0] / known.graph.patch_px[0].abs().max()
    graph = replace(known.graph, nearness=true * (1 + 0.15 * column))
    held = Freedom(model=FULL, focal=FocalPrior(focal_px=275.0, sigma=0.0), shared=SHARED, depth_weight=0.02)

    def error(with_prior: bool) -> float:
        used = graph if with_prior else known.graph
        begin = start_of(graph.nearness) if with_prior and graph.nearness is not None else torch.ones_like(true)
        found, _ = adjust(replace(known.parameters, inverse_depth=begin), used, held, (8.0, 4.0), iterations=15)
        scale = (found.inverse_depth * true).sum() / (true**2).sum()
        return float((found.inverse_depth / scale / true).log().abs().median())

    assert error(True) < 0.15 < error(False)


def test_maps_are_averaged_over_the_cells_and_holes_say_nothing():
    nearness = np.tile(np.linspace(1.0, 2.0, 40, dtype=np.float32), (2, 20, 1))
    nearness[1, :, :20] = np.nan
    found = on_grid(nearness, (100, 203), 10, torch.device("cpu"))
    assert found.shape == (2, 10 * 20)
    assert torch.all(found[0].reshape(10, 20).diff(dim=1) > 0)
    assert bool(found[1].reshape(10, 20)[:, :9].isnan().all())
    np.testing.assert_allclose(found[1].reshape(10, 20)[:, 11:], found[0].reshape(10, 20)[:, 11:], rtol=1e-5)
    assert bool((start_of(found)[1].reshape(10, 20)[:, :9] == 1.0).all())


def test_places_of_which_nothing_is_told_are_left_to_the_gauge():
    known = known_flow({"truck": 0.1})
    said = known.parameters.inverse_depth.clone()
    said[:, ::2] = torch.nan
    found, without = told(known, said), depth_prior(known.parameters, known.graph, GAUGE, 1.0)
    assert torch.equal(found.weight[:, ::2], without.weight[:, ::2])
    assert bool((found.weight[:, 1::2] > 1.0).all())
    nothing = told(known, torch.full_like(said, torch.nan))
    assert torch.equal(nothing.weight, without.weight)
    assert float(nothing.cost) == pytest.approx(float(without.cost))
