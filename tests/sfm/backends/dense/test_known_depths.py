"""How well depths are known that the flow speaks for, that it leaves at the gauge, and that were told."""

from dataclasses import replace

import torch
from flow_scene import known_flow

from sfm.backends.dense.known_depths import nearness_deviation

BARE = slice(0, 20)


NOTHING = 0.5
"""Of the median inverse depth: a deviation that tells neither near nor far."""


def test_what_is_bare_is_not_known_and_what_is_far_is() -> None:
    known = known_flow({"truck": 0.5}, depth=(1.0, 40.0))
    usual = float(known.parameters.inverse_depth.median())
    graph = replace(known.graph, root=known.graph.root.clone())
    graph.root[..., BARE] *= 1e-4
    seen = known.graph.weight.sum(1) > 1
    found = nearness_deviation(known.parameters, graph, 1.0)
    assert (found[:, BARE] > NOTHING * usual).all()
    assert (found[:, BARE.stop :][seen[:, BARE.stop :]] < NOTHING * usual).all()


def test_without_a_way_nothing_is_known() -> None:
    known = known_flow({"pan_deg": 6.0})
    assert nearness_deviation(known.parameters, known.graph, 1.0).isinf().all()


def test_what_was_told_is_known_although_the_flow_says_nothing() -> None:
    known = known_flow({"truck": 0.5})
    told = replace(known.graph, root=known.graph.root.clone(), nearness=known.parameters.inverse_depth * 3.0)
    told.root[..., BARE] *= 1e-4
    usual = float(known.parameters.inverse_depth.median())
    assert (nearness_deviation(known.parameters, told, 1.0)[:, BARE] < NOTHING * usual).float().mean() > 0.9
    silent = replace(told, nearness=torch.full_like(known.parameters.inverse_depth, torch.nan))
    assert (nearness_deviation(known.parameters, silent, 1.0)[:, BARE] > NOTHING * usual).all()


def test_twice_the_noise_is_twice_the_deviation() -> None:
    known = known_flow({"truck": 0.5})
    once, twice = (nearness_deviation(known.parameters, known.graph, noise) for noise in (0.5, 1.0))
    seen = once.isfinite()
    torch.testing.assert_close(twice[seen], 2.0 * once[seen], rtol=0.05, atol=0.0)
