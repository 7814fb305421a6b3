"""Keyframes and the frames between them adjusted as one, where the camera travels.

Keyframes alone are few, and what noise and codec do to each of them bends depths, focal length and path. The frames
between see the same patches from other places, each with errors of its own.
"""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import adjust, adjust_depths, noise_scale, residual_px
from sfm.backends.dense.frames import PlacedFrames, place_frames, spread_out
from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.backends.dense.models import KERNELS, STEPS, Lens
from sfm.backends.dense.movement import of_scene
from sfm.backends.dense.observe import Scene, expected_flow, flow_again, graph_of, unobserved
from sfm.backends.dense.refinement import AGAIN_STEPS, Refined
from sfm.types import MotionModel

REACH = 2
"""A keyframe is compared with the frames between so many before and after it."""
CAMERAS = 400
"""Most cameras of one adjustment."""
PATCHES = 1200
"""Of each keyframe: three times as many gain little more, half of them give away some of the gain."""


def place_all(
    refined: Refined, key: Int[np.ndarray, " k"], model: MotionModel, lens: Lens, limit_px: float, between: int
) -> tuple[Refined, PlacedFrames]:
    """The keyframes adjusted together with frames between them, and all frames placed.

    A camera that only turns, or rests, gains nothing by it, and one that zooms on its way next to nothing: there
    frames are placed beside the keyframes as they are.

    Args:
        refined: the selected model on the fine grid.
        key: frames of the keyframes.
        model: the selected one.
        lens: what is known of it.
        limit_px: residual up to which a patch agrees.
        between: most frames that join between two keyframes.
    """
    robust = (refined.scale, limit_px)
    joins = joining(key, between) if model.translates and not model.zooms else key[:0]
    if not len(joins):
        return refined, _beside(refined, key, model, robust)
    first = _beside(refined, key, model, robust, joins)
    every = np.union1d(key, joins)
    cameras = _adjusted(refined, first, key, every, model, lens)
    refined = _carried(refined, cameras, np.searchsorted(every, key), model, lens)
    placed = _beside(refined, key, model, robust, np.setdiff1d(np.arange(key[0], key[-1]), every))
    rotation, translation = placed.rotation.copy(), placed.translation.copy()
    share, covariance = placed.share.copy(), placed.covariance.copy()
    rotation[every], translation[every] = cameras.rotation.cpu().numpy(), cameras.translation.cpu().numpy()
    share[joins], covariance[joins] = first.share[joins], first.covariance[joins]
    found = replace(placed, rotation=rotation, translation=translation, share=share, covariance=covariance)
    return refined, found


def _beside(
    refined: Refined,
    key: Int[np.ndarray, " k"],
    model: MotionModel,
    robust: tuple[float, float],
    only: Int[np.ndarray, " f"] | None = None,
) -> PlacedFrames:
    """All frames, or some, beside the keyframes as they are."""
    return place_frames(refined.scene, refined.parameters, key, model, robust, refined.belongs, only)


def joining(key: Int[np.ndarray, " k"], between: int) -> Int[np.ndarray, " f"]:
    """Frames that are adjusted together with the keyframes: as many between any two, evenly spread."""
    gaps = max(len(key) - 1, 1)
    most = min(between, (CAMERAS - len(key)) // gaps)
    if most < 1:
        return key[:0]
    steps = np.arange(1, most + 1) / (most + 1)
    inner = key[:-1, None] + steps * np.diff(key)[:, None]
    return np.setdiff1d(np.round(inner).astype(key.dtype), key)


def _adjusted(
    refined: Refined,
    placed: PlacedFrames,
    key: Int[np.ndarray, " k"],
    every: Int[np.ndarray, " n"],
    model: MotionModel,
    lens: Lens,
) -> DenseParameters:
    """Cameras of `every` frame, and the depths of some patches of the keyframes."""
    device, some = refined.scene.pyramid.device, spread_out(len(refined.scene.usable), PATCHES)
    scene, known = refined.scene.patches(some), refined.parameters.patches(some)
    cameras = replace(
        known,
        rotation=torch.from_numpy(placed.rotation[every]).to(known.rotation),
        translation=torch.from_numpy(placed.translation[every]).to(known.rotation),
        zoom=torch.from_numpy(placed.zoom[every]).to(known.zoom),
    )
    own = refined.graph.nearness
    graph = _graph(scene, cameras, key, torch.from_numpy(every).to(device), refined.belongs[:, some])
    graph = replace(graph, nearness=None if own is None else own[:, some])
    scale = noise_scale(cameras, graph)
    freedom = lens.freedom(model, scale=scale)
    # The same patches seen more often are no further evidence against what is known of the lens.
    more = float(graph.weight.sum() / refined.graph.weight.sum().clamp_min(1.0))
    freedom = replace(freedom, shared=freedom.shared * max(more, 1.0))
    return adjust(cameras, graph, freedom, (KERNELS[-1] * scale,), iterations=STEPS)[0]


def _graph(
    scene: Scene,
    cameras: DenseParameters,
    key: Int[np.ndarray, " k"],
    every: Int[Tensor, " n"],
    belongs: Float[Tensor, "k p"],
) -> FlowGraph:
    """The flow from the keyframes to all frames near them, where the cameras put it."""
    source, target = (torch.from_numpy(each).to(every) for each in _compared(key, every.cpu().numpy()))
    start = expected_flow(scene, cameras, unobserved(scene, source, target))
    found = flow_again(scene, every[source], every[target], start, AGAIN_STEPS)
    return of_scene(graph_of(scene, found, source, target, back=False), belongs)


def _compared(
    key: Int[np.ndarray, " k"], every: Int[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, "k m"]]:
    """Numbers in `every` of the keyframes, and of the frames that each is compared with; idle slots are itself."""
    source = np.searchsorted(every, key)
    last = len(key) - 1
    rows = [np.arange(source[max(i - REACH, 0)], source[min(i + REACH, last)] + 1) for i in range(last + 1)]
    target = np.repeat(source[:, None], max(map(len, rows)), 1)
    for row, numbers in zip(target, rows, strict=True):
        row[: len(numbers)] = numbers
    return source, target


def _carried(
    refined: Refined, cameras: DenseParameters, own: Int[np.ndarray, " k"], model: MotionModel, lens: Lens
) -> Refined:
    """The keyframes as they came out, and the depths of all of their patches for these.

    Args:
        refined: as it was.
        cameras: of all frames that were adjusted.
        own: which of them are the keyframes.
        model, lens: as in `place_all`.
    """
    graph, freedom = refined.graph, lens.freedom(model, scale=refined.scale)
    parameters = replace(
        cameras,
        rotation=cameras.rotation[own],
        translation=cameras.translation[own],
        zoom=cameras.zoom[own],
        inverse_depth=refined.parameters.inverse_depth,
    )
    parameters = adjust_depths(parameters, graph, freedom, KERNELS[-1] * refined.scale, steps=AGAIN_STEPS)
    left_px, scale = residual_px(parameters, graph), noise_scale(parameters, graph)
    return replace(refined, parameters=parameters, residual_px=left_px, scale=scale)
