"""One pair of trajectories under one protocol."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool

from compare import metrics
from compare.association import one_pose_only
from compare.depth_scales import DepthScale
from compare.laid import Laid, Together, lay_out
from compare.metrics import Comparisons, Metric, stacked
from compare.protocols import Protocol
from compare.rows import Aligned, PairScores, Score
from trajectory.enumeration import listed
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory


def score_poses(
    reference: Trajectory, generated: Trajectory, protocol: Protocol, *, depth_scale: DepthScale | None = None
) -> PairScores:
    """Scores along the axes of a protocol whose method is "poses".

    Raises:
        NotDelivered: of all that the reference has, the generated clip has nothing.
        CinetrajError: the two share no time, no frame or no pose.
        TimeSourceError: their clocks are of different kinds and the protocol compares clocks.
    """
    laid = lay_out(reference, generated, protocol, depth_scale)
    return _scores_of((laid,), stacked((laid.comparison,)))[0]


def scores_of(group: Together) -> list[PairScores | CinetrajError]:
    """The scores of pairs that are laid out together, or why a metric refuses one."""
    try:
        return [*_scores_of(group.laid, group.pairs)]
    except CinetrajError:  # of one of them, which shall not take the others with it
        return [_alone(laid) for laid in group.laid]


def _alone(laid: Laid) -> PairScores | CinetrajError:
    try:
        return _scores_of((laid,), stacked((laid.comparison,)))[0]
    except CinetrajError as error:
        return error


def _scores_of(each: Sequence[Laid], pairs: Comparisons) -> list[PairScores]:
    """The scores of pairs that are laid out, and stand together in `pairs`."""
    charged_at, excused = (np.stack([getattr(one.pair, name) for one in pairs.each]) for name in ("charged", "excused"))
    counts = np.stack([x.sum(1) for x in (pairs.scored, charged_at, excused)], 1).tolist()
    both = _scores(pairs, charged_at)
    return [
        PairScores(
            charged=charged,
            dropped=dropped,
            notes=laid.notes + _uncharged(charged, charges / len(laid.comparison.pair.scored), pairs.protocol),
            facts=_facts(laid, scored, charges, excuses),
            aligned=Aligned(
                axis=laid.comparison.pair.axis,
                axis_value=laid.comparison.pair.axis_value,
                reference=laid.comparison.reference,
                generated=laid.comparison.generated,
            ),
        )
        for laid, (dropped, charged), (scored, charges, excuses) in zip(each, both, counts, strict=True)
    ]


def _facts(laid: Laid, scored: int, charged: int, excused: int) -> dict[str, Any]:
    """How a pair was compared: at how many points, how much of the reference, how lengths and speeds differ."""
    pair = laid.comparison.pair
    whole = laid.comparison.protocol.span == "reference"
    asked = len(pair.scored) if whole else scored + charged + excused
    of_reference = 1.0 if whole else pair.overlap
    return {
        "axis": pair.axis,
        "samples": len(pair.scored),
        "overlap": pair.overlap,
        "overlap_generated": pair.overlap_generated,
        "covered": list(laid.covered),
        "scored": scored / len(pair.scored),
        "compared": of_reference * scored / asked,
        "undetermined": of_reference * (asked - scored - charged) / asked,  # where the reference has no pose, too
        **lengths(laid.comparison.reference_trajectory, laid.comparison.generated_trajectory),
        "reference_translates": laid.states[0].translates,
        "reference_state": laid.states[0].because,
        "generated_translates": laid.states[1].translates,
        "generated_state": laid.states[1].because,
    }


def _uncharged(scores: dict[str, Score], missing: float, protocol: Protocol) -> tuple[str, ...]:
    """What to say where a share of the points is charged, and metrics have no worst value to be charged."""
    names = [name for name, score in scores.items() if score.value is not None and score.worst is None]
    if protocol.failures != "worst" or missing == 0 or not names:
        return ()
    return (
        f"the generated clip has no pose at {missing:.0%} of the points, for which {listed(names)} "
        f"{'has' if len(names) == 1 else 'have'} no worst value and nothing is charged",
    )


def lengths(reference: Trajectory, generated: Trajectory) -> dict[str, Any]:
    """Durations, numbers of frames, and how much faster the generated camera goes through the same move."""
    spans = [float(t.time_s[-1] - t.time_s[0]) for t in (reference, generated)]
    alike = reference.time_source == generated.time_source and min(spans) > 0
    return {
        "speed_ratio": spans[0] / spans[1] if alike else None,
        "durations": spans,
        "frames": [len(reference), len(generated)],
    }


def _scores(pairs: Comparisons, charged_at: Bool[np.ndarray, "b k"]) -> list[tuple[dict[str, Score], dict[str, Score]]]:
    """The protocol's metrics without and with the points that have no pose in the generated clip (`charged_at`)."""
    chosen = [metric_of(name) for name in pairs.protocol.metrics]
    parts = [metric_of(name) for metric in chosen for name in metric.parts]
    both: list[tuple[dict[str, Score], dict[str, Score]]] = [({}, {}) for _ in pairs.each]
    takes_two = any(metric.fewest > 1 for metric in chosen)
    single = [takes_two and one_pose_only(one.reference_trajectory, one.generated_trajectory) for one in pairs.each]
    at_points = {False: charged_at, True: charged_at | np.array(single)[:, None]}  # by whether a metric takes two
    lacking: dict[bool, list[bool]] = {two: np.asarray(at.any(1)).tolist() for two, at in at_points.items()}
    # What is combined comes after all parts of it, whether the protocol names them or not.
    for metric in sorted({m.name: m for m in (*chosen, *parts)}.values(), key=lambda m: m.combine is not None):
        if metric.combine is not None:
            for dropped, charged in both:
                dropped[metric.name], charged[metric.name] = metric.combine(dropped), metric.combine(charged)
            continue
        how = metric.how(pairs.protocol)
        two = metric.fewest > 1
        scores = zip(both, _over_pairs(metric, pairs), lacking[two], at_points[two], strict=True)
        for (dropped, charged), score, some, at in scores:
            dropped[metric.name] = score
            charged[metric.name] = metrics.charge(score, at, how) if some else score
    names = pairs.protocol.metrics
    return [({name: d[name] for name in names}, {name: c[name] for name in names}) for d, c in both]


def _over_pairs(metric: Metric, pairs: Comparisons) -> Iterator[Score]:
    """The metric of each pair: of all at once where it can, of one where it cannot, or has a reason to give."""
    assert metric.compute is not None
    many = (None,) * len(pairs.each) if metric.over_pairs is None else metric.over_pairs(pairs)
    for comparison, known in zip(pairs.each, many, strict=True):
        score = _number_or_reason(metric, metric.compute(comparison) if known is None else known)
        if score.worst is not None and metric.worst_under(comparison.protocol) is None:
            score = replace(score, worst=None)
        yield score


def _number_or_reason(metric: Metric, given: Any) -> Score:
    """The score that a metric gave, under its name: a number that JSON can hold, or none and why."""
    if not isinstance(given, Score):  # no fault of a clip, whose row a CinetrajError would be
        raise TypeError(
            f"metric {metric.name!r} gave a {type(given).__name__}, expected compare.metrics.Score(name=..., "
            "value=..., unit=...), or compare.metrics.undefined(...) where it has no value"
        )
    score = given if given.name == metric.name else replace(given, name=metric.name)
    if score.value is None:
        return score if score.undefined else replace(score, undefined="the metric gives no reason")
    value = float(score.value)
    if not math.isfinite(value):
        return replace(score, value=None, undefined=f"the metric came out as {value}", coverage=0.0)
    return score if type(score.value) is float else replace(score, value=value)


def metric_of(name: str) -> Metric:
    """The metric of a name, one that can be computed from poses."""
    known = metrics.METRICS.get(name)
    if known is None or (known.compute is None and known.combine is None):
        able = [n for n, m in metrics.METRICS.items() if m.compute is not None or m.combine is not None]
        raise CinetrajError(f"metric {name!r} is not one of poses, expected one of {', '.join(able)}")
    return known
