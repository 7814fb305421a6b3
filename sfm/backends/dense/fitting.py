"""All motion models fitted to the dense flow between the keyframes of a shot."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import TESTIFIES
from sfm.backends.dense.depth_prior import on_grid
from sfm.backends.dense.distortion import corner_radius, undistortion_of
from sfm.backends.dense.graph import FlowGraph
from sfm.backends.dense.keyframes import frame_motion_px, keyframes
from sfm.backends.dense.links import between_others
from sfm.backends.dense.models import DenseFit, Lens, fit_models
from sfm.backends.dense.monocular import ToldDepth, told_depth
from sfm.backends.dense.movement import fit_scene
from sfm.backends.dense.observe import Scene
from sfm.backends.dense.refinement import first_graph, scene_of
from sfm.config import DenseConfig
from sfm.flow._start import Flow
from sfm.flow.choice import flow_by
from sfm.flow.pyramid import pyramid_of
from sfm.motion.estimator import focal_prior, timed
from sfm.types import Frames, Masks

LEVELS = 5
LEAST_PATCHES = 30
"""Patches that agree with two keyframes link them; fewer in most keyframes are no clip that can be followed."""
LEAST_KNOWN = 0.04
"""Information of a place (1/px²) in the direction that is known least: to five pixels. Grey frames and ramps resemble
each other perfectly, and know nothing, or nothing across."""
LEAST_SIDE_PX = 32
"""A smaller picture has no two patches side by side on the coarse levels of its pyramid."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FittedFlow:
    """All motion models fitted to the flow between the keyframes of a shot.

    Attributes:
        kept: frames that were looked at: neither blank nor repeated.
        key: rows of `kept` that are keyframes.
        coarse: frames and the patches that the models were fitted to.
        graph: flow between them.
        lens: what is known of it.
        fits: the models.
        belongs: weight of each patch as a part of the rigid scene.
        told: what others say of the depths.
    """

    kept: Int[np.ndarray, " q"]
    key: Int[np.ndarray, " k"]
    coarse: Scene
    graph: FlowGraph
    lens: Lens
    fits: list[DenseFit]
    belongs: Float[Tensor, "k p"]
    told: ToldDepth | None


def fit_flow(
    frames: Frames, masks: Masks, config: DenseConfig, seconds: dict[str, float], *, device: str = "cpu"
) -> FittedFlow | str:
    """All motion models fitted to the flow of a shot, or why there is nothing to fit them to.

    Args:
        frames, masks: of the shot.
        config: settings.
        seconds: gets the wall time of each step.
        device: where it is computed.
    """
    kept = masks.distinct()
    if len(kept) < 2:
        return "every frame is blank" if masks.blank.all() else "fewer than two different frames show anything"
    if min(frames.hw) < LEAST_SIDE_PX:
        height, width = frames.hw
        return f"the picture is {width}x{height}, and patches are followed from {LEAST_SIDE_PX} pixels a side"
    with torch.inference_mode():
        flow = flow_by(config.flow, config.flow_weights, torch.device(device))
        with timed(seconds, "keyframes"):
            seen = pyramid_of(frames.rgb, kept, LEVELS, torch.device(device))
            coarse = scene_of(seen, frames, masks, config.search_px)
            motion = frame_motion_px(seen, coarse.moving)
            key = keyframes(motion, frames.hw[1], fewest=config.keyframes, share=config.keyframe_share)
        with timed(seconds, "flow"):
            key, graph = _compared(coarse, key, config, flow)
        if why := _nothing_to_follow(graph):
            return why
        with timed(seconds, "depth_prior"):
            told = _told(frames, kept[key], config, device)
            graph = replace(graph, nearness=told_on_grid(told, frames, config.search_px, seen.device))
        with timed(seconds, "motion_models"):
            lens = lens_of(frames, config)
            unit_px = max(frames.hw) / 640
            fits, belongs = fit_scene(graph, lens, fit_models(graph, lens, unit_px), unit_px)
    return FittedFlow(kept=kept, key=key, coarse=coarse, graph=graph, lens=lens, fits=fits, belongs=belongs, told=told)


def lens_of(frames: Frames, config: DenseConfig) -> Lens:
    """What the file and the settings say of the lens."""
    focal = focal_prior(frames)
    if isinstance(config.distortion, str):
        return Lens(focal=focal, radial=config.distortion == "free")
    radius = corner_radius(frames.hw, frames.pixel_aspect, focal.focal_px)
    return Lens(focal=focal, undistortion=undistortion_of(config.distortion, radius))


def _told(frames: Frames, key: Int[np.ndarray, " k"], config: DenseConfig, device: str) -> ToldDepth | None:
    """What others say of the depths of the keyframes, or nothing."""
    if config.depth_prior is None:
        return None
    return told_depth(config.depth_prior, frames.rgb[key], frames.index[key], device, last=int(frames.index[-1]))


def told_on_grid(
    told: ToldDepth | None, frames: Frames, cell_px: int, device: torch.device
) -> Float[Tensor, "k p"] | None:
    """Told inverse depths of the cells of a grid, or nothing."""
    return None if told is None else on_grid(told.nearness, frames.hw, cell_px, device)


def _compared(
    scene: Scene, key: Int[np.ndarray, " k"], config: DenseConfig, flow: Flow
) -> tuple[Int[np.ndarray, " c"], FlowGraph]:
    """The keyframes without those that show something else than the ones around them, and the flow between them."""
    graph = first_graph(scene, key, config.reach, flow)
    weight, target = graph.weight.cpu().numpy(), graph.target.cpu().numpy()
    fewest = LEAST_PATCHES * (config.grid_px / config.search_px) ** 2  # as many on the fine grid
    strange = between_others(weight, target, least=TESTIFIES, fewest=fewest)
    if strange.any():
        key = key[~strange]
        graph = first_graph(scene, key, config.reach, flow)
    return key, graph


def _nothing_to_follow(graph: FlowGraph) -> str:
    """Why no model can be fitted, or nothing."""
    first, cross, second = graph.root.unbind(2)
    trace, determinant = first**2 + cross**2 + second**2, (first * second) ** 2
    known = trace / 2 - (trace**2 / 4 - determinant).clamp_min(0.0).sqrt() > LEAST_KNOWN
    testifying = int(((graph.weight > TESTIFIES) & known).any(1).sum(1).median())
    if testifying >= LEAST_PATCHES:
        return ""
    return (
        f"only {testifying} patches can be followed from keyframe to keyframe, {LEAST_PATCHES} are needed: "
        "no texture, or nothing lasts from frame to frame"
    )
