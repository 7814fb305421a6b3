"""One pair of trajectories under one protocol."""

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool

from compare import metrics
from compare.depth_scales import DepthScale
from compare.laid import Laid, lay_out
from compare.metrics import Comparison, Metric
from compare.protocols import Protocol
from compare.rows import Aligned, PairScores, Score
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
    return scores_of(lay_out(reference, generated, protocol, depth_scale))


def scores_of(laid: Laid) -> PairScores:
    """The scores of a pair that is laid out."""
    comparison = laid.comparison
    pair = comparison.pair
    dropped, charged = _scores(comparison, pair.charged)
    return PairScores(
        charged=charged,
        dropped=dropped,
        notes=laid.notes,
        facts={
            "axis": pair.axis,
            "samples": len(pair.scored),
            "overlap": pair.overlap,
            "overlap_generated": pair.overlap_generated,
            "scored": float(pair.scored.mean()),
            **compared_facts(comparison),
            "reference_translates": laid.states[0].translates,
            "reference_state": laid.states[0].because,
            "generated_translates": laid.states[1].translates,
            "generated_state": laid.states[1].because,
        },
        aligned=Aligned(
            axis=pair.axis, axis_value=pair.axis_value, reference=comparison.reference, generated=comparison.generated
        ),
    )


def compared_facts(comparison: Comparison) -> dict[str, Any]:
    """How much of the reference was compared, and how lengths and speeds differ."""
    pair = comparison.pair
    asked = pair.scored.sum() + pair.charged.sum() + pair.excused.sum()
    return {
        "compared": float(pair.scored.sum() / asked),
        "undetermined": float(pair.excused.sum() / asked),
        **lengths(comparison.reference_trajectory, comparison.generated_trajectory),
    }


def lengths(reference: Trajectory, generated: Trajectory) -> dict[str, Any]:
    """Durations, numbers of frames, and how much faster the generated camera goes through the same move."""
    spans = [float(t.time_s[-1] - t.time_s[0]) for t in (reference, generated)]
    alike = reference.time_source == generated.time_source and min(spans) > 0
    return {
        "speed_ratio": spans[0] / spans[1] if alike else None,
        "durations": spans,
        "frames": [len(reference), len(generated)],
    }


def _scores(comparison: Comparison, charged_at: Bool[np.ndarray, " k"]) -> tuple[dict[str, Score], dict[str, Score]]:
    """The protocol's metrics without and with the points that have no pose in the generated clip (`charged_at`)."""
    chosen = [metric_of(name) for name in comparison.protocol.metrics]
    parts = [metric_of(name) for metric in chosen for name in metric.parts]
    dropped: dict[str, Score] = {}
    charged: dict[str, Score] = {}
    # What is combined comes after all parts of it, whether the protocol names them or not.
    for metric in sorted({m.name: m for m in (*chosen, *parts)}.values(), key=lambda m: m.combine is not None):
        if metric.combine is not None:
            dropped[metric.name], charged[metric.name] = metric.combine(dropped), metric.combine(charged)
        elif metric.compute is not None:
            score = metric.compute(comparison)
            score = score if score.name == metric.name else replace(score, name=metric.name)
            dropped[metric.name] = score
            charged[metric.name] = metrics.charge(score, charged_at, metric.how(comparison.protocol))
    names = comparison.protocol.metrics
    return {name: dropped[name] for name in names}, {name: charged[name] for name in names}


def metric_of(name: str) -> Metric:
    """The metric of a name, one that can be computed from poses."""
    known = metrics.METRICS.get(name)
    if known is None or (known.compute is None and known.combine is None):
        able = [n for n, m in metrics.METRICS.items() if m.compute is not None or m.combine is not None]
        raise CinetrajError(f"metric {name!r} is not one of poses, expected one of {', '.join(able)}")
    return known
