"""From scores to yes or no: thresholds, margins, how far to trust an answer, how probable a motion is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast, final

import numpy as np
from jaxtyping import Float

from trajectory.certainty import SURE, Certainty, certainty_of
from trajectory.components import CHANNEL_OF, NAMES, ROTATION, TRANSLATION, ZOOM, Scores, TranslationUnit, opposite
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory, evidence_of
from trajectory.normal_distribution import below
from trajectory.probabilities import MOVES, Answers, probabilities

_LATERAL = (0, 1, 3, 4)
_MOVES = tuple(name for name in NAMES if name.startswith("Move"))
_ZOOMS = tuple(name for name in NAMES if name.startswith("Zoom"))
NEAR = 0.25
"""A move that is told is near its threshold where it is less than one with this probability."""
_STATUS_TRUST = {"ok": 1.0, "partial": 0.8, "unreliable": 0.3, "failed": 0.0}


@final
@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """How much of a primitive an observer calls that motion; "diag" is the image diagonal.

    Attributes:
        lateral_diag: content shift of a pan, tilt, truck or pedestal (rule apparent). 0.04 is 29 px of a 640x360 frame,
            about 3 degrees of pan at a field of view of 55 degrees: less is what CameraBench sets aside as minor
            motion.
        radial_diag: content expansion of a zoom or a move along the optical axis (rule apparent). 0.015 is a change of
            apparent size of about 6 %, where growth begins to be seen without comparing the first and last frame.
        roll_diag: content rotation of a roll (rule apparent). 0.015 is about 3.5 degrees of a horizon, twice what
            handheld framing leaves by accident.
        static_diag: largest content shift by which a camera still counts as fixed (rule apparent). 0.005 is under 4 px
            of a 640x360 frame; three times the clip's own noise where that is more.
        path_share: share of the path length that a translation component must reach where no scene depth is known (both
            rules): a component below it lies more than 75 degrees off the direction of travel.
        aside_share: share of the rest of the translation that a component must reach where the depth is known (both
            rules): a camera that travels far is never aimed better than a few degrees, and 0.15 is 9 degrees.
        angle_deg: pan, tilt and roll (rule authors): the same 3 degrees.
        depth_share: translation in units of scene depth (rule authors): 5 % of it shifts content by about 0.04
            diagonals.
        zoom_ratio: change of the focal ratio (rule authors): the same 6 % of apparent size.
        static_share: largest component (angles over 180 degrees) by which a camera still counts as fixed (rule
            authors).
    """

    lateral_diag: float = 0.04
    radial_diag: float = 0.015
    roll_diag: float = 0.015
    static_diag: float = 0.005
    path_share: float = 0.25
    aside_share: float = 0.15
    angle_deg: float = 3.0
    depth_share: float = 0.05
    zoom_ratio: float = 0.06
    static_share: float = 0.01

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, str) or value is None or not 0.0 < value < np.inf:
                raise CinetrajError(f"threshold {each.name} is {value!r}, expected a number above 0")

    def channels(self, rule: str, unit: TranslationUnit) -> Float[np.ndarray, " 7"]:
        """Threshold of each signed component, in the units of the rule."""
        limit = np.full(7, self.radial_diag)
        if rule == "authors":
            limit[TRANSLATION] = self.depth_share
            limit[ROTATION] = self.angle_deg
            limit[ZOOM] = self.zoom_ratio
        else:
            limit[list(_LATERAL)] = self.lateral_diag
            limit[5] = self.roll_diag
        if unit == "path_length":
            limit[TRANSLATION] = self.path_share
        return limit

    def raised(self, limits: Float[np.ndarray, " 7"], channels: Float[np.ndarray, " 7"]) -> Float[np.ndarray, " 7"]:
        """Limits with those of the translation raised to `aside_share` of its two other components.

        Components are compared as multiples of their limits, which stand for nearly equal parallax.
        """
        size = np.nan_to_num(channels[TRANSLATION] / limits[TRANSLATION])
        others = np.sqrt(np.maximum(0.0, float(size @ size) - size**2))
        found = limits.copy()
        found[TRANSLATION] *= np.maximum(1.0, self.aside_share * others)
        return found


@final
@dataclass(frozen=True, kw_only=True)
class Decision:
    """An answer about one primitive.

    Attributes:
        yes: None where the motion is not known.
        margin: score over threshold minus 1 (Static: 1 minus motion over threshold): 0 at the threshold, positive for
            yes. Where the motion is not known, that of the best estimate, or None.
        reliability: 0..1, how far the poses behind the answer can be trusted; independent of the margin.
        probability: that the motion happens (see `trajectory.probabilities`); where nothing is known, how often
            cameras move so.
        beyond: how probable it is that the amount lies on the other side of the threshold although the answer is right.
    """

    yes: bool | None
    margin: float | None
    reliability: float
    probability: float
    beyond: float = 0.0

    @property
    def trust(self) -> float:
        """How probably what is shown of it is right: that the whole moves so, or else what is told of its quantity."""
        return self.probability if self.yes else self.reliability


def decide(
    scores: Scores,
    thresholds: Thresholds,
    trust: Mapping[str, float],
    *,
    noise_diag: float = 0.0,
    others: Sequence[tuple[float, Answers]] | None = None,
    spread: Float[np.ndarray, " 7"] | None = None,
    guesses: Mapping[str, float] | None = None,
) -> dict[str, Decision]:
    """A decision for each primitive, from its score, its threshold and the trust in its component.

    Args:
        others: weight and answers of other candidates, which share the probability that this one leaves; None where
            nobody looked for others.
        spread: standard deviations of the components, in the units of the rule: amounts near a threshold may lie on
            the other side of it.
        guesses: best estimates; those of scores that are not known give their margins.
    """
    limit = thresholds.channels(scores.rule, scores.translation_unit)
    if scores.translation_unit == "scene_depth":
        limit = thresholds.raised(limit, scores.channels)
    still = thresholds.static_share if scores.rule == "authors" else max(thresholds.static_diag, 3.0 * noise_diag)

    def margin_of(name: str, score: float) -> float:
        return 1.0 + score / still if name == "Static" else score / float(limit[CHANNEL_OF[name][0]]) - 1.0

    margins = {name: None if score is None else margin_of(name, score) for name, score in scores.scores.items()}
    answers = {name: None if margin is None else margin >= 0.0 for name, margin in margins.items()}
    beyond = {} if spread is None else _crossing(margins, limit, still, spread)
    likely = probabilities(answers, trust, others, beyond)
    found: dict[str, Decision] = {}
    for name in NAMES:
        margin, reliability = margins[name], trust[name]
        if margin is None:
            reliability = 0.0
            margin = None if guesses is None or name not in guesses else margin_of(name, guesses[name])
        found[name] = Decision(
            yes=answers[name],
            margin=margin,
            reliability=reliability,
            probability=likely[name],
            beyond=beyond.get(name, 0.0),
        )
    return found


def near_threshold(decisions: Mapping[str, Decision]) -> frozenset[str]:
    """Moves that are told and may well be less than one, though what is told of their quantity is right (`NEAR`)."""
    return frozenset(
        name for name, decision in decisions.items() if decision.yes and name in CHANNEL_OF and decision.beyond > NEAR
    )


def hedged(decisions: Mapping[str, Decision], certainty: Certainty, doubts: Collection[str]) -> frozenset[str]:
    """Primitives that are not told without a doubt.

    Those that are near their threshold, and those of a quantity that is not sure, but for moves that are probable all
    the same (`SURE`): all that is possible moves so, and it is the amount that may be wrong. That asks for an estimator
    that tells how probable a quantity is, and not only that it is not sure.

    Args:
        doubts: what is doubted besides.
    """

    def unsure(name: str) -> bool:
        weighed = name in CHANNEL_OF and certainty.of(name) is not None
        probable = weighed and decisions[name].yes and decisions[name].probability >= SURE
        return certainty.groundless or (certainty.doubted(name) and not probable)

    return near_threshold(decisions) | frozenset(doubts) | frozenset(filter(unsure, NAMES))


def outweighed(decisions: Mapping[str, Decision]) -> frozenset[str]:
    """Moves that are told although the opposite one is more probable, and more than where nothing is known."""

    def against(name: str) -> float:
        return decisions[opposite(name)].probability

    return frozenset(
        name
        for name, decision in decisions.items()
        if decision.yes and name in CHANNEL_OF and against(name) > max(decision.probability, MOVES)
    )


def _crossing(
    margins: Mapping[str, float | None], limit: Float[np.ndarray, " 7"], still: float, spread: Float[np.ndarray, " 7"]
) -> dict[str, float]:
    """How probable it is that each amount lies beyond its threshold, seen from where it is told to be.

    Whether a camera is static hangs on the component that moves most.
    """
    known = {name: margin for name, margin in margins.items() if margin is not None}
    channel = {name: CHANNEL_OF[name][0] for name in known if name in CHANNEL_OF}
    amount = {name: (1.0 + known[name]) * float(limit[at]) for name, at in channel.items()}
    away = {name: abs(known[name]) * float(limit[at]) for name, at in channel.items()}
    if "Static" in known and channel:
        channel["Static"] = channel[max(amount, key=amount.__getitem__)]
        away["Static"] = abs(known["Static"]) * still
    sigma = {name: float(spread[at]) for name, at in channel.items()}
    return {name: below(-away[name] / sigma[name]) for name in channel if sigma[name] > 0.0}


def trust(trajectory: Trajectory, unit: TranslationUnit, *, depth_limit: float = 0.05) -> dict[str, float]:
    """How far each primitive of a trajectory can be trusted, 0..1.

    The share of valid frames (and of the clip between the first and the last of them), times the estimator's own
    probability of the quantity that the primitive rests on (`Certainty.of`). Translation without a scene depth counts
    half, zoom without intrinsics nothing.

    Without such a probability: times the estimator's confidence and status; zoom and moves along the axis half where
    the estimator could not tell them apart; a translation that is only bounded loses the part of the threshold that
    the bound could hide.
    """
    told = _by_status(trajectory, depth_limit)
    certainty = certainty_of(trajectory)
    for name in NAMES:
        probability = certainty.of(name)
        told[name] = told[name] if probability is None else probability
    covered = _coverage(trajectory)
    factor = {name: covered * told[name] for name in NAMES}
    if unit == "path_length" and not (trajectory.scale == "bounded" and trajectory.translation_bound is not None):
        for name in (*_MOVES, "Static"):
            factor[name] *= 0.5
    if trajectory.intrinsics_px is None:
        for name in _ZOOMS:
            factor[name] = 0.0
    return factor


def _by_status(trajectory: Trajectory, depth_limit: float) -> dict[str, float]:
    """What confidence, status and doubts of the estimator leave of each primitive, where it gives no probabilities."""
    evidence = evidence_of(trajectory)
    base = _unit(evidence.get("confidence")) * _STATUS_TRUST.get(str(evidence.get("status")), 1.0)
    factor = dict.fromkeys(NAMES, base)
    if trajectory.scale == "bounded" and trajectory.translation_bound is not None:
        hidden = min(1.0, trajectory.translation_bound / depth_limit)
        for name in _MOVES:
            factor[name] *= 1.0 - 0.5 * hidden
    ambiguous = evidence.get("ambiguous")
    if isinstance(ambiguous, list | tuple) and any("zoom" in str(item) for item in cast("list[Any]", ambiguous)):
        for name in (*_ZOOMS, "Move_In", "Move_Out"):
            factor[name] *= 0.5
    return factor


def _coverage(trajectory: Trajectory) -> float:
    """Share of the frames that have a pose, times the share of the time that lies between the first and the last."""
    seen = np.flatnonzero(trajectory.valid)
    if len(seen) < 2:
        return 0.0
    time_s = trajectory.time_s
    span = float((time_s[seen[-1]] - time_s[seen[0]]) / (time_s[-1] - time_s[0]))
    return float(trajectory.valid.mean()) * span


def _unit(value: object) -> float:
    """A confidence as a number in 0..1; 1 where none is given."""
    if isinstance(value, int | float) and np.isfinite(value):
        return float(min(1.0, max(0.0, value)))
    return 1.0
