"""From weighed answers to what is told: probabilities, status and reason, rivals; and what makes less sure."""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sfm.confidence.evidence import Answer
from sfm.confidence.posterior import QUANTITY_NAMES, SURE, Judged, far_below, rests
from sfm.confidence.reason_words import with_probabilities
from sfm.confidence.turn_odds import turn_odds, turn_of
from sfm.motion.all_frames import between_keyframes
from sfm.motion.deviations import SIGMA_TIMES, lens_in_the_middle, with_deviations
from sfm.motion.jumps import jump, turns_at_once, zooms_at_once
from sfm.runs.saved import alternative_file
from sfm.types import Alternative, FramePoses, Solved, Status

LEAST_RIVAL, MOST_RIVALS = 0.03, 3
"""Other motions that are kept beside the answer: at least so probable, and so many."""
RESTS_BELOW = 0.2
"""Where a camera that travels leaves so much of what lies low in the picture infinitely far, its way is doubted."""
BETWEEN = 0.1
"""The same where so little of what it explains lies between one plane and infinity. On 41 real clips that travel it is
.36 and more, on rendered ones that were told rightly .19 and more, on six of twelve trains told wrongly up to .07."""
RESTS_IN_PLACE = 0.015
"""The same where so much of the content rests in the picture though a camera that turns would have it move."""
LEAST_GAIN = 0.08
"""A way is doubted where it explains less than this share of the content beyond what moves as one flat picture does. On
30 real clips that travel it is .12 and more, and .03 to .04 on photographs that are zoomed and panned over."""
DOUBTED = 0.3
"""Where its path jumps or what lies low rests, an answer is so much less probably right: a choice, since no clip that
was rendered jumps."""
OPPOSED = 0.7
"""The same for a zoom against the way: of 14 told so on clips of `hard-dev`, with .5 in the mean, 5 were right."""
HIDES, HIDDEN = (0.05, 0.08), 0.6
"""Where a way of so many scene depths could hide behind a camera that is told not to travel, that is less probably
right, from the first on little by little, from the second on by so much: what is told decides on moves there. All three
are choices."""
CLEAR_TURN = 0.5
"""Where the deviation of the turn makes its odds less than this, the reason says what it hangs on."""
LIKELY_OK = 0.5
"""An answer below this probability, rotation, translation and zoom together, is not "ok"."""


def told(solved: Solved, judged: Judged, time_s: Float[np.ndarray, " n"], keyframes: Int[np.ndarray, " k"]) -> Solved:
    """What was solved under the best answer, with its probabilities, its rivals, the status and the reason.

    Args:
        solved: every frame's pose, with deviations of its own fit.
        judged: the answers, weighed.
        time_s: of the frames.
        keyframes: at which the answers were compared.
    """
    poses = solved.poses
    if poses is not None:
        times = SIGMA_TIMES if judged.answer.source == "tracks" else 1.0  # flow counts no neighbour twice (`SHARED`)
        poses = lens_in_the_middle(poses, judged.lens.focal_px, times)
        poses = with_deviations(poses, judged.focal_apart_log)
    own = {
        "own_confidence": solved.statistics.get("confidence"),
        "focal_sigma_log": None if poses is None else poses.focal_sigma_log,
    }
    own |= {} if poses is None else {"focal_px": float(np.median(poses.focal_px))}
    solved, judged = doubted(replace(solved, poses=poses), judged, time_s)
    status, reason = verdict(solved, judged)
    rivals = judged.rivals(LEAST_RIVAL)[:MOST_RIVALS]
    said, cuts = said_of(judged, rivals), [] if poses is None else _cuts(poses, time_s)
    own |= {"jump_cuts": cuts} if cuts else {}
    return replace(
        solved,
        status=status,
        reason=reason,
        evidence={**solved.evidence, "status": status, **said},
        statistics={**solved.statistics, **said, **own},
        alternatives=tuple(
            _alternative(judged.answers[i], keyframes, len(time_s), _radial(judged, i, poses)) for i in rivals
        ),
    )


def _radial(judged: Judged, number: int, poses: FramePoses | None) -> float:
    """k1 of the lens of an answer: as that of the best one is to its κ; where that has none, -κ, to first order."""
    own, best = (judged.answers[i].cameras.undistortion for i in (number, judged.best))
    return own * poses.radial / best if poses is not None and best else -own


def _cuts(poses: FramePoses, time_s: Float[np.ndarray, " n"]) -> list[int]:
    """The frames before which the view turns or zooms at once."""
    return sorted({frame for frame, _ in (*turns_at_once(poses, time_s), *zooms_at_once(poses, time_s))})


def doubted(solved: Solved, judged: Judged, time_s: Float[np.ndarray, " n"]) -> tuple[Solved, Judged]:
    """Less sure of the way and with the reason where something speaks against it, of the turn by its deviation."""
    odds = 1.0 if solved.poses is None else turn_odds(solved.poses)
    judged = judged.with_odds(odds)
    found = doubt(solved, judged, time_s)
    if found is not None:
        factor, quantities, reason = found
        return replace(solved, status="unreliable", reason=reason), judged.times(factor, quantities)
    if odds < CLEAR_TURN and solved.poses is not None:
        reasons = [_why_unsure(solved.poses), solved.reason if solved.status == "unreliable" else ""]
        return replace(solved, status="unreliable", reason="; ".join(filter(None, reasons))), judged
    return solved, judged


def _why_unsure(poses: FramePoses) -> str:
    """Why a turn has a large deviation: for its lens, or because little is seen of it."""
    if poses.focal_sigma_log is None or poses.focal_sigma_log > 0.0:
        return "how far it turned hangs on a focal length that is hardly known; tell it with --focal"
    deviation = np.degrees(turn_of(poses)[1])
    return f"how far it turned is known to {deviation:.1f} degrees only, the focal length given: too little shows it"


def doubt(solved: Solved, judged: Judged, time_s: Float[np.ndarray, " n"]) -> tuple[float, tuple[str, ...], str] | None:
    """What speaks against the way, if anything: how much less probable it makes which quantities, and why."""
    turned = [] if solved.poses is None else turns_at_once(solved.poses, time_s)
    if turned:
        frame, degrees = max(turned, key=lambda each: each[1])
        reason = (
            f"the view turns by {degrees:.1f} degrees in one frame, before frame {frame}, which no camera does: a cut?"
        )
        return DOUBTED, ("rotation", "translation", "all"), reason
    zoomed = [] if solved.poses is None else zooms_at_once(solved.poses, time_s)
    if zoomed:
        frame, times = max(zoomed, key=lambda each: abs(np.log(each[1])))
        reason = f"all grows {times:.2f} times in one frame, before frame {frame}, which no lens does: a cut?"
        return DOUBTED, ("translation", "zoom", "all"), reason
    found = None if solved.poses is None else jump(solved.poses, time_s)
    if found is not None:
        frame, depths = found
        reason = f"the path jumps by {depths:.2f} scene depths before frame {frame}, which no camera does in one shot"
        return DOUBTED, ("translation", "all"), reason
    if rests(judged.seen)[judged.best] > RESTS_IN_PLACE:
        reason = (
            "a part of the picture rests while the view moves: the camera may rest and the sky, water or traffic move, "
            "or something may be laid over the picture; name with --mask what moves by itself"
        )
        way = ("translation",) if judged.answer.cameras.translates else ()
        return DOUBTED, ("rotation", *way, "zoom", "all"), reason
    if far_below(judged.seen)[judged.best] > RESTS_BELOW:
        reason = (
            "what lies low in the picture rests as if it were infinitely far: something may pass by a camera that "
            "rests, or ride along with it; name with --mask what moves by itself"
        )
        return DOUBTED, ("translation", "all"), reason
    if max(float(how.between[judged.best]) for how in judged.seen.values()) < BETWEEN:
        reason = (
            "all that is explained lies in one plane or infinitely far, and nothing between: something may slide by "
            "before a camera that rests; name with --mask what moves by itself"
        )
        return DOUBTED, ("translation", "all"), reason
    given = solved.poses is not None and solved.poses.focal_sigma_log == 0.0
    if judged.answer.cameras.translates and not given and _as_one_picture(judged):
        reason = (
            "all that is seen moves as one flat picture does: a photograph that is panned over, a very long lens, or "
            "a way before something flat, which --focal can tell"
        )
        return DOUBTED, ("translation", "zoom", "all"), reason
    if judged.turned or judged.features["facts"]["opposed"]:
        reason = "it zooms against its way, and the picture tells which way, but not how much of it is zoom"
        return OPPOSED, ("translation", "zoom", "all"), reason
    bound = None if solved.poses is None else solved.poses.translation_bound
    if bound is not None and bound > HIDES[0]:
        way = f"a way of {bound:.2f} scene depths" if bound < np.inf else "a way"
        reason = f"{way} would leave no trace; more or larger frames, or a focal length (--focal), may tell"
        return float(np.interp(bound, HIDES, (1.0, HIDDEN))), ("translation", "all"), reason
    return None


def _as_one_picture(judged: Judged) -> bool:
    """Whether a picture that is shifted, turned and scaled explains nearly as much as a camera that travels."""
    return all(float(how.share[judged.best]) - how.as_picture < LEAST_GAIN for how in judged.seen.values())


def verdict(solved: Solved, judged: Judged) -> tuple[Status, str]:
    """The status by the probabilities, and the reason in words."""
    if solved.status == "failed":
        return solved.status, solved.reason
    quantity = judged.quantity
    unsure = [name for name in ("rotation", "translation") if quantity[name] < SURE]
    if unsure or quantity["all"] < LIKELY_OK:
        known = with_probabilities({name: quantity[name] for name in QUANTITY_NAMES})
        why = f": {solved.reason}" if solved.status == "unreliable" else ""
        what = " and ".join(unsure) or "what is said of rotation, translation and zoom together"
        return "unreliable", f"{what} may be wrong{known}{why}"
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


def _alternative(answer: Answer, key: Int[np.ndarray, " k"], n: int, radial: float) -> Alternative:
    """A rival's cameras of all frames, straight between the keyframes."""
    cameras = answer.cameras
    rotation, translation, zoom = between_keyframes(
        cameras.rotation, cameras.translation, np.log(cameras.focal_px / cameras.focal_px[0]), key, np.arange(n)
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
        radial=radial,
    )
    return Alternative(poses=poses, motion_model=answer.model.name)
