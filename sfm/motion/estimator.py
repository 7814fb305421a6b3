"""The default estimator, step by step: tracks, keyframes, motion models, selection, all frames, verdict.

docs/estimator.md tells what each step is for, and in which order to read the files of this folder.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.config import AutoConfig, SelectionConfig
from sfm.geometry.arrays import lengths, lower_median
from sfm.geometry.problem import FocalPrior, Observations, Parameters, Problem, observations_of
from sfm.geometry.projection import unit_rays
from sfm.geometry.uncertainty import depth_quantiles, depths, translation_bound
from sfm.motion.all_frames import adjust_jointly, place_all_frames
from sfm.motion.candidates import fit_models, refine_full_motion
from sfm.motion.connectivity import FEWEST_LINKS, agreeing, linked_runs
from sfm.motion.keyframes import keyframes, spread
from sfm.motion.models import FittedModel
from sfm.motion.points import points_of
from sfm.motion.selection import Selection, select_model
from sfm.motion.unsure import Unsure
from sfm.processes.threads import thread_limit
from sfm.tracking.track import track
from sfm.tracking.types import Tracks
from sfm.types import FULL, FULL_ZOOM, FramePoses, Frames, Masks, Solved, Status

FOCAL_PRIOR_LONG_SIDE = 0.85
"""Prior focal length in long sides of the picture, in square pixels: a field of view of 61 degrees, between phones and
film lenses."""
FOCAL_PRIOR_SIGMA = 0.35
"""Its standard deviation in log units: 40 to 92 degrees lie within one."""
MIN_TRACKS = 20


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Keyed:
    """The tracks that the models are fitted to, on the keyframes.

    Attributes:
        frames: numbers of the keyframes.
        picked: numbers of the tracks.
        problem: those tracks in those frames.
    """

    frames: Int[np.ndarray, " k"]
    picked: Int[np.ndarray, " s"]
    problem: Problem


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Placed:
    """All frames under the selected model: the tracks that were adjusted, their numbers, which agree, the poses."""

    observations: Observations
    parameters: Parameters
    picked: Int[np.ndarray, " t"]
    agrees: Bool[np.ndarray, " t"]
    poses: FramePoses


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FittedTracks:
    """All motion models fitted to the tracks of a shot.

    Attributes:
        tracks: all of them.
        keyed: those that the models were fitted to.
        candidates: the models.
        selection: the one that these tracks pay for.
    """

    tracks: Tracks
    keyed: _Keyed
    candidates: list[FittedModel]
    selection: Selection[FittedModel]


def solve(frames: Frames, masks: Masks, config: AutoConfig) -> Solved:
    """The camera's motion in one shot, by its tracks alone.

    Returns:
        Status "failed" where nothing can be tracked, "unreliable" where two models explain the clip alike, nothing
        rigid was filmed, or too little is explained (`verdict`); "partial" where frames have no pose. Runs on one
        thread.
    """
    seconds: dict[str, float] = {}
    fitted = fit_tracks(frames, masks, config, seconds)
    if isinstance(fitted, str):
        return Solved(status="failed", reason=fitted, seconds=seconds)
    return answer(frames, masks, fitted, fitted.selection, config, seconds)


def fit_tracks(frames: Frames, masks: Masks, config: AutoConfig, seconds: dict[str, float]) -> FittedTracks | str:
    """All motion models fitted to the tracks of a shot, or why there is nothing to fit them to.

    Args:
        frames, masks: of the shot.
        config: settings.
        seconds: gets the wall time of each step.
    """
    with thread_limit(1, opencv=False, torch=False):
        with timed(seconds, "tracks"):
            tracks = track(frames, masks, config.tracks)
        if why := precheck(frames, masks, tracks):
            return why
        keyed = _keyed(frames, tracks, config)
        if len(keyed.frames) < 2 or len(keyed.picked) < MIN_TRACKS:
            return f"only {len(keyed.picked)} points can be followed through the clip, {MIN_TRACKS} are needed"
        with timed(seconds, "motion_models"):
            candidates, selection = fit_and_select(keyed.problem, config)
    return FittedTracks(tracks=tracks, keyed=keyed, candidates=candidates, selection=selection)


def answer(
    frames: Frames,
    masks: Masks,
    fitted: FittedTracks,
    selection: Selection[FittedModel],
    config: AutoConfig,
    seconds: dict[str, float],
) -> Solved:
    """Every frame's pose under a model, and the verdict.

    Args:
        frames, masks: of the shot.
        fitted: all models.
        selection: the one to take.
        config, seconds: as for `fit_tracks`.
    """
    with thread_limit(1, opencv=False, torch=False), timed(seconds, "all_frames"):
        placed = _place(frames, masks, fitted.tracks, fitted.keyed, selection, config)
        solved = _solved(frames, masks, fitted.tracks, fitted.keyed, selection, placed, config.selection)
    return replace(solved, seconds=seconds)


def precheck(frames: Frames, masks: Masks, tracks: Tracks) -> str:
    """Why nothing can be said about this clip, or nothing."""
    if masks.blank.all():
        return "every frame is blank (black, white or a covered lens)"
    if len(frames) - int(masks.blank.sum()) < 2:
        return "fewer than two frames show anything"
    if len(tracks.xy_px) < MIN_TRACKS:
        return f"only {len(tracks.xy_px)} points can be followed: no texture, or nothing lasts from frame to frame"
    return ""


def focal_prior(frames: Frames) -> FocalPrior:
    """What the file says of the focal length, else that of a usual lens, loosely."""
    if frames.focal_px:
        return FocalPrior(focal_px=frames.focal_px, sigma=0.0)
    height, width = frames.hw
    return FocalPrior(
        focal_px=FOCAL_PRIOR_LONG_SIDE * max(height, width * frames.pixel_aspect), sigma=FOCAL_PRIOR_SIGMA
    )


def problem_of(frames: Frames, xy_px: Float[np.ndarray, "m n 2"]) -> Problem:
    """The problem that tracks of a clip pose, with what its file says of the focal length."""
    observations = observations_of(xy_px, frames.hw, frames.pixel_aspect)
    return Problem(observations=observations, prior=focal_prior(frames), unit_px=max(frames.hw) / 640)


def fit_and_select(problem: Problem, config: AutoConfig) -> tuple[list[FittedModel], Selection[FittedModel]]:
    """All motion models fitted to the keyframes, and the one that the clip pays for.

    Full motion with zoom is searched for only where it was selected, where full motion leaves much open, or where the
    selection is in doubt.
    """
    candidates = fit_models(problem)
    selection = select_model(candidates, problem.unit_px, config.selection, prior=problem.prior)
    unexplained = selection.model == FULL and selection.share < config.refine_below
    unusual = selection.model == FULL and problem.prior.surprise(selection.fitted.focal_px) > config.refine_lens
    in_doubt = selection.confidence < config.refine_doubt or not selection.rigid or unusual
    if selection.model == FULL_ZOOM or unexplained or in_doubt:
        candidates = refine_full_motion(problem, candidates, thorough=in_doubt or selection.model == FULL_ZOOM)
        selection = select_model(candidates, problem.unit_px, config.selection, prior=problem.prior)
    return candidates, selection


def cameras_of(frames: Frames, fitted: FittedTracks, candidate: FittedModel) -> tuple[Parameters, float]:
    """Cameras of all frames under one of the models, its points held, and the median inverse distance of its points."""
    problem = problem_of(frames, fitted.tracks.xy_px[fitted.keyed.picked])
    with thread_limit(1, opencv=False, torch=False):
        parameters = place_all_frames(problem, replace(fitted.selection, fitted=candidate), fitted.keyed.frames)
    point = parameters.point[0]
    return parameters, float(lower_median(point[:, 3] / lengths(point[:, :3])))


def _keyed(frames: Frames, tracks: Tracks, config: AutoConfig) -> _Keyed:
    """Keyframes, and tracks spread over them."""
    key = keyframes(tracks.seen, target=config.keyframes)
    picked = spread(tracks.xy_px[:, key], frames.hw)
    return _Keyed(frames=key, picked=picked, problem=problem_of(frames, tracks.xy_px[picked][:, key]))


def _place(
    frames: Frames, masks: Masks, tracks: Tracks, keyed: _Keyed, selection: Selection[FittedModel], config: AutoConfig
) -> _Placed:
    """Every frame's pose under the selected model, and whether it can be believed."""
    problem = problem_of(frames, tracks.xy_px[keyed.picked])
    alone = place_all_frames(problem, selection, keyed.frames)
    observations, parameters, picked = adjust_jointly(problem, alone, selection, keyed.picked, tracks, frames, config)
    agrees, fits = agreeing(observations, parameters, config.selection.tolerance * selection.noise_px)
    unsure = Unsure(keyframes=keyed.frames, problem=keyed.problem, selection=selection)
    valid, reason = frame_verdicts(masks, fits.sum(0), linked_runs(fits)[0], keyed.frames)
    moving = selection.model.translates
    focal_px = float(np.median(parameters.focal_px[0]))
    zooms, noise_px = selection.model.zooms, selection.noise_px
    bound = None if moving else bound_of(observations, focal_px, agrees, noise_px, zooms=zooms)
    first = int(np.argmax(valid[masks.duplicate_of]))  # what repeats a frame without a pose will have none
    near_and_far = depth_quantiles(observations, parameters, agrees, first, frames.hw) if moving else None
    poses = FramePoses(
        rotation=parameters.rotation[0],
        translation=parameters.translation[0],
        focal_px=np.exp(parameters.log_focal[0]) * np.exp(parameters.zoom[0]),
        depth=depths(observations, parameters, agrees, frames.hw) if moving else np.ones(len(frames)),
        valid=valid,
        reason=reason,
        translates=moving,
        translation_bound=bound,
        focal_sigma_log=unsure.focal_sigma_log,
        covariance=unsure.covariance(problem.observations, alone, valid),
        depth_quantiles=near_and_far,
    )
    return _Placed(
        observations=observations,
        parameters=parameters,
        picked=picked,
        agrees=agrees,
        poses=poses.repeated(masks.duplicate_of),
    )


def frame_verdicts(
    masks: Masks,
    support: Int[np.ndarray, " n"],
    linked: Bool[np.ndarray, " n"],
    keyframes: Int[np.ndarray, " k"],
) -> tuple[Bool[np.ndarray, " n"], tuple[str, ...]]:
    """Which frames have a pose, and why not; a frame that repeats another one is judged with that one.

    Args:
        masks: of the shot.
        support: how many points agree with each frame's pose.
        linked: frames of the longest run that enough points link.
        keyframes: their numbers.
    """
    n = len(support)
    reason = [""] * n
    for i in range(n):
        if masks.duplicate_of[i] != i:
            continue
        if masks.blank[i]:
            reason[i] = masks.blank_reason(i)
        elif i < keyframes[0] or i > keyframes[-1]:
            reason[i] = "outside the part of the clip that can be followed"
        elif support[i] < FEWEST_LINKS:
            reason[i] = f"only {int(support[i])} points agree with any pose"
        elif not linked[i]:
            reason[i] = f"fewer than {FEWEST_LINKS} points link it to the rest of the clip"
    return np.array([not why for why in reason]), tuple(reason)


def verdict(poses: FramePoses, selection: Selection[Any], config: SelectionConfig) -> tuple[Status, str]:
    """Status of a shot and the reason for it."""
    valid = poses.valid
    if valid.sum() < 2:
        return "failed", "no two frames can be explained by one camera motion"
    if selection.confidence < config.doubtful:
        return "unreliable", "two motion models explain the clip almost equally well"
    if not selection.rigid:
        return (
            "unreliable",
            f"no rigid motion explains the content better than {selection.noise_px:.2f} px; "
            f"what changes its shape as it moves, as in some generated clips, hides the camera's translation",
        )
    if selection.share < (config.reliable if selection.model.translates else config.reliable_without_depth):
        return (
            "unreliable",
            f"the best rigid model explains {selection.share:.0%} of what can be followed; "
            f"moving content or a scene that is not rigid hides the camera's motion",
        )
    if not valid.all():
        missing = sorted({r for r in poses.reason if r})
        return "partial", f"{int((~valid).sum())} of {len(valid)} frames have no pose: {', '.join(missing)}"
    return "ok", ""


def evidence_of(selection: Selection[Any], status: Status, frames: Frames) -> dict[str, Any]:
    """JSON values that go with the trajectory."""
    return {
        "status": status,
        "motion_model": selection.model.name,
        "confidence": round(selection.confidence, 4),
        "noise_px": selection.noise_px,
        "working_hw": list(frames.hw),
        "ambiguous": list(selection.ambiguous),
    }


def statistics_of(
    selection: Selection[Any], poses: FramePoses, masks: Masks, prior: FocalPrior, own: Mapping[str, Any]
) -> dict[str, Any]:
    """JSON values for run.json: what every estimator of the motion models says, and its `own` ones."""
    return {
        **selection.evidence,
        "confidence": selection.confidence,
        "share_explained": selection.share,
        **own,
        "focal_px": float(np.median(poses.focal_px)),
        "focal_sigma_log": poses.focal_sigma_log,
        "focal_given": prior.given,
        "translation_bound": poses.translation_bound,
        "ambiguous": list(selection.ambiguous),
        "notes": list(masks.notes),
    }


def bound_of(
    observations: Observations, focal_px: float, agrees: Bool[np.ndarray, " t"], noise_px: float, *, zooms: bool
) -> float:
    """`translation_bound` from the rays of the agreeing points in the frame that sees most; infinite where these are
    few."""
    seen = observations.weight > 0
    frame = int(seen.sum(0).argmax())
    rows = np.flatnonzero(agrees & seen[:, frame])
    rays = unit_rays(observations.xy_px[rows, frame], focal_px, observations.pixel_aspect)
    return translation_bound(rays, focal_px, noise_px, zoom=zooms)


def _solved(
    frames: Frames,
    masks: Masks,
    tracks: Tracks,
    keyed: _Keyed,
    selection: Selection[FittedModel],
    placed: _Placed,
    config: SelectionConfig,
) -> Solved:
    """The verdict, with what speaks for it."""
    poses = placed.poses
    status, why = verdict(poses, selection, config)
    if status == "failed":
        return Solved(status=status, reason=why, statistics=selection.evidence)
    own = {
        "tracks": len(tracks.xy_px),
        "tracks_adjusted": len(placed.picked),
        "keyframes": [int(k) for k in keyed.frames],
        "relinked": [int(t) for t in tracks.relinked],
    }
    return Solved(
        status=status,
        reason=why,
        poses=poses,
        motion_model=selection.model.name,
        evidence=evidence_of(selection, status, frames),
        statistics=statistics_of(selection, poses, masks, keyed.problem.prior, own),
        picture={"tracks_px": tracks.xy_px[placed.picked], "moving": ~placed.agrees},
        structure=points_of(frames, placed.observations, placed.parameters, placed.agrees)
        if poses.translates
        else None,
    )


@contextmanager
def timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Adds the wall time of a step to a table."""
    begin = time.perf_counter()
    yield
    seconds[step] = seconds.get(step, 0.0) + time.perf_counter() - begin
