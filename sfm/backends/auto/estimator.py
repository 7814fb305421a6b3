"""The default estimator: tracks first, dense flow where they are not sure, and one choice over both."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float, Int

from sfm.confidence.evidence import Answer, ByFlow, chosen_by, vouched_for
from sfm.confidence.posterior import Judged, weigh
from sfm.confidence.sightings import Cameras, Sightings, of_tracks
from sfm.confidence.verdict import doubt, told
from sfm.config import AutoConfig, DenseConfig
from sfm.motion import estimator as tracked
from sfm.motion.lens import bend_of
from sfm.motion.selection import select_model
from sfm.tracking.breaks import breaks
from sfm.types import Frames, Masks, Solved

SOUND = 0.7
"""From this probability on what the tracks say is enough. On clips made to be hard, that keeps two of three, of which
nine of ten are right; of the rest the choice over both gets half."""
ALONG, NEARER_BELOW = 0.9, 0.1
"""A way so much of which is along the axis, before a scene so little of whose near lies low, may be inside out."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ByTracks:
    """What the tracks say: all models, and the one that they pay for with every frame's pose."""

    fitted: tracked.FittedTracks
    solved: Solved


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """What is asked about, and the wall time of each step, which is added as it goes."""

    frames: Frames
    masks: Masks
    config: AutoConfig
    device: str
    seconds: dict[str, float]
    threads: int = 1


def solve(frames: Frames, masks: Masks, config: AutoConfig, *, device: str = "cpu", threads: int = 1) -> Solved:
    """The camera's motion in one shot, with the probability that what is said of it is right.

    Args:
        frames, masks: of the shot.
        config: settings.
        device, threads: of the dense flow; torch is loaded where that is asked.

    Returns:
        Status "ok" where rotation and translation are both sure, "partial" where frames have no pose besides,
        "unreliable" where either is not, "failed" where nothing can be followed.
    """
    shot = Shot(frames=frames, masks=masks, config=config, device=device, seconds={}, threads=threads)
    by_tracks = tracks_of(shot)
    if isinstance(by_tracks, str):
        by_flow = flow_of(shot, _lens(shot, None)) if config.dense else by_tracks
        if isinstance(by_flow, str):
            return Solved(status="failed", reason=by_tracks, seconds=shot.seconds)
        return _told(shot, _judged(shot, None, by_flow), None, by_flow)
    alone, lens = _judged(shot, by_tracks, None), _lens(shot, by_tracks)
    if not config.dense or (lens == "none" and _sound(alone, by_tracks.solved, shot.frames.time_s)):
        return _told(shot, alone, by_tracks, None)
    by_flow = flow_of(shot, lens)
    if isinstance(by_flow, str):
        return _told(shot, alone, by_tracks, None)
    heard = None if _bends(config.distortion) else by_tracks  # tracks know pinholes alone, and this lens is none
    return _told(shot, _judged(shot, heard, by_flow), by_tracks, by_flow)


def _bends(lens: Literal["none", "free"] | float) -> bool:
    """Whether a lens was given that is no pinhole."""
    return not isinstance(lens, str) and lens != 0.0


def _lens(shot: Shot, by_tracks: ByTracks | None) -> Literal["none", "free"] | float:
    """What the dense backend is told of the lens: what was given, or whether the tracks show that it bends."""
    given = shot.config.distortion
    if given != "free":
        return given
    if by_tracks is None or not shot.config.dense or not by_tracks.fitted.selection.model.rotates:
        return "none"
    fitted = by_tracks.fitted
    with tracked.timed(shot.seconds, "lens"):
        return "free" if bend_of(fitted.keyed.problem, fitted.candidates[1]).suspected else "none"


def tracks_of(shot: Shot) -> ByTracks | str:
    """What the tracks say, or why they say nothing. On the CPU: their arrays are too small for anything else."""
    frames, masks, config = shot.frames, shot.masks, shot.config
    fitted = tracked.fit_tracks(frames, masks, config, shot.seconds)
    if isinstance(fitted, str):
        return fitted
    solved = tracked.answer(frames, masks, fitted, fitted.selection, config, shot.seconds)
    return ByTracks(fitted=fitted, solved=solved) if solved.poses is not None else solved.reason


def flow_of(shot: Shot, lens: Literal["none", "free"] | float) -> ByFlow | str:
    """What the flow says, or why it says nothing."""
    from sfm.backends.dense import answers

    spent: dict[str, float] = {}
    config = DenseConfig(distortion=lens)
    if not _bends(shot.config.distortion):
        config = replace(config, between=0)  # quicker by a second, and most of its answers are not told
    found = answers.asked(shot.frames, shot.masks, config, spent, device=shot.device, threads=shot.threads)
    _spent_on_flow(shot, spent)
    return found


def _spent_on_flow(shot: Shot, spent: Mapping[str, float]) -> None:
    """Adds the wall time of each step of the flow."""
    shot.seconds.update({f"dense_{step}": value for step, value in spent.items()})


def _judged(shot: Shot, by_tracks: ByTracks | None, by_flow: ByFlow | None) -> Judged:
    with tracked.timed(shot.seconds, "choice"):
        return weighed(shot.frames, by_tracks, by_flow)


def keyframes_of(by_tracks: ByTracks | None, by_flow: ByFlow | None) -> Int[np.ndarray, " k"]:
    """The frames at which answers are compared: the keyframes of the flow, else those of the tracks."""
    if by_flow is not None:
        return by_flow.keyframes
    assert by_tracks is not None
    return by_tracks.fitted.keyed.frames


def weighed(frames: Frames, by_tracks: ByTracks | None, by_flow: ByFlow | None) -> Judged:
    """All models of both, or of the one that there is, weighed by what it saw."""
    key = keyframes_of(by_tracks, by_flow)
    answers: list[Answer] = []
    sightings: dict[str, Sightings] = {}
    if by_tracks is not None:
        every = by_flow is not None
        answers += _answers_of_tracks(frames, key, by_tracks, every=every)
        sightings["tracks"] = of_tracks(by_tracks.fitted.tracks.xy_px[:, key], frames.hw, frames.pixel_aspect)
    if by_flow is not None:
        answers += by_flow.answers
        sightings["flow"] = by_flow.sightings
    return weigh(answers, sightings, tracked.focal_prior(frames), None if by_flow is None else by_flow.solved)


def _answers_of_tracks(frames: Frames, key: Int[np.ndarray, " k"], by_tracks: ByTracks, *, every: bool) -> list[Answer]:
    """The models of the tracks at keyframes: their own, or (`every`) any frames."""
    fitted, answers = by_tracks.fitted, list[Answer]()
    for candidate in fitted.candidates:
        parameters, nearness = candidate.parameters, float(np.median(candidate.nearness()))
        rows = np.arange(len(key))
        if every:
            parameters, nearness = tracked.cameras_of(frames, fitted, candidate)
            rows = key
        answers.append(
            Answer(
                source="tracks",
                model=candidate.model,
                cameras=Cameras(
                    rotation=parameters.rotation[0][rows],
                    translation=parameters.translation[0][rows],
                    focal_px=parameters.focal_px[0][rows],
                    translates=candidate.model.translates,
                    nearness=abs(nearness) or 1.0,
                ),
                chosen=chosen_by(by_tracks.solved, candidate.model),
            )
        )
    return answers


def _sound(judged: Judged, solved: Solved, time_s: Float[np.ndarray, " n"]) -> bool:
    """Whether the tracks are enough: what they chose is what is most probable, and probable enough."""
    sure = judged.answer.chosen[0] and judged.quantity["all"] >= SOUND and not _may_be_inside_out(judged)
    return vouched_for(solved) and sure and solved.poses is not None and doubt(solved, judged, time_s) is None


def _may_be_inside_out(judged: Judged) -> bool:
    """Whether the way may be the opposite one with a zoom against it, near and far exchanged: only flow can tell.

    Along the axis both explain the same tracks. Mostly the ground speaks for one of them: what lies low is nearer.
    """
    along = judged.features["facts"]["axial"] > ALONG
    return along and float(judged.seen["tracks"].nearer_below[judged.best]) < NEARER_BELOW


def _told(shot: Shot, judged: Judged, by_tracks: ByTracks | None, by_flow: ByFlow | None) -> Solved:
    """The best answer with every frame's pose, its probabilities, its rivals, and what the other estimator said."""
    best = judged.answer
    winner = by_tracks if best.source == "tracks" else by_flow
    assert winner is not None
    solved = _chosen(shot, winner) if best.chosen[0] else _again(shot, winner, best.model.name)
    other = by_flow if winner is by_tracks else by_tracks
    solved = told(solved, judged, shot.frames.time_s, keyframes_of(by_tracks, by_flow))
    said: dict[str, Any] = {"won": best.source, "other": None if other is None else _summary(other.solved)}
    broken = [] if by_tracks is None else breaks(by_tracks.fitted.tracks.seen)
    said |= {"track_breaks": broken} if broken else {}
    return replace(solved, statistics={**solved.statistics, **said}, seconds=shot.seconds)


def _chosen(shot: Shot, winner: ByTracks | ByFlow) -> Solved:
    """What an estimator chose by itself, with all that is told of it."""
    if isinstance(winner, ByTracks):
        return winner.solved
    spent = dict[str, float]()
    solved = winner.structured(spent)
    _spent_on_flow(shot, spent)
    return solved


def _again(shot: Shot, winner: ByTracks | ByFlow, model: str) -> Solved:
    """Every frame's pose under a model that its own estimator did not choose."""
    frames, masks, spent = shot.frames, shot.masks, dict[str, float]()
    if isinstance(winner, ByTracks):
        candidates, config = winner.fitted.candidates, shot.config
        problem = winner.fitted.keyed.problem
        selection = select_model(candidates, problem.unit_px, config.selection, prior=problem.prior, model=model)
        solved = tracked.answer(frames, masks, winner.fitted, selection, config, spent)
    else:
        solved = winner.again(model, spent)
    shot.seconds["again"] = sum(spent.values())
    return solved if solved.poses is not None else _chosen(shot, winner)


def _summary(solved: Solved) -> Mapping[str, Any]:
    """What the other estimator said, for run.json."""
    return {
        "status": solved.status,
        "reason": solved.reason,
        "motion_model": solved.motion_model,
        "confidence": solved.statistics.get("confidence"),
        "share_explained": solved.statistics.get("share_explained"),
        "noise_px": solved.statistics.get("noise_px"),
    }
