"""How far a number can be trusted: over clips, between models, and by the instrument itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float

from compare.intervals import bootstrap_interval as bootstrap_interval
from compare.metrics import better_of
from compare.pair_scores import score_poses
from compare.protocols import Protocol, get
from compare.rows import Score
from compare.scoring import Result, score
from compare.summary import values
from trajectory.errors import CinetrajError
from trajectory.frames import mirrored, time_reversed
from trajectory.model import Trajectory

FEWEST_CLIPS = 6
"""Of fewer, even differences that all have one sign come by random sign flips in 5 % of the cases, or more."""
EXACT_CLIPS = 12
"""Up to so many clips all sign flips, 2 to their power, are counted; of more, 2000 are drawn."""
TwinKind = Literal["reencoded", "resized", "reversed", "mirrored"]


@final
@dataclass(frozen=True, kw_only=True)
class Paired:
    """Two models on the same clips, first minus second.

    Of a metric whose good value is one or zero, what is subtracted is how far each clip is from it: the size of the
    logarithm of a ratio, or of the value. Means of the values themselves would call 0 and 2 together as good as 1.

    Attributes:
        clips: how many both have a value for. difference: the mean over these. interval: 95 % bootstrap of it, None for
            one clip.
        probability: of a difference this large under random sign flips of the clips (two-sided); exact for few.
        first_better, second_better: on how many clips. noise: the instrument's own median disagreement, None if
            unknown.
        verdict: in words.
    """

    metric: str
    clips: int
    difference: float
    interval: tuple[float, float] | None
    probability: float
    first_better: int
    second_better: int
    noise: float | None
    verdict: str


def paired(
    first: Result, second: Result, metric: str, *, policy: str | None = None, noise: float | None = None, seed: int = 0
) -> Paired:
    """Compare two models clip by clip under one protocol.

    Args:
        policy: drop or worst, the protocol's by default.
        noise: the floor of `noise_floor`, to call a difference below it so.

    Raises:
        CinetrajError: the protocols differ, or no clip has a value in both.
    """
    if first.protocol.stamp()["hash"] != second.protocol.stamp()["hash"]:
        raise CinetrajError(
            f"{first.model} was scored under {first.protocol.name} and {second.model} under {second.protocol.name} "
            "with other settings; score both under one protocol"
        )
    chosen = policy or first.protocol.failures
    a, b = (values(r.clips, metric, r.protocol, chosen) for r in (first, second))
    return paired_values(a, b, metric, names=(first.model, second.model), noise=noise, seed=seed)


def paired_values(
    a: Mapping[str, float],
    b: Mapping[str, float],
    metric: str,
    *,
    names: tuple[str, str] = ("first", "second"),
    noise: float | None = None,
    seed: int = 0,
) -> Paired:
    """`paired` on the values of clips by name."""
    both = sorted(name for name in a if name in b)  # whatever the order in which they were given
    if not both:
        raise CinetrajError(f"{names[0]} and {names[1]} have no clip with {metric} in common")
    sides = [np.array([x[name] for name in both]) for x in (a, b)]
    bad = [badness(x, metric) for x in sides]
    first, second = bad if better_of(metric) in ("one", "zero") else sides
    difference = first - second
    mean = float(difference.mean())
    probability = sign_flip_probability(difference, seed=seed)
    interval = bootstrap_interval(difference, seed=seed)
    better = names[1] if bad[0].mean() > bad[1].mean() else names[0]
    doubt = _doubt(difference, interval, probability, noise)
    return Paired(
        metric=metric,
        clips=len(both),
        difference=mean,
        interval=interval,
        probability=probability,
        first_better=int((bad[0] < bad[1]).sum()),
        second_better=int((bad[0] > bad[1]).sum()),
        noise=noise,
        verdict=f"cannot tell: {doubt}" if doubt else f"{better} is better",
    )


def sign_flip_probability(difference: Float[np.ndarray, " n"], *, seed: int = 0) -> float:
    """Share of the sign flips of the clips whose mean is as large as this one, or larger (two-sided)."""
    count, size = len(difference), abs(float(difference.mean()))
    least = size - 1e-12 * float(np.abs(difference).mean())  # sums in another order differ by rounding
    if count <= EXACT_CLIPS:
        every = np.array(list(product((-1.0, 1.0), repeat=count)))
        return float((np.abs((every * difference).mean(1)) >= least).mean())
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (2000, count))
    return float((1 + (np.abs((signs * difference).mean(1)) >= least).sum()) / 2001)


def badness(values: Float[np.ndarray, "*n"], metric: str) -> Float[np.ndarray, "*n"]:
    """Smaller is better, whatever the metric's direction; of ratios and what should be zero, `off_ideal`."""
    better = better_of(metric)
    return values if better == "lower" else -values if better == "higher" else off_ideal(values, metric)


def off_ideal(values: Float[np.ndarray, "*n"], metric: str) -> Float[np.ndarray, "*n"]:
    """How far values are from that of two equal clips: their size, their logarithm for ratios, one minus a share."""
    better = better_of(metric)
    if better == "one":
        return np.abs(np.log(np.maximum(values, 1e-12)))
    return 1 - values if better == "higher" else np.abs(values)


def _doubt(
    difference: Float[np.ndarray, " n"], interval: tuple[float, float] | None, probability: float, noise: float | None
) -> str:
    """Why these differences of clips decide nothing; "" where they do."""
    if noise is not None and abs(difference.mean()) < noise:
        return "below the instrument's noise"
    if interval is None:
        return "one clip decides nothing"
    # With few clips the bootstrap is too sure of itself, and the sign flips are not: both must agree.
    if len(difference) < FEWEST_CLIPS and probability >= 0.05:
        return f"{len(difference)} clips in common, too few to decide (at least {FEWEST_CLIPS})"
    if interval[0] <= 0 <= interval[1]:
        return "the interval of the difference includes 0"
    return f"chance alone makes such a difference (p {probability:.2g})" if probability >= 0.05 else ""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class NoiseFloor:
    """The disagreement of an estimator with itself: per metric the median over twins, and per kind of twin.

    For ratios it is the size of their logarithm, for shares one minus the share.
    """

    protocol: str
    median: Mapping[str, float]
    by_kind: Mapping[str, Mapping[str, float]]
    twins: int
    failed: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "protocol": self.protocol,
            "median": dict(self.median),
            "by_kind": {kind: dict(table) for kind, table in self.by_kind.items()},
            "twins": self.twins,
            "failed": list(self.failed),
        }


def undone(twin: Trajectory, kind: TwinKind) -> Trajectory:
    """The trajectory of a changed clip, brought back to what it would be for the clip itself."""
    if kind == "reversed":
        return time_reversed(twin)
    return mirrored(twin) if kind == "mirrored" else twin


def _scores(original: Trajectory, twin: Trajectory, protocol: Protocol) -> Mapping[str, Score]:
    """By the protocol's own method, as clips are scored."""
    if protocol.method == "poses":
        return score_poses(original, twin, protocol).dropped
    row = score({"": original}, {"": twin}, protocol=protocol).clips[""]
    if row.failed:
        raise CinetrajError(row.failed)
    return row.dropped


def noise_floor(
    twins: Iterable[tuple[Trajectory, Trajectory, TwinKind]], *, protocol: str | Protocol = "strict"
) -> NoiseFloor:
    """The estimator's own noise: each item is a clip's trajectory, that of its changed twin, and how it was changed.

    reencoded, resized (to 0.75), reversed (in time) and mirrored (left to right) twins show the same camera, so any
    difference after undoing the change is the instrument's. Values are medians over the twins.

    Raises:
        CinetrajError: no twin could be scored.
    """
    chosen = get(protocol)
    found: dict[str, dict[str, list[float]]] = {}
    failed: list[str] = []
    count = 0
    for number, (original, twin, kind) in enumerate(twins):
        try:
            scores = _scores(original, undone(twin, kind), chosen)
        except CinetrajError as error:
            failed.append(f"twin {number} ({kind}): {error}")
            continue
        count += 1
        for metric, one in scores.items():
            if one.value is not None:
                value = float(off_ideal(np.array([one.value]), metric)[0])
                found.setdefault(metric, {}).setdefault(kind, []).append(value)
    if count == 0:
        raise CinetrajError(f"no twin could be scored{': ' + failed[0] if failed else ', expected at least one'}")
    kinds = sorted({kind for table in found.values() for kind in table})
    return NoiseFloor(
        protocol=chosen.name,
        median={m: float(np.median([v for each in table.values() for v in each])) for m, table in found.items()},
        by_kind={k: {m: float(np.median(table[k])) for m, table in found.items() if k in table} for k in kinds},
        twins=count,
        failed=tuple(failed),
    )
