"""From a trajectory to what a cinematographer would call it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast, final

import numpy as np

from trajectory import caption, compound, segments, steadiness
from trajectory.components import NAMES, Scores, TranslationUnit, evidence_of
from trajectory.compound import Compound, CompoundConfig
from trajectory.decisions import Decision, Thresholds, decide, trust
from trajectory.errors import CinetrajError
from trajectory.gravity import Gravity, View, ground_displacement, known_gravity
from trajectory.image_motion import ImageMotion, image_motion
from trajectory.io import notes as said_of_file
from trajectory.kinematics import INDEX_FPS
from trajectory.model import Trajectory
from trajectory.primitives import Extent, apparent, authors
from trajectory.segments import Segment, SegmentConfig
from trajectory.steadiness import Speed, Steadiness, SteadinessConfig

TOO_FEW = "The motion is not known: fewer than two frames have a pose."


@final
@dataclass(frozen=True, kw_only=True)
class DescribeConfig:
    """How to describe a trajectory.

    Attributes:
        rule: "apparent" (content displacement in image diagonals) or "authors" (CameraBench's own scoring).
        extent: rule apparent: "endpoint" (last frame against the first) or "path" (summed along the way).
        assumed_fov_deg: field of view along the longer side where the trajectory has no intrinsics.
        assumed_fps: frame rate where the trajectory only counts frames.
        pitch_deg, roll_deg: attitude of the first frame (up and clockwise positive), where known; else the
            provenance's.
    """

    rule: Literal["apparent", "authors"] = "apparent"
    extent: Extent = "endpoint"
    thresholds: Thresholds = field(default_factory=Thresholds)
    steadiness: SteadinessConfig = field(default_factory=SteadinessConfig)
    segments: SegmentConfig = field(default_factory=SegmentConfig)
    compound: CompoundConfig = field(default_factory=CompoundConfig)
    assumed_fov_deg: float = 55.0
    assumed_fps: float = INDEX_FPS
    pitch_deg: float | None = None
    roll_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 1.0 <= self.assumed_fov_deg <= 170.0:
            raise CinetrajError(f"assumed_fov_deg is {self.assumed_fov_deg}, expected 1..170")
        if not 0.0 < self.assumed_fps < np.inf:
            raise CinetrajError(f"assumed_fps is {self.assumed_fps}, expected a positive number")


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
        shake_diag: content shake, robust deviation in image diagonals.
        speed_diag_s: typical content speed while the camera moves, in image diagonals per second.
        minor_motion: there is motion, but none that reaches a threshold.
    """

    rule: str
    scores: Mapping[str, float | None]
    decisions: Mapping[str, Decision]
    segments: tuple[Segment, ...]
    sentence: str
    translation_unit: TranslationUnit
    steadiness: Steadiness | None = None
    shake_diag: float | None = None
    speed: Speed | None = None
    speed_diag_s: float | None = None
    minor_motion: bool | None = None
    compound: Compound | None = None
    ground: Ground | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON values; the first five keys are stable, others may be added."""
        found = self.compound
        return {
            "rule": self.rule,
            "scores": dict(self.scores),
            "decisions": {name: asdict(decision) for name, decision in self.decisions.items()},
            "segments": [asdict(segment) for segment in self.segments],
            "sentence": self.sentence,
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
            "notes": list(self.notes),
        }


def describe(trajectory: Trajectory, config: DescribeConfig | None = None) -> Description:
    """Scores, decisions, segments and a sentence for a trajectory.

    Scores follow the rule of the config; segments, steadiness, speed, compounds and the sentence always come from
    the content displacement. A trajectory with fewer than two valid frames is described as not known.
    """
    config = config or DescribeConfig()
    limits = config.thresholds
    if int(trajectory.valid.sum()) < 2:
        return _unknown(config)
    gravity = known_gravity(trajectory)
    if config.pitch_deg is not None:
        gravity = Gravity(pitch_deg=config.pitch_deg, roll_deg=config.roll_deg)
    seen = image_motion(
        trajectory, assumed_fov_deg=config.assumed_fov_deg, index_fps=config.assumed_fps, gravity=gravity
    )
    seen_limits = limits.channels("apparent", seen.unit)
    still = max(limits.static_diag, 3.0 * seen.noise_diag)
    scores = (
        authors(trajectory, largest_bound=limits.depth_share)
        if config.rule == "authors"
        else apparent(seen, seen_limits, extent=config.extent, still_diag=still)
    )
    decisions = decide(scores, limits, trust(trajectory, scores.translation_unit), noise_diag=seen.noise_diag)

    parts = steadiness.split(seen, config.steadiness)
    shake_diag = steadiness.shake(parts, seen)
    static = decisions["Static"].yes is True
    level = steadiness.name_steadiness(shake_diag, static, config.steadiness)
    pace = None if static else steadiness.speed(parts, seen)
    word = None if pace is None else steadiness.name_speed(*pace, config.steadiness)
    reach = np.ptp(seen.shift, axis=0)
    span_limits = limits.raised(seen_limits, reach) if seen.unit == "scene_depth" else seen_limits
    spans = segments.find(parts, span_limits, still=still, config=config.segments)
    named = compound.find(seen, seen_limits, config.compound)
    moving = any(decisions[name].yes for name in NAMES if name != "Static") or any(
        span.primitive != "Static" for span in spans
    )
    return Description(
        rule=scores.rule,
        scores=scores.scores,
        decisions=decisions,
        segments=spans,
        sentence=caption.sentence(seen, decisions, spans, named, steadiness=level, speed=word),
        translation_unit=scores.translation_unit,
        steadiness=level,
        shake_diag=shake_diag,
        speed=word,
        speed_diag_s=None if pace is None else pace[0],
        minor_motion=None if decisions["Static"].yes is None else not static and not moving,
        compound=named,
        ground=None if gravity is None else _ground(seen, gravity),
        notes=_notes(scores, seen, trajectory),
    )


def _ground(seen: ImageMotion, gravity: Gravity) -> Ground:
    unit = 1.0 if seen.moved.depth is None else float(np.median(seen.moved.depth))
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


def _notes(scores: Scores, seen: ImageMotion, trajectory: Trajectory) -> tuple[str, ...]:
    notes = list(dict.fromkeys((*scores.notes, *seen.notes)))
    if trajectory.time_source == "index":
        notes.append("times are frame numbers over an assumed rate: speed, shake and segment times depend on it")
    notes += said_of_file(trajectory)
    for item in cast("list[Any]", evidence_of(trajectory).get("ambiguous") or []):
        notes.append(f"the estimator could not rule out: {str(item).replace('_', ' ')}")
    return tuple(notes)


def _unknown(config: DescribeConfig) -> Description:
    return Description(
        rule=config.rule,
        scores=dict.fromkeys(NAMES),
        decisions={name: Decision(yes=None, margin=None, reliability=0.0) for name in NAMES},
        segments=(),
        sentence=TOO_FEW,
        translation_unit="scene_depth",
        notes=("fewer than two valid frames: no motion is known",),
    )
