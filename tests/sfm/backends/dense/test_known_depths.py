"""Depths that the flow speaks for, those that it leaves at the gauge, and those that were told."""

from dataclasses import replace

import torch
from flow_scene import known_flow

from sfm.backends.dense.known_depths import known_depths

BARE = slice(0, 20)


def test_what_is_bare_is_not_known_and_what_is_far_is() -> None:
    known = known_flow({"truck": 0.5}, depth=(1.0, 40.0))
    graph = replace(known.graph, root=known.graph.root.clone())
    graph.root[..., BARE] *= 1e-4
    seen = known.graph.weight.sum(1) > 1
    found = known_depths(known.parameters, graph, 1.0)
    assert not found[:, BARE].any()
    assert found[:, BARE.stop :][seen[:, BARE.stop :]].all()


def test_without_a_way_nothing_is_known() -> None:
    known = known_flow({"pan_deg": 6.0})
    assert not known_depths(known.parameters, known.graph, 1.0).any()


def test_what_was_told_is_known_although_the_flow_says_nothing() -> None:
    known = known_flow({"truck": 0.5})
    told = replace(known.graph, root=known.graph.root.clone(), nearness=known.parameters.inverse_depth * 3.0)
    told.root[..., BARE] *= 1e-4
    assert known_depths(known.parameters, told, 1.0)[:, BARE].float().mean() > 0.9
    silent = replace(told, nearness=torch.full_like(known.parameters.inverse_depth, torch.nan))
    assert not known_depths(known.parameters, silent, 1.0)[:, BARE].any()
