"""What a metric is, and what it is computed from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, final, get_args

import numpy as np
from jaxtyping import Bool, Float

from compare.metrics._scores import Aggregation
from compare.protocols import Protocol
from compare.rows import Better, Score
from compare.sampling import Pair
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

if TYPE_CHECKING:
    from compare.draws import Draws


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """All that a metric may look at: two trajectories, and their paths as the protocol compares them.

    Attributes:
        protocol: the way of scoring; `aggregation` and `angle` are meant for metrics.
        reference_trajectory: the reference as it was read, on its own time axis.
        generated_trajectory: the generated clip as it was read.
        pair: both at the k points of comparison, before gauge and scale; `pair.scored` says where both have a pose.
        reference: (k, 4, 4) camera-to-world in OpenCV axes, on the protocol's gauge and scale.
        generated: (k, 4, 4) the generated path in the same world.
        unit: in words, of the positions of both.
        no_unit: why the positions have no common unit, where the protocol asks for one; "" where they have.
        common_extents: the largest distance of either camera from its first point, both in one unit of length; or why
            there is no such unit.
    """

    protocol: Protocol
    reference_trajectory: Trajectory
    generated_trajectory: Trajectory
    pair: Pair
    reference: Float[np.ndarray, "k 4 4"]
    generated: Float[np.ndarray, "k 4 4"]
    unit: str
    no_unit: str
    common_extents: tuple[float, float] | str


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Comparisons:
    """Pairs under one protocol with equally many points of comparison, for metrics that look at them all at once.

    Attributes:
        each: the pairs.
        reference, generated: (b, k, 4, 4) their paths, one on the other.
        places: (b, k, 3) the positions of both, which most metrics look at.
        scored: (b, k) where both of a pair have a pose.
    """

    each: tuple[Comparison, ...]
    reference: Float[np.ndarray, "b k 4 4"]
    generated: Float[np.ndarray, "b k 4 4"]
    places: tuple[Float[np.ndarray, "b k 3"], Float[np.ndarray, "b k 3"]]
    scored: Bool[np.ndarray, "b k"]

    @property
    def protocol(self) -> Protocol:
        """The way of scoring that they share."""
        return self.each[0].protocol


def stacked(each: Sequence[Comparison]) -> Comparisons:
    """Pairs of one protocol and equally many points, together."""
    paths = [np.stack([getattr(one, side) for one in each]) for side in ("reference", "generated")]
    return together(each, (paths[0], paths[1]), np.stack([one.pair.scored for one in each]))


def together(
    each: Sequence[Comparison],
    paths: tuple[Float[np.ndarray, "b k 4 4"], Float[np.ndarray, "b k 4 4"]],
    scored: Bool[np.ndarray, "b k"],
) -> Comparisons:
    """`stacked`, of pairs whose paths already are the rows of two arrays."""
    places = [poses[..., :3, 3].copy() for poses in paths]  # side by side in memory
    return Comparisons(
        each=tuple(each), reference=paths[0], generated=paths[1], places=(places[0], places[1]), scored=scored
    )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Metric:
    """One metric; each module of `compare.metrics` without a leading underscore defines one, or a few, as METRIC.

    Attributes:
        name: as it stands in `Protocol.metrics` and at the head of a column.
        summary: what it measures, in one line.
        unit: of the value; "angle" stands for the protocol's unit of angles, "length" for that of its scale.
        better: lower, higher, or closest to one or to zero.
        compute: the score of a pair.
        combine: instead of `compute`: the score from those of `parts`, by name. It is asked twice, for scores with and
            without charges. A metric with neither is computed by another method than "poses" (evo).
        parts: names of the metrics that `combine` takes.
        aggregation: what is made of the errors at points when points without a pose are charged; "protocol" leaves it
            to the protocol.
        worst: what a clip or a point without a pose is charged; None where no worst value exists. Of the units "length"
            and "mixed" it counts in extents, and is charged under protocols that do (`Protocol.in_extents`).
        fewest: points that it takes. A generated clip of one pose only is charged for what takes two.
        over_pairs: the scores of many pairs at once, by the same formulas as `compute`, which is asked where this has
            None for a pair, or is None itself.
        over_draws: the metric of all draws of a pair (`compare.draws`) at once: errors (k, m) at points, or values
            (m,). Without it `compute` is asked for one draw after the other.
        spread: "none" for a metric of which the spread of the poses says nothing.
    """

    name: str
    summary: str
    unit: str
    better: Better = "lower"
    compute: Callable[[Comparison], Score] | None = None
    combine: Callable[[Mapping[str, Score]], Score] | None = None
    parts: tuple[str, ...] = ()
    aggregation: Aggregation | Literal["protocol"] = "mean"
    worst: float | Literal["half turn"] | None = None
    fewest: int = 1
    over_pairs: Callable[[Comparisons], Sequence[Score | None]] | None = None
    over_draws: "Callable[[Draws], Float[np.ndarray, ...]] | None" = None
    spread: Literal["draws", "none"] = "draws"

    def __post_init__(self) -> None:
        if self.better not in get_args(Better):
            known = ", ".join(get_args(Better))
            raise CinetrajError(f"metric {self.name!r} is better {self.better!r}, expected one of {known}")

    def how(self, protocol: Protocol) -> Aggregation:
        """What a protocol makes of the errors at points."""
        return protocol.aggregation if self.aggregation == "protocol" else self.aggregation

    def worst_under(self, protocol: Protocol) -> float | None:
        """What a protocol charges for one point, None for nothing."""
        if self.unit in ("length", "mixed") and not protocol.in_extents:
            return None
        return self.worst_in(protocol.angle)

    def worst_in(self, angle: Literal["rad", "deg"]) -> float | None:
        """The worst value of one point in the protocol's unit of angles."""
        if self.worst == "half turn":
            return 180.0 if angle == "deg" else float(np.pi)
        return self.worst


def and_sum(
    name: str,
    *,
    summary: str,
    unit: str,
    worst: float | Literal["half turn"],
    over_pairs: Callable[[Comparisons, Aggregation], Sequence[Score]],
    over_draws: "Callable[[Draws], Float[np.ndarray, ...]] | None" = None,
) -> tuple[Metric, Metric]:
    """A metric of errors at points, which the protocol aggregates, and its sum over the samples.

    Args:
        name: of the first; the second has `_sum` behind it.
        summary: of the first.
        unit: of one error.
        worst: what a point without a pose is charged.
        over_pairs: the scores of pairs under an aggregation; one pair is asked as many of one.
        over_draws: the errors at the points of each draw.
    """
    mine = Metric(
        name=name,
        summary=summary,
        unit=unit,
        compute=lambda comparison: over_pairs(stacked((comparison,)), comparison.protocol.aggregation)[0],
        aggregation="protocol",
        worst=worst,
        over_pairs=lambda pairs: over_pairs(pairs, pairs.protocol.aggregation),
        over_draws=over_draws,
    )
    summed = Metric(
        name=f"{name}_sum",
        summary=f"{name} summed over the samples",
        unit=unit,
        compute=lambda comparison: over_pairs(stacked((comparison,)), "sum")[0],
        aggregation="sum",
        worst=worst,
        over_pairs=lambda pairs: over_pairs(pairs, "sum"),
        over_draws=over_draws,
    )
    return mine, summed
