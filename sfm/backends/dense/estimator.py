"""The dense estimator, step by step: keyframes, flow, motion models, selection, depth, all frames, verdict."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sfm.backends.dense.adjustment import TESTIFIES
from sfm.backends.dense.distortion import corner_radius, distortion_of
from sfm.backends.dense.dolly_zoom import has_twin, with_the_sign
from sfm.backends.dense.fitting import LEAST_PATCHES, LINK_LIMIT, FittedFlow, limit_px_of, told_on_grid
from sfm.backends.dense.frames import PlacedFrames
from sfm.backends.dense.graph import DenseParameters
from sfm.backends.dense.keyframes import around
from sfm.backends.dense.links import groups, largest
from sfm.backends.dense.loops import closed
from sfm.backends.dense.models import DenseFit, Lens
from sfm.backends.dense.movement import of_scene
from sfm.backends.dense.occlusion import covered
from sfm.backends.dense.refinement import Refined, refine, with_cells
from sfm.backends.dense.structure import DenseField, structure_of
from sfm.backends.dense.together import place_all
from sfm.backends.dense.uncertainty import focal_sigma_log, spread_of
from sfm.config import DenseConfig
from sfm.geometry.covariance import frame_covariance, keyframe_covariance
from sfm.geometry.projection import unit_rays
from sfm.geometry.uncertainty import quantiles_of_depth, translation_bound
from sfm.motion.estimator import evidence_of, statistics_of, timed, verdict
from sfm.motion.selection import Selection, select_model
from sfm.structure import Structure
from sfm.types import FramePoses, Frames, Masks, Solved

LEAST_AGREEING = 0.15
"""A frame of whose patches a smaller share agrees with its pose has none."""
OF_THE_SCENE = 0.5
"""Weight from which a patch counts as a part of the scene."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """What was learnt from the keyframes.

    Attributes:
        kept: frames that were looked at: neither blank nor repeated.
        key: rows of `kept` that are keyframes.
        hidden: of `kept`, those in which something hides the scene.
        lens, selection, refined: what was known, which model, and its fit on the fine grid.
        limit_px: residual up to which a patch agrees.
        hangs: which keyframes hang together.
    """

    kept: Int[np.ndarray, " q"]
    key: Int[np.ndarray, " k"]
    hidden: Bool[np.ndarray, " q"]
    lens: Lens
    selection: Selection[DenseFit]
    refined: Refined
    limit_px: float
    hangs: Bool[np.ndarray, " k"]


def answer(
    frames: Frames,
    masks: Masks,
    fitted: FittedFlow,
    config: DenseConfig,
    seconds: dict[str, float],
    *,
    model: str | None = None,
) -> tuple[Solved, Callable[[dict[str, float]], Structure | None]]:
    """Every frame's pose under a model and the verdict; and what makes depth and movement, where that is told; a
    table gets the wall time of that.

    Args:
        frames, masks: of the shot.
        fitted: all models.
        config, seconds: as for `fit_flow`.
        model: name of the one to take; None: the one that the flow pays for.
    """
    key, coarse, lens = fitted.key, fitted.coarse, fitted.lens
    with torch.inference_mode():
        with timed(seconds, "depth"):
            scenes = coarse, with_cells(coarse, masks, config.grid_px)
            nearness = told_on_grid(fitted.told, frames, config.grid_px, coarse.centres.device)
            again = partial(
                refine, scenes, key, belongs=fitted.belongs, lens=lens, reach=config.reach, nearness=nearness
            )
            selection, refined = _refined(fitted, again, config, model)
        with timed(seconds, "loops"):
            refined, loops = closed(refined, key, selection.model, lens, config.loops)
        with timed(seconds, "all_frames"):
            limit_px = LINK_LIMIT * limit_px_of(selection, config)
            between = 0 if loops else config.between  # frames between know nothing of loops, and would let go of them
            refined, placed = place_all(refined, key, selection.model, lens, limit_px, between)
            found = _found(fitted, selection, refined, config)
            poses = _poses(frames, masks, found, placed, config)
    own = {"loop_edges": loops} | ({} if fitted.told is None else {"depth_prior": fitted.told.said})
    solved = replace(_solved(frames, masks, found, poses, config, own), seconds=seconds)
    return solved, partial(_structure, frames, masks, found, placed, fitted, poses.valid)


def _refined(
    fitted: FittedFlow,
    again: Callable[[DenseFit], Refined],
    config: DenseConfig,
    model: str | None,
) -> tuple[Selection[DenseFit], Refined]:
    """The selected model and its fit on the fine grid, or its twin's where what covers what speaks for that one.

    Args:
        fitted: all five models.
        again: takes one of them to the fine grid.
        config: of the selection.
        model: name of the one to take, or None.
    """
    graph = of_scene(fitted.graph, fitted.belongs)
    selection = select_model(fitted.fits, fitted.unit_px, config.selection, prior=fitted.lens.focal, model=model)
    refined = again(selection.fitted)
    if not selection.model.translates or not has_twin(selection.fitted):
        return selection, refined
    key = torch.from_numpy(fitted.key).to(refined.graph.device)
    votes = covered(refined, key, limit_px_of(selection, config))
    after = with_the_sign(selection, fitted.fits, votes, graph, fitted.lens, fitted.unit_px, config.selection)
    return after, refined if after.fitted is selection.fitted else again(after.fitted)


def _found(fitted: FittedFlow, selection: Selection[DenseFit], refined: Refined, config: DenseConfig) -> _Found:
    """With the keyframes that hang together."""
    limit_px = limit_px_of(selection, config)
    hangs = largest(
        groups(
            refined.residual_px.cpu().numpy(),
            refined.graph.target.cpu().numpy(),
            limit_px=LINK_LIMIT * limit_px,
            fewest=LEAST_PATCHES,
        )
    )
    return _Found(
        kept=fitted.kept,
        key=fitted.key,
        hidden=fitted.hidden,
        lens=fitted.lens,
        selection=selection,
        refined=refined,
        limit_px=limit_px,
        hangs=hangs,
    )


def _poses(frames: Frames, masks: Masks, found: _Found, placed: PlacedFrames, config: DenseConfig) -> FramePoses:
    """Poses of all frames of the shot, with what is known of focal length, depth and translation."""
    parameters, moves = found.refined.parameters, found.selection.model.translates
    row = np.searchsorted(found.kept, masks.duplicate_of).clip(0, len(found.kept) - 1)
    depth, quantiles = _depths(found) if moves else (np.ones(len(found.kept)), None)
    first = float(parameters.log_focal)
    spread = spread_of(found.refined, found.selection.model, found.lens)
    reason = _reasons(masks, found, placed, row)
    poses = FramePoses(
        rotation=placed.rotation[row],
        translation=placed.translation[row],
        focal_px=np.exp(first + placed.zoom)[row],
        depth=depth[row],
        valid=np.array([not why for why in reason]),
        reason=reason,
        translates=moves,
        translation_bound=None if moves else _bound(found),
        focal_sigma_log=focal_sigma_log(spread, found.selection.model, found.lens),
        radial=_radial(frames, parameters, config),
        covariance=None if spread is None else _covariance(found, placed, spread)[row],
        depth_quantiles=quantiles,
    )
    return poses.repeated(masks.duplicate_of)


def _depths(found: _Found) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " 3"] | None]:
    """Median depth of the scene in each frame that was looked at, and quantiles of its depths in the first with a pose.

    Keyframes beyond a missed cut tell nothing: their unit is another one. Nor do patches that testify nowhere (bars,
    what left the picture at once): they keep the depth that they began with.
    """
    inverse_depth = found.refined.parameters.inverse_depth
    told = found.refined.scene.told_cells(torch.from_numpy(found.key).to(inverse_depth.device))
    silent = found.refined.residual_px.isnan().all(1)
    foreign = told | (found.refined.belongs < OF_THE_SCENE)
    scene = inverse_depth.masked_fill(silent | foreign, torch.nan).cpu()
    hangs = torch.from_numpy(found.hangs)
    known = hangs & scene.isfinite().any(1)
    if not known.any():
        scene, known = inverse_depth.cpu(), hangs
    scene = scene[known]
    near = scene.nanmedian(1)[0].numpy()
    filmed = found.refined.scene.filmed_at()
    depth = np.interp(filmed, filmed[found.key[known.numpy()]], 1.0 / near)
    first = scene[0].numpy().astype(float)
    return depth, quantiles_of_depth(first[np.isfinite(first)])


def _radial(frames: Frames, parameters: DenseParameters, config: DenseConfig) -> float:
    """k1 as it was given, or of the κ that was found."""
    if not isinstance(config.distortion, str):
        return config.distortion
    radius = corner_radius(frames.hw, frames.pixel_aspect, float(parameters.log_focal.exp()))
    return distortion_of(float(parameters.undistortion), radius)


def _covariance(found: _Found, placed: PlacedFrames, spread: Float[Tensor, "n n"]) -> Float[np.ndarray, "q 6 6"]:
    """Of the poses of the frames that were looked at."""
    first = int(np.argmax(found.hangs))
    cameras = found.refined.parameters
    rotation, translation, known = (each.cpu().numpy() for each in (cameras.rotation, cameras.translation, spread))
    keyed = keyframe_covariance(rotation, translation, known, found.selection.model, first)
    return frame_covariance(keyed, found.key, placed.covariance)


def _reasons(masks: Masks, found: _Found, placed: PlacedFrames, row: Int[np.ndarray, " n"]) -> tuple[str, ...]:
    """Why a frame has no pose, or nothing: blank, cut off from the rest, or unlike what its pose foretells.

    A frame between two keyframes is cut off where either of them is: nobody knows on which side it lies.
    """
    before, after = around(found.key, np.arange(len(found.kept)))
    cut = ~(found.hangs[before] & found.hangs[after])
    reason: list[str] = []
    for i, blank in enumerate(masks.blank):
        if blank:
            reason.append(masks.blank_reason(i))
        elif found.hidden[row[i]]:
            reason.append("something hides the scene")
        elif cut[row[i]]:
            reason.append("too few patches link it to the rest of the clip")
        elif placed.share[row[i]] < LEAST_AGREEING:
            reason.append(f"only {placed.share[row[i]]:.0%} of what it shows agrees with any pose")
        else:
            reason.append("")
    return tuple(reason)


def _bound(found: _Found) -> float:
    """How far the camera may have moved, in scene depths, without a trace in the residuals.

    From the patches that agree in the keyframe where most do: bars and what moves by itself would show nothing of it.
    """
    agrees = (found.refined.residual_px < found.limit_px).any(1).cpu().numpy()
    row = int(agrees.sum(1).argmax())
    focal = float(found.refined.parameters.focal_px[row])
    rays = unit_rays(found.refined.scene.patch_px.T.cpu().numpy().astype(float)[agrees[row]], focal, 1.0)
    return translation_bound(rays, focal, found.selection.noise_px, zoom=found.selection.model.zooms)


def _structure(
    frames: Frames,
    masks: Masks,
    found: _Found,
    placed: PlacedFrames,
    fitted: FittedFlow,
    valid: Bool[np.ndarray, " n"],
    seconds: dict[str, float],
) -> Structure | None:
    """Depth, movement and points; what was told to be no part of the scene moves, whatever its residuals."""
    device = found.refined.graph.device
    first, belongs = fitted.graph.to(device), fitted.belongs.to(device)
    first_residual_px = torch.from_numpy(found.selection.fitted.patch_residual_px).to(found.refined.residual_px)
    foreign = (belongs < OF_THE_SCENE)[:, None] & (first.weight > TESTIFIES)
    first_residual_px = torch.where(foreign, torch.inf, first_residual_px)
    field = DenseField(
        refined=found.refined,
        first=first,
        first_residual_px=first_residual_px,
        key=found.key,
        posed=valid[found.kept],
        placed=placed,
        limit_px=found.limit_px,
        translates=found.selection.model.translates,
    )
    with torch.inference_mode(), timed(seconds, "structure"):
        return structure_of(frames, masks, found.kept, field)


def _solved(
    frames: Frames, masks: Masks, found: _Found, poses: FramePoses, config: DenseConfig, also: dict[str, Any]
) -> Solved:
    """The verdict, with what speaks for it and what else is to be said."""
    selection = found.selection
    status, why = verdict(poses, selection, config.selection)
    own = {"keyframes": [int(found.kept[i]) for i in found.key], "distortion": poses.radial}
    own = {**own, "scene": float(found.refined.belongs.mean()), **also}
    statistics = statistics_of(selection, poses, masks, found.lens.focal, own)
    if status == "failed":
        return Solved(status=status, reason=why, statistics=statistics)
    return Solved(
        status=status,
        reason=why,
        poses=poses,
        motion_model=selection.model.name,
        evidence=evidence_of(selection, status, frames),
        statistics=statistics,
    )
