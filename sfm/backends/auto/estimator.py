"""The default estimator: tracks first, dense flow where they are not sure, and one choice over both."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float, Int

from sfm.backends.auto.evidence import Answer, ByFlow, chosen_by, seen_by
from sfm.backends.auto.posterior import QUANTITY_NAMES, SURE, Judged, far_below, judge
from sfm.backends.auto.sightings import Cameras, Sightings, of_tracks
from sfm.backends.auto.turn_odds import turn_odds
from sfm.config import AutoConfig, DenseConfig
from sfm.motion import estimator as tracked
from sfm.motion.all_frames import between_keyframes
from sfm.motion.deviations import with_deviations
from sfm.motion.jumps import jump
from sfm.motion.lens import bend_of
from sfm.motion.selection import select_model
from sfm.runs.saved import alternative_file
from sfm.types import Alternative, FramePoses, Frames, Masks, Solved, Status

SOUND = 0.7
"""From this probability on what the tracks say is enough. On clips made to be hard, that keeps two of three, of which
nine of ten are right; of the rest the choice over both gets half."""
LEAST_RIVAL, MOST_RIVALS = 0.03, 3
"""Other motions that are kept beside the answer: at least so probable, and so many."""
ALONG, NEARER_BELOW = 0.9, 0.1
"""A way so much of which is along the axis, before a scene so little of whose near lies low, may be inside out."""
RESTS_BELOW = 0.2
"""Where a camera that travels leaves so much of what lies low in the picture infinitely far, its way is doubted."""
DOUBTED = 0.3
"""Where its path jumps or what lies low rests, an answer is so much less probably right: a choice, since no clip that
was rendered jumps."""
OPPOSED = 0.7
"""The same for a zoom against the way: of 14 told so on clips of `hard-dev`, with .5 in the mean, 5 were right."""
CLEAR_TURN = 0.5
"""Where the deviation of the turn makes its odds less than this, the reason says what it hangs on."""
LIKELY_OK = 0.5
"""An answer below this probability, rotation, translation and zoom together, is not "ok"."""


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
    return _told(shot, _judged(shot, by_tracks, by_flow), by_tracks, by_flow)


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
    from sfm.backends.auto import flow

    spent: dict[str, float] = {}
    config = DenseConfig(distortion=lens, between=0)  # quicker by a second, and most of its answers are not told
    found = flow.asked(shot.frames, shot.masks, config, spent, device=shot.device, threads=shot.threads)
    shot.seconds.update({f"dense_{step}": value for step, value in spent.items()})
    return found


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
    seen = {kind: seen_by(each, answers) for kind, each in sightings.items()}
    return judge(answers, seen, tracked.focal_prior(frames), _covered(answers, by_flow))


def _covered(answers: list[Answer], by_flow: ByFlow | None) -> tuple[int, float] | None:
    """Which answer what covers what turned inside out, if any, and how clear its votes are."""
    votes = {} if by_flow is None else by_flow.solved.statistics.get("occlusion", {})
    if not votes.get("turned_inside_out"):
        return None
    number = next(i for i, each in enumerate(answers) if each.source == "flow" and each.chosen[0])
    return number, abs(float(votes["balance"]))


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
    return solved.status == "ok" and sure and solved.poses is not None and doubt(solved, judged, time_s) is None


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
    solved = winner.solved if best.chosen[0] else _again(shot, winner, best.model.name)
    other = by_flow if winner is by_tracks else by_tracks
    poses = None if solved.poses is None else with_deviations(solved.poses, judged.focal_apart_log)
    solved, judged = doubted(replace(solved, poses=poses), judged, shot.frames.time_s)
    status, reason = verdict(solved, judged)
    key, rivals = keyframes_of(by_tracks, by_flow), judged.rivals(LEAST_RIVAL)[:MOST_RIVALS]
    said = said_of(judged, rivals)
    own = {
        "won": best.source,
        "own_confidence": solved.statistics.get("confidence"),
        "focal_sigma_log": None if poses is None else poses.focal_sigma_log,
        "other": None if other is None else _summary(other.solved),
    }
    return replace(
        solved,
        status=status,
        reason=reason,
        evidence={**solved.evidence, "status": status, **said},
        statistics={**solved.statistics, **said, **own},
        seconds=shot.seconds,
        alternatives=tuple(_alternative(judged.answers[i], key, len(shot.frames)) for i in rivals),
    )


def doubted(solved: Solved, judged: Judged, time_s: Float[np.ndarray, " n"]) -> tuple[Solved, Judged]:
    """Less sure of the way and with the reason where something speaks against it, of the turn by its deviation."""
    odds = 1.0 if solved.poses is None else turn_odds(solved.poses)
    judged = judged.with_odds(odds)
    found = doubt(solved, judged, time_s)
    if found is not None:
        factor, quantities, reason = found
        return replace(solved, status="unreliable", reason=reason), judged.times(factor, quantities)
    if odds < CLEAR_TURN:
        reason = "how far it turned hangs on a focal length that is hardly known; tell it with --focal"
        return replace(solved, status="unreliable", reason=reason), judged
    return solved, judged


def doubt(solved: Solved, judged: Judged, time_s: Float[np.ndarray, " n"]) -> tuple[float, tuple[str, ...], str] | None:
    """What speaks against the way, if anything: how much less probable it makes which quantities, and why."""
    found = None if solved.poses is None else jump(solved.poses, time_s)
    if found is not None:
        frame, depths = found
        reason = f"the path jumps by {depths:.2f} scene depths before frame {frame}, which no camera does in one shot"
        return DOUBTED, ("translation", "all"), reason
    if far_below(judged.seen)[judged.best] > RESTS_BELOW:
        reason = (
            "what lies low in the picture rests as if it were infinitely far: something may pass by a camera that "
            "rests, or ride along with it; name with --mask what moves by itself"
        )
        return DOUBTED, ("translation", "all"), reason
    if judged.turned or judged.features["facts"]["opposed"]:
        reason = "it zooms against its way, and the picture tells which way, but not how much of it is zoom"
        return OPPOSED, ("translation", "zoom", "all"), reason
    return None


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
    return solved if solved.poses is not None else winner.solved


def verdict(solved: Solved, judged: Judged) -> tuple[Status, str]:
    """The status by the probabilities, and the reason in words."""
    if solved.status == "failed":
        return solved.status, solved.reason
    quantity = judged.quantity
    unsure = [name for name in ("rotation", "translation") if quantity[name] < SURE]
    if unsure or quantity["all"] < LIKELY_OK:
        known = [f"{name} {quantity[name]:.2f}" for name in QUANTITY_NAMES]
        why = f": {solved.reason}" if solved.status == "unreliable" else ""
        what = " and ".join(unsure) or "what is said of rotation, translation and zoom together"
        return "unreliable", f"{what} may be wrong (probability of being right: {', '.join(known)}){why}"
    poses = solved.poses
    if poses is not None and not poses.valid.all():
        missing = sorted({why for why in poses.reason if why})
        return "partial", f"{int((~poses.valid).sum())} of {len(poses.valid)} frames have no pose: {', '.join(missing)}"
    return "ok", ""


def said_of(judged: Judged, rivals: list[int]) -> dict[str, Any]:
    """What goes with the trajectory: confidence, probabilities, what is sure, and the rivals with their files."""
    quantity = {name: round(value, 4) for name, value in judged.quantity.items()}
    kept = [judged.best, *rivals]
    files = [None, *(str(alternative_file(number)) for number in range(1, len(kept)))]
    candidates = [
        {
            "backend": "sparse" if judged.answers[i].source == "tracks" else "dense",
            "motion_model": judged.answers[i].model.name,
            "probability": round(share, 4),
            "file": file,
        }
        for i, share, file in zip(kept, _mass(judged, kept), files, strict=True)
    ]
    return {
        "confidence": quantity["all"],
        "probability": {name: quantity[name] for name in (*QUANTITY_NAMES, "rigid")},
        "sure": {name: quantity[name] >= SURE for name in QUANTITY_NAMES},
        "candidates": candidates,
    }


def _mass(judged: Judged, kept: list[int]) -> list[float]:
    """Probability of each kept motion, all answers that say the same taken together; they sum to 1."""
    first = float(judged.probability[judged.follows.all(1)].sum())
    rest = judged.probability[kept[1:]]
    shared = (1.0 - first) * rest / max(float(rest.sum()), 1e-12) if len(rest) else rest
    return [first if len(rest) else 1.0, *(float(each) for each in shared)]


def _alternative(answer: Answer, key: Int[np.ndarray, " k"], n: int) -> Alternative:
    """A rival's cameras of all frames, straight between the keyframes."""
    cameras = answer.cameras
    rotation, translation, zoom = between_keyframes(
        cameras.rotation, cameras.translation, np.log(cameras.focal_px / cameras.focal_px[0]), key, n
    )
    poses = FramePoses(
        rotation=rotation,
        translation=translation,
        focal_px=cameras.focal_px[0] * np.exp(zoom),
        depth=np.full(n, 1.0 / cameras.nearness if cameras.translates else 1.0),
        valid=np.ones(n, bool),
        reason=("",) * n,
        translates=cameras.translates,
        translation_bound=None if cameras.translates else float("inf"),
    )
    return Alternative(poses=poses, motion_model=answer.model.name)


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
