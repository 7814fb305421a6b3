"""The flow between keyframes, first from nothing and then on the fine grid where the selected model expects it."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import adjust, noise_scale, residual_px
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.keyframes import clock_of, neighbours
from sfm.backends.dense.models import KERNELS, STEPS, DenseFit, Lens, nearest
from sfm.backends.dense.movement import of_scene
from sfm.backends.dense.observe import Scene, expected_flow, first_flow, flow_again, graph_of, unobserved
from sfm.flow._start import Flow
from sfm.flow.pyramid import Pyramid, grid, sampled
from sfm.types import Frames, Masks

AGAIN_STEPS = 3


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Refined:
    """The selected model on the fine grid.

    Attributes:
        scene: frames and patches.
        graph: flow between keyframes.
        parameters: of the keyframes.
        belongs: weight of each patch as a part of the rigid scene, 0..1.
        residual_px: of each patch in each slot, NaN where it does not testify.
        scale: noise found, in standard deviations.
    """

    scene: Scene
    graph: FlowGraph
    parameters: DenseParameters
    belongs: Float[Tensor, "k p"]
    residual_px: Float[Tensor, "k m p"]
    scale: float


def scene_of(seen: Pyramid, frames: Frames, masks: Masks, cell_px: int) -> Scene:
    """Patches of a size, those on bars and overlays muted; and what was told to move in the frames of `seen`."""
    centres, usable = _cells(seen, masks, cell_px)
    moving = None
    if masks.moving is not None:
        moving = torch.from_numpy(masks.moving[masks.distinct()]).to(seen.device)
    clock = clock_of(masks.distinct(), masks.duplicate_of, frames.time_s)
    aspect = frames.pixel_aspect
    return Scene(pyramid=seen, centres=centres, usable=usable, pixel_aspect=aspect, moving=moving, clock=clock)


def with_cells(scene: Scene, masks: Masks, cell_px: int) -> Scene:
    """The same frames with patches of another size."""
    centres, usable = _cells(scene.pyramid, masks, cell_px)
    return replace(scene, centres=centres, usable=usable)


def _cells(seen: Pyramid, masks: Masks, cell_px: int) -> tuple[Float[Tensor, "gh gw 2"], Bool[Tensor, " p"]]:
    """Middles of the patches, and which of them lie on neither bars nor overlays."""
    centres = grid(seen.hw(0), cell_px, seen.device)
    x, y = centres.round().long().unbind(-1)
    return centres, torch.from_numpy(masks.usable).to(seen.device)[y, x].reshape(-1)


def first_graph(
    scene: Scene, key: Int[np.ndarray, " k"], reach: int, flow: Flow, left_out: tuple[int, ...] = ()
) -> FlowGraph:
    """Flow between neighbouring keyframes, from nothing, by `flow`; by matched features after those in `left_out`."""
    device = scene.pyramid.device
    target = neighbours(len(key), reach, device)
    found = first_flow(scene, torch.from_numpy(key).to(device), target, flow, left_out)
    return graph_of(scene, found, torch.arange(len(key), device=device), target, back=True)


def refine(
    scenes: tuple[Scene, Scene],
    key: Int[np.ndarray, " k"],
    fit: DenseFit,
    belongs: Float[Tensor, "k s"],
    lens: Lens,
    reach: int,
    nearness: Float[Tensor, "k p"] | None = None,
) -> Refined:
    """Flow again on the fine grid where the fit expects it, and everything adjusted to that.

    Args:
        scenes: the frames with the patches of the fit, and with those of the fine grid.
        key: frames of the keyframes.
        fit: the selected model.
        belongs: weight of each of its patches as a part of the rigid scene.
        lens: what is known of it.
        reach: keyframes before and after that each one is compared with.
        nearness: inverse depths that were told beforehand, on the fine grid.
    """
    coarse, scene = scenes
    k, device = len(key), scene.pyramid.device
    known, belongs = fit.parameters.to(device), belongs.to(device)
    values = known.inverse_depth.reshape(k, *coarse.centres.shape[:2], 1)
    places = scene.centres.reshape(1, -1, 2).expand(k, -1, -1)
    parameters = replace(known, inverse_depth=sampled(values, coarse.centres, places)[..., 0])
    target = neighbours(k, reach, device)
    source = torch.arange(k, device=device)
    number = torch.from_numpy(key).to(device)
    start = expected_flow(scene, parameters, unobserved(scene, source, target))
    found = flow_again(scene, number, number[target], start, AGAIN_STEPS)
    own = belongs[:, nearest(coarse.patch_px, scene.patch_px)]
    graph = replace(of_scene(graph_of(scene, found, source, target, back=True), own), nearness=nearness)
    scale = noise_scale(parameters, graph)
    freedom = lens.freedom(fit.model, scale=scale)
    parameters, _ = adjust(parameters, graph, freedom, (KERNELS[-1] * scale,), iterations=STEPS)
    return Refined(
        scene=scene,
        graph=graph,
        parameters=parameters,
        belongs=own,
        residual_px=residual_px(parameters, graph),
        scale=noise_scale(parameters, graph),
    )
