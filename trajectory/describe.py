"""From a trajectory to what a cinematographer would call it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, final

from trajectory.decisions import Decision, Thresholds, decide, trust
from trajectory.model import Trajectory
from trajectory.primitives import Scores, TranslationUnit, authors
from trajectory.segments import Segment


@final
@dataclass(frozen=True, kw_only=True)
class DescribeConfig:
    """How to describe a trajectory.

    rule: "authors" (the rule of CameraBench's authors).
    thresholds: where a score becomes a yes.
    """

    rule: Literal["authors"] = "authors"
    thresholds: Thresholds = field(default_factory=Thresholds)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Description:
    """What the camera does, in numbers and in words. Every number is finite or None."""

    rule: str
    scores: Mapping[str, float | None]
    decisions: Mapping[str, Decision]
    segments: tuple[Segment, ...]
    sentence: str
    translation_unit: TranslationUnit
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON values; the first five keys are stable, others may be added."""
        return {
            "rule": self.rule,
            "scores": dict(self.scores),
            "decisions": {
                name: {"yes": d.yes, "margin": d.margin, "reliability": d.reliability}
                for name, d in self.decisions.items()
            },
            "segments": [
                {
                    "primitive": s.primitive,
                    "start_s": s.start_s,
                    "end_s": s.end_s,
                    "strength": s.strength,
                    "margin": s.margin,
                }
                for s in self.segments
            ],
            "sentence": self.sentence,
            "translation_unit": self.translation_unit,
            "notes": list(self.notes),
        }


def describe(trajectory: Trajectory, config: DescribeConfig | None = None) -> Description:
    """Scores, decisions, segments and a sentence for a trajectory."""
    config = config or DescribeConfig()
    scores: Scores = authors(trajectory, largest_bound=config.thresholds.depth_share)
    decisions = decide(scores, config.thresholds, trust(trajectory, scores.translation_unit))
    said = [name.replace("_", " ").lower() for name, d in decisions.items() if d.yes]
    return Description(
        rule=scores.rule,
        scores=scores.scores,
        decisions=decisions,
        segments=(),
        sentence=f"Camera motion: {', '.join(said) or 'none that is clear'}.",
        translation_unit=scores.translation_unit,
        notes=scores.notes,
    )
