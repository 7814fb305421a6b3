"""The values that scoring makes, apart from the acts that make them: one metric, one pair, one row of the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float

Better = Literal["lower", "higher", "one", "zero"]
"""Which values of a metric are good: low, high, or near one or zero."""
Fault = Literal["", "model", "instrument", "unmatched"]
"""Whose failure a row without scores is: model (not delivered, unreadable, cut short, nothing rigid in it), instrument
(the reference or the generated clip could not be determined, or they cannot be compared), unmatched (there is no
reference of that name). "" where there are scores."""
FAULTS: tuple[Fault, ...] = ("model", "instrument", "unmatched")
ROW_FACTS = ("compared", "undetermined", "speed_ratio", "durations", "frames")
"""Facts of a pair that stand in every row: the share of the reference's time that is compared; the share for which we
have no pose of the generated clip, which is charged to nobody; duration of the reference over that of the generated
clip (how much faster its camera runs where progress is compared); both durations and numbers of frames."""
Axis = Literal["seconds", "frames", "progress"]
"""What the points of comparison are counted in."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Score:
    """One metric of one pair.

    Attributes:
        name: of the metric.
        value: None where it is undefined, and then `undefined` says why.
        unit: of the value.
        better: lower, higher, or closest to one or to zero.
        per_frame: (k,) the error at each point of comparison, NaN where it has none.
        coverage: share of the points that entered the value.
        worst: what a point without a pose is charged; None where no worst value exists.
        undefined: why there is no value; "" where there is one.
        interval: 5 and 95 % of the value over the posterior of the pair, of which the value is then the median; None
            where nothing is known of how far the estimates may be off.
    """

    name: str
    value: float | None
    unit: str
    better: Better = "lower"
    per_frame: Float[np.ndarray, " k"] | None = None
    coverage: float = 1.0
    worst: float | None = None
    undefined: str = ""
    interval: tuple[float, float] | None = None


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Aligned:
    """What the report draws: both paths in the gauge and scale in which they were compared.

    Attributes:
        axis: what the points of comparison are counted in.
        axis_value: (k,) the points, in the unit of the axis.
        reference: (k, 4, 4) camera-to-world in OpenCV axes.
        generated: (k, 4, 4) the same of the generated clip.
    """

    axis: Axis
    axis_value: Float[np.ndarray, " k"]
    reference: Float[np.ndarray, "k 4 4"]
    generated: Float[np.ndarray, "k 4 4"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class PairScores:
    """The scores of one pair.

    Attributes:
        charged: by metric, with points without a pose at their worst value.
        dropped: by metric, without those points.
        notes: what a reader must know of this pair.
        facts: how the pair was compared, as JSON values.
        aligned: what a report draws; None where the method does not lay the paths on each other.
    """

    charged: Mapping[str, Score]
    dropped: Mapping[str, Score]
    notes: tuple[str, ...]
    facts: Mapping[str, Any]
    aligned: Aligned | None = None


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Detail:
    """What a report draws of one pair, beyond its numbers.

    Attributes:
        aligned: the paths as they were compared.
        moves: of the reference and of the generated clip: "sentence" and "segments".
        sources: the videos that they come from, or the files; "" where not known.
    """

    aligned: Aligned | None
    moves: tuple[Mapping[str, Any], Mapping[str, Any]]
    sources: tuple[str, str]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ClipScores:
    """One row of the table: its scores, or why it has none.

    Attributes:
        name: of the pair.
        scores: by metric, under the protocol's failure policy.
        charged: by metric, with points without a pose at their worst value.
        dropped: by metric, without those points.
        failed: why the clip counts as failed; an unreliable one has scores all the same, which enter no mean.
        fault: whose failure it is; only the model's own are charged to it.
        spared: metrics that the reference does not have, of which a clip that failed is charged nothing.
        notes: what a reader must know of this clip.
        facts: how the pair was compared, as JSON values.
        estimators: who made the reference and the generated trajectory, where their files say so.
        detail: what a report draws, if it was asked for.
    """

    name: str
    scores: Mapping[str, Score] = field(default_factory=dict[str, Score])
    charged: Mapping[str, Score] = field(default_factory=dict[str, Score])
    dropped: Mapping[str, Score] = field(default_factory=dict[str, Score])
    failed: str = ""
    fault: Fault = ""
    spared: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    estimators: tuple[str, str] = ("", "")
    detail: Detail | None = None

    def to_json(self) -> dict[str, Any]:
        """Metric to number, or to {"undefined": reason}; {"failed": reason} for a clip without scores."""
        if self.failed:
            return {"failed": self.failed}
        return {name: {"undefined": s.undefined} if s.value is None else s.value for name, s in self.scores.items()}

    def row_json(self) -> dict[str, Any]:
        """What else is told of the row: whose fault it is, how much was compared, the intervals; JSON values."""
        found: dict[str, Any] = {"fault": self.fault}
        if not self.failed:
            found |= {key: self.facts.get(key) for key in ROW_FACTS}
            found["intervals"] = {
                name: {"median": s.value, "low": s.interval[0], "high": s.interval[1]}
                for name, s in self.scores.items()
                if s.interval is not None
            }
        return found | {"notes": list(self.notes)}
