"""All motion models fitted to the dense flow between the keyframes of a shot."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import TESTIFIES
from sfm.backends.dense.depth_prior import on_grid
from sfm.backends.dense.distortion import corner_radius, undistortion_of
from sfm.backends.dense.graph import FlowGraph
from sfm.backends.dense.keyframes import frame_motion_px, keyframes, left_out_after
from sfm.backends.dense.links import OF_PICTURE, between_others, bridges, groups, hidden_between, largest
from sfm.backends.dense.models import DenseFit, Lens, fit_models
from sfm.backends.dense.monocular import ToldDepth, told_depth
from sfm.backends.dense.movement import fit_scene
from sfm.backends.dense.observe import Scene
from sfm.backends.dense.prior_source import require_there
from sfm.backends.dense.refinement import first_graph, scene_of
from sfm.config import DenseConfig
from sfm.flow._start import Flow
from sfm.flow.choice import flow_by
from sfm.flow.pyramid import pyramid_of
from sfm.geometry.radial_lens import reaches
from sfm.motion.estimator import focal_prior, timed
from sfm.motion.selection import Selection, select_model
from sfm.types import Frames, Masks
from trajectory.errors import CinetrajError

LEVELS = 5
LEAST_PATCHES = 30
"""Patches that agree with two keyframes link them; fewer in most keyframes are no clip that can be followed."""
FEW_PATCHES = 120
"""Of a picture that has fewer altogether, its size is to blame where too few can be followed."""
SMALL_PX, SMALLEST_PX = 8, 4
"""Patches to try there: where those of the first size would be few too, the fine grid needs those of the second."""
LINK_LIMIT = 2.0
"""A link may be so much worse than what agrees: keyframes are told apart by cuts, not by noise."""
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
        coarse: frames and the patches that the models were fitted to, on the device that computes flow.
        graph: flow between them; this and what follows is on the CPU.
        lens: what is known of it.
        fits: the models.
        belongs: weight of each patch as a part of the rigid scene.
        told: what others say of the depths.
        unit_px: length of one pixel of a 640-pixel frame.
        hidden: of those that were looked at, frames in which something hides the scene.
    """

    kept: Int[np.ndarray, " q"]
    key: Int[np.ndarray, " k"]
    coarse: Scene
    graph: FlowGraph
    lens: Lens
    fits: list[DenseFit]
    belongs: Float[Tensor, "k p"]
    told: ToldDepth | None
    unit_px: float
    hidden: Bool[np.ndarray, " q"]


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
    if config.depth_prior is not None:
        require_there(config.depth_prior)
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
        shot = _Shot(
            frames=frames, kept=kept, coarse=coarse, config=config, lens=lens_of(frames, config), seconds=seconds
        )
        with timed(seconds, "flow"):
            key, graph = _compared(shot, key, flow)
        if why := _nothing_to_follow(graph, config):
            return why
        fitted = _fitted(shot, key, graph)
        return _over_what_covers(shot, fitted, flow)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Shot:
    """What models are fitted to, whichever keyframes are chosen."""

    frames: Frames
    kept: Int[np.ndarray, " q"]
    coarse: Scene
    config: DenseConfig
    lens: Lens
    seconds: dict[str, float]


def _fitted(shot: _Shot, key: Int[np.ndarray, " k"], graph: FlowGraph) -> FittedFlow:
    """All models fitted to the flow between keyframes, on the CPU."""
    frames, config, lens, unit_px = shot.frames, shot.config, shot.lens, max(shot.frames.hw) / 640
    with timed(shot.seconds, "depth_prior"):
        told = _told(frames, shot.kept[key], config, str(graph.device))
        graph = graph.to("cpu")
        graph = replace(graph, nearness=told_on_grid(told, frames, config.search_px, graph.device))
    with timed(shot.seconds, "motion_models"):
        fits, belongs = fit_scene(graph, lens, fit_models(graph, lens, unit_px), unit_px)
    return FittedFlow(
        kept=shot.kept,
        key=key,
        coarse=shot.coarse,
        graph=graph,
        lens=lens,
        fits=fits,
        belongs=belongs,
        told=told,
        unit_px=unit_px,
        hidden=np.zeros(len(shot.kept), bool),
    )


def limit_px_of(selection: Selection[DenseFit], config: DenseConfig) -> float:
    """Residual up to which a patch agrees."""
    return config.selection.tolerance * max(selection.noise_px, config.selection.noise_floor_px)


def _groups(fitted: FittedFlow, config: DenseConfig) -> Int[np.ndarray, " k"]:
    """Which keyframes hang together under the model that the flow pays for."""
    selection = select_model(fitted.fits, fitted.unit_px, config.selection, prior=fitted.lens.focal)
    return groups(
        selection.fitted.patch_residual_px,
        fitted.graph.target.cpu().numpy(),
        limit_px=LINK_LIMIT * limit_px_of(selection, config),
        fewest=_fewest(config),
    )


def _over_what_covers(shot: _Shot, fitted: FittedFlow, flow: Flow) -> FittedFlow:
    """The same without the keyframes whose scene something hides, where others see it over them; if that helps."""
    config, key, group = shot.config, fitted.key, _groups(fitted, shot.config)

    def seen_by_both(before: int, after: int) -> int:
        pair = first_graph(shot.coarse, key[[before, after]], 1, flow)
        return int((pair.weight > TESTIFIES).sum(-1).amax(1).min())

    with timed(shot.seconds, "flow"):
        over = bridges(group, seen_by_both, max(_fewest(config), OF_PICTURE * fitted.graph.weight.shape[-1]))
        if not over:
            return fitted
        stay = np.ones(len(key), bool)
        hidden = np.zeros(len(shot.kept), bool)
        for before, after in over:
            stay[before + 1 : after] = False
            rows = hidden_between(group, (before, after))
            if len(rows):
                hidden[key[rows[0]] : key[rows[-1]] + 1] = True
        graph = _flow_between(shot, key[stay], flow)
    again = replace(_fitted(shot, key[stay], graph), hidden=hidden)
    return again if _extent(again.key, _groups(again, config)) > _extent(key, group) else fitted


def _extent(key: Int[np.ndarray, " k"], group: Int[np.ndarray, " k"]) -> int:
    """How many frames lie between the first and the last keyframe of the largest group."""
    rows = key[largest(group)]
    return int(rows[-1] - rows[0])


def lens_of(frames: Frames, config: DenseConfig) -> Lens:
    """What the file and the settings say of the lens."""
    focal = focal_prior(frames)
    if isinstance(config.distortion, str):
        return Lens(focal=focal, radial=config.distortion == "free")
    radius = corner_radius(frames.hw, frames.pixel_aspect, focal.focal_px)
    if not reaches(radius, config.distortion):
        raise CinetrajError(
            f"a lens of k1 {config.distortion:g} and a focal length of {focal.focal_px:.0f} px folds back before the "
            "picture's corner; check the sign of --distortion, or give the focal length that belongs to it with --focal"
        )
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


def _compared(shot: _Shot, key: Int[np.ndarray, " k"], flow: Flow) -> tuple[Int[np.ndarray, " c"], FlowGraph]:
    """The keyframes without those that show something else than the ones around them, and the flow between them."""
    graph = _flow_between(shot, key, flow)
    weight, target = graph.weight.cpu().numpy(), graph.target.cpu().numpy()
    strange = between_others(weight, target, least=TESTIFIES, fewest=_fewest(shot.config))
    if strange.any():
        key = key[~strange]
        graph = _flow_between(shot, key, flow)
    return key, graph


def _flow_between(shot: _Shot, key: Int[np.ndarray, " k"], flow: Flow) -> FlowGraph:
    """The flow between keyframes, from nothing."""
    after = left_out_after(shot.kept[key], shot.frames.time_s)
    return first_graph(shot.coarse, key, shot.config.reach, flow, after)


def _fewest(config: DenseConfig) -> float:
    """Patches that link two keyframes: as many as on the fine grid."""
    return LEAST_PATCHES * (config.grid_px / config.search_px) ** 2


def _nothing_to_follow(graph: FlowGraph, config: DenseConfig) -> str:
    """Why no model can be fitted, or nothing."""
    first, cross, second = graph.root.unbind(2)
    trace, determinant = first**2 + cross**2 + second**2, (first * second) ** 2
    known = trace / 2 - (trace**2 / 4 - determinant).clamp_min(0.0).sqrt() > LEAST_KNOWN
    testifying = int(((graph.weight > TESTIFIES) & known).any(1).sum(1).median())
    if testifying >= LEAST_PATCHES:
        return ""
    return (
        f"only {testifying} patches can be followed from keyframe to keyframe, {LEAST_PATCHES} are needed: "
        f"no texture, or nothing lasts from frame to frame{_of_its_size(known.shape[-1], config)}"
    )


def _of_its_size(every: int, config: DenseConfig) -> str:
    """What to do about a picture that has but so many patches, if these are few; nothing that is done already."""
    if every >= FEW_PATCHES:
        return ""
    small, smallest = f"--dense.search-px {SMALL_PX}", f"--dense.grid-px {SMALLEST_PX}"
    enough = every * (config.search_px / SMALL_PX) ** 2 >= FEW_PATCHES
    finer = config.search_px > SMALL_PX or (config.grid_px > SMALLEST_PX and not enough)
    smaller = f"try smaller ones, {small if enough else f'{small} {smallest}'}, or " if finer else "give "
    return f"; the picture has but {every}: {smaller}a larger picture"
