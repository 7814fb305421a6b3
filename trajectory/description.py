"""From a trajectory to what a cinematographer would call it."""

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast, final

import numpy as np

from trajectory import best_estimates, caption, compound, minor, moves, segments, steadiness
from trajectory.candidates import CANDIDATES, Candidates, rivals_share
from trajectory.caption import Captions
from trajectory.certainty import QUANTITIES, RIGID, Certainty, certainty_of
from trajectory.components import CHANNELS, NAMES, Scores, TranslationUnit
from trajectory.compound import Compound
from trajectory.decisions import Decision, decide, hedged, trust
from trajectory.describe_config import DescribeConfig as DescribeConfig
from trajectory.errors import CinetrajError
from trajectory.gravity import Gravity, View, ground_displacement, known_gravity
from trajectory.image_motion import ImageMotion, image_motion
from trajectory.io import notes as said_of_file
from trajectory.likelihood import likelihood
from trajectory.minor import Minor
from trajectory.model import Trajectory, evidence_of, require_trajectory
from trajectory.panned_roll import explaining_pitch_deg, ways
from trajectory.primitives import apparent, authors
from trajectory.probabilities import MOVES
from trajectory.segments import Segment
from trajectory.steadiness import Speed, Steadiness
from trajectory.turns import Turned, turned_of

_PANNED = "gravity is not known, and so would pan a camera pitched by "
COUNTED = "times are frame numbers over an assumed rate"
TOO_FEW = "The motion is not known: fewer than two frames have a pose."


@final
@dataclass(frozen=True, kw_only=True)
class Ground:
    """Motion against the ground, where the first frame's pitch is known.

    Attributes:
        ahead, right, up: content displacement in image diagonals (without a scene depth: shares of the path length) of
            the move along the horizon in the heading of the first frame, and along gravity.
        view: "bird" and "worm" beyond 60 degrees of pitch, where ahead means the top (north) or bottom of the image.
    """

    ahead: float
    right: float
    up: float
    view: View
    pitch_deg: float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Description:
    """What the camera does, in numbers and in words. Every number is finite or None.

    Attributes:
        scores, decisions: by CameraBench split name.
        flagged: by split name, why a score is no more than the best estimate.
        certainty: what the estimator says of its own answer.
        minor: moves under the thresholds that are clearly more than noise.
        shake_diag: content shake, robust deviation in image diagonals.
        speed_diag_s: typical content speed while the camera moves, in image diagonals per second.
        minor_motion: there is motion, but none that reaches a threshold.
        doubted: what is told with "possibly" (`decisions.hedged`).
        moves: what tags name, in the camera's own axes: segments, and moves of the whole clip that are in none.
    """

    rule: str
    scores: Mapping[str, float | None]
    decisions: Mapping[str, Decision]
    segments: tuple[Segment, ...]
    captions: Captions
    translation_unit: TranslationUnit
    steadiness: Steadiness | None = None
    shake_diag: float | None = None
    speed: Speed | None = None
    speed_diag_s: float | None = None
    minor_motion: bool | None = None
    compound: Compound | None = None
    ground: Ground | None = None
    flagged: Mapping[str, str] = field(default_factory=dict[str, str])
    certainty: Certainty = field(default_factory=Certainty)
    minor: tuple[Minor, ...] = ()
    turned: Turned | None = None
    notes: tuple[str, ...] = ()
    moves: tuple[Segment, ...] = ()
    doubted: frozenset[str] = frozenset()

    @property
    def sentence(self) -> str:
        """The caption of medium length."""
        return self.captions.medium

    def to_json(self) -> dict[str, Any]:
        """JSON values; the first five keys are stable, others may be added."""
        found = self.compound
        named = moves.are_told(self.decisions, self.segments, self.translation_unit)
        return {
            "rule": self.rule,
            "scores": dict(self.scores),
            "decisions": {
                name: asdict(decision) | {"likelihood": likelihood(name, decision.margin, decision.probability)}
                for name, decision in self.decisions.items()
            },
            "segments": [asdict(each) | {"told": told} for each, told in zip(self.segments, named, strict=True)],
            "sentence": self.sentence,
            "captions": self.captions.to_json(),
            "translation_unit": self.translation_unit,
            "steadiness": {"level": self.steadiness, "shake_diag": self.shake_diag},
            "speed": {"level": self.speed, "diag_per_s": self.speed_diag_s},
            "minor_motion": self.minor_motion,
            "compound": None
            if found is None
            else {
                "arc": None if found.arc is None else asdict(found.arc),
                "crane": None if found.crane is None else asdict(found.crane),
                "dolly_zoom": found.dolly_zoom,
                "around_diag": found.around_diag,
                "over_diag": found.over_diag,
            },
            "ground": None if self.ground is None else asdict(self.ground),
            "flagged": dict(self.flagged),
            "sure": {name: self.certainty.sure.get(name) for name in QUANTITIES},
            "probability": {name: self.certainty.probability.get(name) for name in (*QUANTITIES, RIGID)},
            "certainty": self.certainty.words(),
            "minor": [asdict(each) for each in self.minor],
            "turned": None if self.turned is None else self.turned.to_json(),
            "notes": list(self.notes),
        }


def _checked(trajectory: Any, config: Any, candidates: Any) -> DescribeConfig:
    """The config or the defaults, if all arguments are what they may be."""
    require_trajectory(trajectory)
    if config is not None and not isinstance(config, DescribeConfig):
        raise CinetrajError(
            f"config is of type {type(config).__name__}, expected trajectory.DescribeConfig; settings go into it by "
            "name, as in trajectory.DescribeConfig(rule='authors')"
        )
    if candidates is not None and not isinstance(candidates, Candidates):
        raise CinetrajError(
            f"candidates is of type {type(candidates).__name__}, expected what trajectory.candidates_beside(path, "
            "'runs/clip') gives, or .candidates of a shot of an estimate"
        )
    return config or DescribeConfig()


def describe(
    trajectory: Trajectory, config: DescribeConfig | None = None, *, candidates: Candidates | None = None
) -> Description:
    """Scores, decisions, segments and a sentence for a trajectory.

    Scores follow the rule of the config; segments, steadiness, speed, compounds and the sentence always come from
    the content displacement. A trajectory with fewer than two valid frames is described as not known.

    Args:
        candidates: other answers that the estimator held for possible (`trajectory.candidates.candidates_beside`).
            Scores that are flagged are means over all of them, and they share the probability that this one leaves.

    Raises:
        CinetrajError: an argument is of another type.
    """
    config = _checked(trajectory, config, candidates)
    limits = config.thresholds
    if int(trajectory.valid.sum()) < 2:
        return _unknown(config, trajectory)
    gravity = known_gravity(trajectory)
    if config.pitch_deg is not None:
        gravity = Gravity(pitch_deg=config.pitch_deg, roll_deg=config.roll_deg)
    certainty = certainty_of(trajectory)
    seen = _seen(trajectory, config, gravity)
    seen_limits = limits.channels("apparent", seen.unit)
    still = max(limits.static_diag, 3.0 * seen.noise_diag)
    panned = _panned(seen, float(seen_limits[5])) if gravity is None else ""
    told = _told(trajectory, seen, config, panned, _others(trajectory, candidates, config, gravity))
    decisions = told.decisions

    parts = steadiness.split(seen, config.steadiness)
    static = decisions["Static"].yes is True
    pace = None if static else steadiness.speed(parts, seen)
    word = None if pace is None else steadiness.name_speed(*pace, config.steadiness)
    if seen.unit == "scene_depth":
        span_limits = limits.raised(seen_limits, np.ptp(seen.shift, axis=0))
    else:
        span_limits = segments.limits_of_reach(parts, seen_limits)
    spans = segments.find(parts, span_limits, still=still, config=config.segments)
    holds_s = [(span.start_s, span.end_s) for span in spans if span.primitive == "Static"]
    level, shake_diag = steadiness.level(parts, seen, holds_s, static=static, config=config.steadiness)
    named = compound.find(seen, seen_limits, config.compound, gravity=gravity)
    small = minor.find(trajectory, seen, seen_limits, decisions, spans, still_diag=limits.static_diag)
    moving = any(decisions[name].yes for name in NAMES if name != "Static") or any(
        span.primitive != "Static" for span in spans
    )
    in_own_axes = moves.in_camera_axes(decisions, spans, seen, seen_limits)
    turned = turned_of(seen.turns, by_camera=config.rule == "authors")
    doubted = hedged(decisions, certainty, told.doubts)
    return Description(
        rule=config.rule,
        scores=told.numbers,
        decisions=decisions,
        segments=spans,
        captions=caption.captions(
            seen,
            decisions,
            spans,
            named,
            manner=(level, word),
            certainty=certainty,
            doubted=doubted,
            minor=small,
            turned=turned,
            counted_fps=config.assumed_fps if trajectory.time_source == "index" else None,
            shown=in_own_axes,
        ),
        translation_unit=told.scores.translation_unit,
        steadiness=level,
        shake_diag=shake_diag,
        speed=word,
        speed_diag_s=None if pace is None else pace[0],
        minor_motion=None if decisions["Static"].yes is None else not static and not moving,
        compound=named,
        ground=None if gravity is None else _ground(seen, gravity),
        flagged=told.flagged,
        certainty=certainty,
        minor=small,
        turned=turned,
        notes=_notes(told.scores, seen, trajectory, candidates),
        moves=in_own_axes,
        doubted=doubted,
    )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Told:
    """Scores of the rule, the numbers written for them, why some are flagged, and the decisions."""

    scores: Scores
    numbers: Mapping[str, float | None]
    flagged: Mapping[str, str]
    decisions: Mapping[str, Decision]
    doubts: Mapping[str, str]


def _told(
    trajectory: Trajectory,
    seen: ImageMotion,
    config: DescribeConfig,
    panned: str,
    others: tuple[float, list[tuple[float, Trajectory, ImageMotion]] | None],
) -> _Told:
    limits = config.thresholds
    scores = _scores(trajectory, seen, config)
    rolls = ways(seen.shift[:, 5], float(limits.channels("apparent", seen.unit)[5]))
    scored = CHANNELS[5][0 if scores.best[CHANNELS[5][0]] > 0 else 1]
    rolled = {scored, *itertools.compress(CHANNELS[5], rolls)}
    doubts = {name: panned for name in CHANNELS[5] if panned and name in rolled}
    weight, candidates = others
    known = [(share, _scores(each, there, config), there) for share, each, there in candidates or ()]
    flagged = {**doubts, **best_estimates.flags(scores, certainty_of(trajectory))}
    mean = best_estimates.mean_scores(scores, weight, [(share, there) for share, there, _ in known])
    trusted = dict.fromkeys(NAMES, 1.0)  # what a candidate tells counts by its own probability
    answers = [
        (share, {name: d.yes for name, d in decide(there, limits, trusted, noise_diag=view.noise_diag).items()})
        for share, there, view in known
    ]
    if candidates is not None and (unheard := rivals_share(trajectory) - sum(share for share, _ in answers)) > 1e-6:
        answers.append((unheard, dict.fromkeys(NAMES)))  # not at hand, or without poses: it speaks for nothing
    reliability = trust(trajectory, scores.translation_unit)
    reliability |= {name: 0.5 * reliability[name] for name in doubts}
    decisions = decide(
        scores,
        limits,
        reliability,
        noise_diag=seen.noise_diag,
        others=None if candidates is None else answers,
        spread=minor.spread_of_scores(trajectory, seen) if config.rule == "apparent" else None,
        guesses=mean if config.unknown == "number" else None,
    )
    for name in doubts:  # what every answer has in the same way no other answer makes surer
        decisions[name] = replace(decisions[name], probability=min(decisions[name].probability, reliability[name]))
    numbers = best_estimates.with_estimates(scores, flagged, mean, config.unknown)
    return _Told(scores=scores, numbers=numbers, flagged=flagged, decisions=decisions, doubts=doubts)


def _seen(trajectory: Trajectory, config: DescribeConfig, gravity: Gravity | None) -> ImageMotion:
    return image_motion(
        trajectory, assumed_fov_deg=config.assumed_fov_deg, index_fps=config.assumed_fps, gravity=gravity
    )


def _scores(trajectory: Trajectory, seen: ImageMotion, config: DescribeConfig) -> Scores:
    limits = config.thresholds
    if config.rule == "authors":
        return authors(trajectory, largest_bound=limits.depth_share, still_share=limits.static_share)
    still = max(limits.static_diag, 3.0 * seen.noise_diag)
    return apparent(seen, limits.channels("apparent", seen.unit), extent=config.extent, still_diag=still)


def _others(
    trajectory: Trajectory, candidates: Candidates | None, config: DescribeConfig, gravity: Gravity | None
) -> tuple[float, list[tuple[float, Trajectory, ImageMotion]] | None]:
    """Probability of the trajectory itself; probability, path and content displacement of each other candidate, None
    where its estimator does not say whether there are any."""
    if candidates is None or not (candidates.others or evidence_of(trajectory).get(CANDIDATES) is not None):
        return 1.0, None
    usable = [(share, each) for share, each in candidates.others if int(each.valid.sum()) >= 2]
    return candidates.own, [(share, each, _seen(each, config, gravity)) for share, each in usable]


def _panned(seen: ImageMotion, limit_diag: float) -> str:
    """Why the roll that is told may be the pan of a pitched camera, where it may."""
    pitch_deg = explaining_pitch_deg(seen.moved, limit_diag / float(seen.weight[5]))
    return "" if pitch_deg is None else f"{_PANNED}{pitch_deg:+.0f}°"


def _ground(seen: ImageMotion, gravity: Gravity) -> Ground:
    unit = 1.0 if seen.moved.depth is None else seen.nearness * float(np.median(seen.moved.depth))
    if seen.unit == "path_length":
        unit = seen.moved.path_length if seen.shift[:, :3].any() else np.inf
    right, down, ahead = (ground_displacement(seen.moved, gravity) / unit).tolist()
    # Weights of the camera's own axes: a level camera gives the same numbers as its scores.
    return Ground(
        ahead=ahead * float(seen.weight[2]),
        right=right * float(seen.weight[0]),
        up=-down * float(seen.weight[1]) + 0.0,
        view=gravity.view,
        pitch_deg=gravity.pitch_deg,
    )


def _notes(scores: Scores, seen: ImageMotion, trajectory: Trajectory, candidates: Candidates | None) -> tuple[str, ...]:
    notes = list(dict.fromkeys((*scores.notes, *seen.notes)))
    if scores.rule != "apparent":
        notes.append(f"the sentence, captions and tags follow the displacement in the picture, the table {scores.rule}")
    if trajectory.time_source == "index":
        notes.append(f"{COUNTED}: speed, shake and segment times depend on it")
    notes += said_of_file(trajectory)
    for item in cast("list[Any]", evidence_of(trajectory).get("ambiguous") or []):
        notes.append(f"the estimator could not rule out: {str(item).replace('_', ' ')}")
    if candidates is None and len(evidence_of(trajectory).get(CANDIDATES) or ()) > 1:
        notes.append("scores and probabilities leave out what the other answers of its run tell (`candidates`)")
    if candidates is not None and candidates.missing:
        notes.append(f"{', '.join(candidates.missing)}: not beside the file; what they tell is not counted")
    return tuple(notes)


def _unknown(config: DescribeConfig, trajectory: Trajectory) -> Description:
    return Description(
        rule=config.rule,
        scores=dict.fromkeys(NAMES),
        decisions={name: Decision(yes=None, margin=None, reliability=0.0, probability=MOVES) for name in NAMES},
        segments=(),
        captions=caption.unknown(TOO_FEW),
        translation_unit="scene_depth",
        flagged=dict.fromkeys(NAMES, best_estimates.NOT_KNOWN),
        certainty=certainty_of(trajectory),
        notes=("fewer than two valid frames: no motion is known",),
    )
