"""Loop edges: keyframes that see the same again are compared too, so that a camera that comes back does not drift.

The refined poses say which these are. The edges correct cameras and depths, and that is all: links, structure and what
is known of the lens are asked of the neighbours, with them and without.
"""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import TESTIFIES, adjust, noise_scale, residual_px, squared_residuals
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.models import KERNELS, STEPS, Lens
from sfm.backends.dense.movement import of_scene
from sfm.backends.dense.normal import blocks
from sfm.backends.dense.observe import PAIRS_AT_ONCE, Scene, expected_flow, flow_again, graph_of, unobserved
from sfm.backends.dense.refinement import AGAIN_STEPS, Refined
from sfm.flow.batches import in_batches
from sfm.flow.coarse_to_fine import flow_from
from sfm.flow.information import inside
from sfm.types import MotionModel

PATCHES, ROWS_AT_ONCE = 48, 32
"""So many patches say how far apart two keyframes are, those of so many keyframes at a time."""
OVERLAP = 0.6
"""Share of the patches of each keyframe that the other one must see."""
AWAY = 0.1
"""The picture has been away by so much of its width in between; from nearer a few steps lead back without drift."""
NEARER = 0.5
"""And has come back by half of its way or more: what moves on and on is never seen again."""
LEAST_PATCHES, LEAST_AGREEING = 30, 0.5
"""An edge is kept where so many patches, and so large a share of those that testify, agree with the cameras."""


def closed(
    refined: Refined, key: Int[np.ndarray, " k"], model: MotionModel, lens: Lens, partners: int
) -> tuple[Refined, int]:
    """The fit adjusted once more together with loop edges, and how many these are; itself where there are none.

    Args:
        refined: the selected model on the fine grid.
        key: frames of the keyframes.
        model: the selected one.
        lens: what is known of it.
        partners: most edges of a keyframe to later ones, and to earlier ones.
    """
    if not partners or not model.rotates:
        return refined, 0
    graph, scene, own = refined.graph, refined.scene, refined.graph.source[:, None]
    apart, shared = distances(scene, refined.parameters)
    shared[own, graph.target] = 0.0  # what is compared already
    target = seen_again(apart, shared, scene.pyramid.hw(0)[1], partners)
    if bool((target == own).all()):
        return refined, 0
    edges = loop_graph(scene, torch.from_numpy(key).to(own.device), refined.parameters, target)
    edges = of_scene(edges, refined.belongs)
    freedom = lens.freedom(model, scale=refined.scale)
    kernels = tuple(kernel * refined.scale for kernel in KERNELS)
    parameters, _ = adjust(refined.parameters, joined(graph, edges), freedom, kernels, iterations=STEPS)
    good = agreeing(parameters, edges, kernels[-1])
    if not bool(good.any()):
        return refined, 0
    if not bool((good | (target == own)).all()):
        edges = replace(edges, target=torch.where(good, target, own), weight=edges.weight * good[..., None])
        parameters, _ = adjust(refined.parameters, joined(graph, edges), freedom, kernels, iterations=STEPS)
    left_px, scale = residual_px(parameters, graph), noise_scale(parameters, graph)
    return replace(refined, parameters=parameters, residual_px=left_px, scale=scale), int(good.sum()) // 2


def distances(scene: Scene, parameters: DenseParameters) -> tuple[Float[Tensor, "k k"], Float[Tensor, "k k"]]:
    """How far the picture moves between two keyframes (median, pixels), and which share of the patches both see.

    The worse of both ways counts.

    Args:
        scene: frames and patches.
        parameters: of the keyframes.
    """
    k, p = parameters.inverse_depth.shape
    every = torch.arange(k, device=scene.centres.device)
    some = torch.linspace(0, p - 1, min(PATCHES, p), device=every.device).round().long()
    thin = scene.patches(some)
    apart, shared = scene.centres.new_zeros(2, k, k)

    def measured(part: slice) -> None:
        few = replace(parameters, inverse_depth=parameters.inverse_depth[part][:, some])
        moved = expected_flow(thin, few, unobserved(thin, every[part], every.expand(len(every[part]), k)))
        apart[part] = moved.norm(dim=-1).median(-1)[0]
        shared[part] = inside(thin.centres.reshape(-1, 2) + moved, scene.pyramid.hw(0)).mean(-1)

    in_batches(k, ROWS_AT_ONCE, every.device, measured)
    return torch.maximum(apart, apart.T), torch.minimum(shared, shared.T)


def seen_again(
    apart: Float[Tensor, "k k"], shared: Float[Tensor, "k k"], width: int, partners: int
) -> Int[Tensor, "k m"]:
    """Slots of a graph that lead to keyframes that see the same again: even ones to later, odd ones to earlier ones.

    Two are paired that are each other's nearest, so that the slot beside a slot leads back. Idle slots hold the
    keyframe itself.

    Args:
        apart, shared: as `distances` gives them.
        width: of the frames, pixels.
        partners: slots of either kind.
    """
    own = torch.arange(len(apart), device=apart.device)
    away = torch.where(own[:, None] <= own, apart, 0.0).cummax(1)[0]
    again = (own[:, None] < own) & (shared >= OVERLAP) & (away >= AWAY * width) & (apart <= NEARER * away)
    left = torch.where(again, apart, torch.inf)
    slots: list[Tensor] = []
    for _ in range(partners):
        later, earlier = left.argmin(1), left.argmin(0)
        first = ((earlier[later] == own) & torch.isfinite(left[own, later])).nonzero()[:, 0]
        second = later[first]
        forth, back = own.clone(), own.clone()
        forth[first], back[second] = second, first
        left[first, second] = torch.inf
        slots += [forth, back]
    return torch.stack(slots, 1)


def loop_graph(
    scene: Scene, key: Int[Tensor, " k"], parameters: DenseParameters, target: Int[Tensor, "k m"]
) -> FlowGraph:
    """Flow along loop edges from where the parameters expect it, by a coarser level first: they may have drifted.

    Args:
        scene: frames and patches.
        key: frame of each keyframe.
        parameters: of the keyframes.
        target: as `seen_again` gives it.
    """
    source = torch.arange(len(key), device=key.device)
    start = expected_flow(scene, parameters, unobserved(scene, source, target))
    row, slot = (target != source[:, None]).nonzero().unbind(-1)

    def nearer(part: slice) -> None:
        pair = row[part], slot[part]
        start[pair], _ = flow_from(scene.pyramid, key[pair[0]], key[target[pair]], scene.centres, start[pair])

    in_batches(len(row), PAIRS_AT_ONCE, key.device, nearer)
    found = flow_again(scene, key, key[target], start, AGAIN_STEPS)
    return graph_of(scene, found, source, target, back=True)


def joined(graph: FlowGraph, edges: FlowGraph) -> FlowGraph:
    """A graph with the slots of another one of the same patches besides."""
    return replace(
        graph,
        target=torch.cat([graph.target, edges.target], 1),
        place_px=torch.cat([graph.place_px, edges.place_px], 1),
        root=torch.cat([graph.root, edges.root], 1),
        weight=torch.cat([graph.weight, edges.weight], 1),
    )


def agreeing(parameters: DenseParameters, edges: FlowGraph, limit: float) -> Bool[Tensor, "k m"]:
    """Slots whose edge enough patches agree with, there and back.

    Args:
        parameters: adjusted to the edges.
        edges: flow along them.
        limit: up to which a patch agrees, standard deviations.
    """
    testifies, agrees = edges.weight > TESTIFIES, torch.zeros_like(edges.weight, dtype=torch.bool)
    for rows in blocks(edges):
        squared, front = squared_residuals(parameters, edges, rows)
        agrees[rows] = testifies[rows] & front & (squared < limit**2)
    count = agrees.sum(-1)
    good = (count >= LEAST_PATCHES) & (count >= LEAST_AGREEING * testifies.sum(-1))
    back = torch.arange(good.shape[1], device=good.device) ^ 1
    return good & good[edges.target, back] & (edges.target != edges.source[:, None])
