"""The compiled sums against torch's batches: one state and several, both precisions, with and without the lens."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from flow_scene import KnownFlow, known_flow

from sfm.backends.dense import compiled
from sfm.backends.dense.adjustment import place_costs
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.linearise import predict
from sfm.backends.dense.normal import Sums, summed, weighted

MOVE = {"truck": 0.2, "dolly": 0.1, "pan_deg": 4.0, "roll_deg": 3.0, "zoom": 1.2}
ROWS = slice(1, 4)


@pytest.fixture(scope="module")
def known() -> KnownFlow:
    """Flow with weights of all sizes, and a patch that comes to lie behind its targets."""
    found = known_flow(MOVE, seed=3, cameras=5, patches=14, kappa=0.06, noise_px=2.0)
    weight = torch.rand(found.graph.weight.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    depth = found.parameters.inverse_depth.clone()
    depth[:, 0] = -60.0
    graph, parameters = replace(found.graph, weight=weight), replace(found.parameters, inverse_depth=depth)
    return replace(found, graph=graph, parameters=parameters)


def by_batches(parameters: DenseParameters, graph: FlowGraph, rows: slice, kernel: object, *, lens: bool) -> Sums:
    """As `summed`, by way of the whole Jacobian."""
    predicted = predict(parameters, graph, rows)
    by_camera, by_depth, residual = weighted(predicted, parameters, graph, rows, kernel, lens=lens)
    flat = by_camera.flatten(-2)
    across, down = by_camera.unbind(-2)
    one, two = (by_depth[..., i, :].unsqueeze(-2) for i in (0, 1))
    return Sums(
        block=(flat @ flat.transpose(-1, -2)).double(),
        pull=(flat @ residual.flatten(-2)[..., None])[..., 0].double(),
        shared=across * one + down * two,
        own=(by_depth**2).sum((-3, -2)),
        own_pull=(by_depth * residual).sum((-3, -2)),
    )


def states(one: DenseParameters) -> DenseParameters:
    """Two: as they are, and turned with another focal length."""
    other = one.moved(torch.full((5, 6), 0.01, dtype=torch.float64), torch.full((5,), 0.02, dtype=torch.float64))
    other = replace(other, log_focal=one.log_focal + 0.1, undistortion=one.undistortion - 0.02)
    return DenseParameters(**{f.name: torch.stack([getattr(x, f.name) for x in (one, other)]) for f in fields(one)})


@pytest.mark.parametrize("lens", [True, False])
@pytest.mark.parametrize("several", [True, False])
def test_sums_are_those_of_the_batch(known: KnownFlow, several: bool, lens: bool) -> None:
    parameters = states(known.parameters) if several else known.parameters
    kernel = torch.tensor([4.0, 9.0], dtype=torch.float64) if several else 4.0
    given = (parameters, known.graph, ROWS, kernel)
    ours, theirs = summed(*given, lens=lens), by_batches(*given, lens=lens)
    for each in fields(Sums):
        a, b = getattr(ours, each.name), getattr(theirs, each.name)
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12 * float(b.abs().max()))


def test_single_precision_is_kept(known: KnownFlow) -> None:
    graph = replace(
        known.graph,
        **{name: getattr(known.graph, name).float() for name in ("patch_px", "place_px", "root", "weight")},
    )
    parameters = replace(known.parameters, inverse_depth=known.parameters.inverse_depth.float())
    ours, theirs = (each(parameters, graph, ROWS, 4.0, lens=True) for each in (summed, by_batches))
    for each in fields(Sums):
        a, b = getattr(ours, each.name), getattr(theirs, each.name)
        assert a.dtype == b.dtype
        torch.testing.assert_close(a, b, rtol=2e-3, atol=1e-4 * float(b.abs().max()))


def test_costs_are_those_of_the_batch(known: KnownFlow) -> None:
    both, kernel = states(known.parameters), torch.tensor([4.0, 9.0], dtype=torch.float64)
    found = np.full((2, 5), np.nan)
    every = slice(None)
    for first, last in ((0, 3), (3, 5)):
        compiled.sum_costs(*compiled.taken(both, known.graph, every, kernel), found, first, last)
    expected = place_costs(both, known.graph, every, kernel).sum((-2, -1))
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12)
    assert not bool(predict(both, known.graph, every).front.all())
