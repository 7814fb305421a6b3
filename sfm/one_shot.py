"""From the frames of one shot to its estimate: masks, doubts, a backend, gravity; in source pixels."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Bool

from sfm import backends, gravity
from sfm.backends.dense.prior_source import MAPS_SUFFIX
from sfm.confidence.pinhole_doubt import doubted
from sfm.config import EstimateConfig, GravityConfig
from sfm.masks import cards, projections, views
from sfm.masks import find as masks
from sfm.processes.stage_clock import Clock
from sfm.runs.estimate import ShotEstimate, plain
from sfm.runs.savable import obstacle
from sfm.types import BackendResult, Frames, Masks
from sfm.video.pixels import in_source_pixels
from sfm.within_bars import margins_of, run_within
from trajectory.model import Provenance, Trajectory


def estimate_shot(
    part: Frames,
    moving: Bool[np.ndarray, "n h w"] | None,
    span: tuple[int, int],
    backend_config: Any,
    config: EstimateConfig,
    origin: Provenance,
) -> ShotEstimate:
    """Masks, backend and gravity of one shot; `moving` was told, `span` is where its frames lie in the clip."""
    spent: dict[str, float] = {}
    with Clock(spent, "masks"):
        found = masks.find(part, config.masks, moving)
        doubt = found.doubt or projections.no_pinhole(part, found) or views.several_views(part, found)
    result = _run_backend(part, found, backend_config, config)
    if result.status in ("failed", "unreliable") and (hidden := found.hidden()):
        result = replace(result, reason=f"{result.reason}; {hidden}")
    result = doubted(result, doubt) if doubt else result
    spent.update(result.seconds)
    with Clock(spent, "gravity"):
        upright = _gravity(part, found, result, config.gravity)
    result = replace(result, statistics={**upright, **result.statistics})
    provenance = replace(origin, evidence={**upright, **_evidence(result)})
    return _with_files(_shot(part, span, found, result, spent, provenance), part, config)


def _with_files(shot: ShotEstimate, part: Frames, config: EstimateConfig) -> ShotEstimate:
    """The shot with what of `config.save` it can give, and why not the rest."""
    tracked = shot.picture.get("tracks_px") is not None
    lacking = {name: obstacle(name, shot.structure, shot.trajectory, tracked=tracked) for name in config.save}
    save = tuple(name for name, why in lacking.items() if not why)
    return replace(
        shot,
        save=save,
        unsaved=MappingProxyType({name: why for name, why in lacking.items() if why}),
        images=part.rgb if "megasam" in save else None,
    )


def _run_backend(frames: Frames, found: Masks, backend_config: Any, config: EstimateConfig) -> BackendResult:
    if len(frames) < 2:
        reason = "the shot has one frame; a trajectory needs at least 2"
        return BackendResult(status="failed", reason=reason, trajectory=None, motion_model=None)
    nothing = {"probability": {"rigid": 0.0}}  # no scene: a score counts it as the generator's failure
    if found.blank.all():
        beside = "" if found.moving is None else ", or shows nothing beside what is told to move"
        reason = f"every frame is blank (black, white, of one colour or covered){beside}"
        told = nothing if found.moving is None else {}  # what a mask hides is no fault of the clip
        return BackendResult(status="failed", reason=reason, trajectory=None, motion_model=None, statistics=told)
    if reason := cards.no_scene(frames, found):
        return BackendResult(status="failed", reason=reason, trajectory=None, motion_model=None, statistics=nothing)
    prior: str | None = getattr(backend_config, "depth_prior", None)
    told_whole = prior is not None and prior.endswith(MAPS_SUFFIX)  # a network sees what it is given
    run = partial(
        backends.run, config=backend_config, device=config.device, seed=config.seed, threads=threads_of(config)
    )
    return run_within((0, 0) if told_whole else margins_of(found), run, frames, found)


def _gravity(part: Frames, found: Masks, result: BackendResult, config: GravityConfig) -> dict[str, Any]:
    """Pitch and roll of the first valid frame, where upright lines show them; nothing where they do not."""
    if result.trajectory is None or result.status in ("failed", "unreliable"):
        return {}
    seen = gravity.find(part, found, result.trajectory, config)
    return {} if seen is None else {"gravity": seen.to_json()}


def _evidence(result: BackendResult) -> dict[str, Any]:
    """What the trajectory file says about the estimate; what the backend wrote there wins."""
    own: dict[str, Any] = {"status": result.status, "motion_model": result.motion_model}
    if result.trajectory is not None and result.trajectory.provenance is not None:
        own.update(result.trajectory.provenance.evidence)
    return own


def _shot(
    part: Frames,
    span: tuple[int, int],
    found: Masks,
    result: BackendResult,
    seconds: Mapping[str, float],
    provenance: Provenance,
) -> ShotEstimate:
    trajectory = result.trajectory if result.status != "failed" else None
    if trajectory is not None:
        trajectory = in_source_pixels(trajectory, part.source_hw).replace(provenance=provenance)
    picture = dict(result.picture)
    if trajectory is not None:
        picture["frame"] = np.array(_telling_frame(picture.get("tracks_px"), trajectory))
        picture["rgb"] = part.rgb[int(picture["frame"])].copy()
    return ShotEstimate(
        start=span[0],
        stop=span[1],
        start_s=float(part.time_s[0]),
        end_s=float(part.time_s[-1]),
        status=result.status,
        reason=result.reason,
        motion_model=result.motion_model,
        trajectory=trajectory,
        registered=0 if trajectory is None else int(trajectory.valid.sum()),
        statistics=MappingProxyType(plain(dict(result.statistics))),
        seconds=MappingProxyType(dict(seconds)),
        notes=found.notes,
        picture=MappingProxyType(picture),
        structure=None if trajectory is None else result.structure,
        alternatives=tuple(_alternative(each, part, provenance) for each in result.alternatives),
    )


def _alternative(trajectory: Trajectory, part: Frames, origin: Provenance) -> Trajectory:
    """Another motion that may be the right one, as the trajectory itself is kept."""
    own: Mapping[str, Any] = {} if trajectory.provenance is None else trajectory.provenance.evidence
    return in_source_pixels(trajectory, part.source_hw).replace(provenance=replace(origin, evidence=own))


def _telling_frame(tracks_px: np.ndarray | None, trajectory: Trajectory) -> int:
    """The frame that shows most: the valid one nearest to the middle among those with many tracks."""
    valid = np.flatnonzero(trajectory.valid)
    if not len(valid):
        return 0
    if tracks_px is not None and tracks_px.size:
        seen = np.isfinite(tracks_px[:, valid, 0]).sum(axis=0)
        valid = valid[seen >= 0.9 * seen.max()]
    return int(valid[np.argmin(np.abs(valid - len(trajectory) / 2))])


def threads_of(config: EstimateConfig) -> int:
    """As many as were asked for, as the environment says, or as a backend takes by itself."""
    text = os.environ.get("OMP_NUM_THREADS", "")
    told = int(text) if text.isdecimal() and int(text) > 0 else None
    return backends.threads_of(config.threads or told)
