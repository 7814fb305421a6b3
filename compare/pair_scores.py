"""One pair of trajectories under one protocol."""

from dataclasses import replace
from typing import Any

import numpy as np

from compare import metrics
from compare.align import anchored, extent, fix_gauge, l21_scale, least_squares_scale, moved
from compare.association import Pair, associate
from compare.depth_scales import DepthScale
from compare.metrics import Comparison, Metric
from compare.motion_state import MotionState, translation_state
from compare.protocols import Protocol
from compare.rows import Aligned, PairScores, Score
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

EPSILON = 1e-9
"""Added to the extents where the published scripts add it."""


def score_poses(
    reference: Trajectory, generated: Trajectory, protocol: Protocol, *, depth_scale: DepthScale | None = None
) -> PairScores:
    """Scores along the axes of a protocol whose method is "poses".

    Raises:
        NotDelivered: of all that the reference has, the generated clip has nothing.
        CinetrajError: the two share no time, no frame or no pose.
        TimeSourceError: their clocks are of different kinds and the protocol compares clocks.
    """
    pair = associate(reference, generated, protocol)
    if not pair.scored.any():
        if pair.charged.any():
            raise NotDelivered("the generated clip has no pose at any time at which the reference has one")
        raise CinetrajError("no point of comparison has a pose in both clips")
    states = (translation_state(reference), translation_state(generated))
    guard = protocol.static == "guard"
    a, b, notes = _gauge(pair, protocol)
    notes += _short_overlap(pair, protocol)
    if guard:
        a, b = (_stilled(x, s, pair, protocol) for x, s in ((a, states[0]), (b, states[1])))
    units = _common_units(reference, generated, pair, depth_scale)
    extents = _common_extents(a, b, pair, units)
    try:
        a, b, unit = _scaled(a, b, pair, protocol, units, states)
        why = ""
    except _Undefined as error:
        unit, why = "", str(error)
    comparison = Comparison(
        protocol=protocol,
        reference_trajectory=reference,
        generated_trajectory=generated,
        pair=pair,
        reference=a,
        generated=b,
        unit=unit,
        no_unit=why,
        common_extents=extents,
    )
    dropped, charged = _scores(comparison, pair.charged)
    return PairScores(
        charged=charged,
        dropped=dropped,
        notes=notes,
        facts={
            "axis": pair.axis,
            "samples": len(pair.scored),
            "overlap": pair.overlap,
            "overlap_generated": pair.overlap_generated,
            "scored": float(pair.scored.mean()),
            **compared_facts(reference, generated, pair),
            "reference_translates": states[0].translates,
            "reference_state": states[0].because,
            "generated_translates": states[1].translates,
            "generated_state": states[1].because,
        },
        aligned=Aligned(axis=pair.axis, axis_value=pair.axis_value, reference=a, generated=b),
    )


def compared_facts(reference: Trajectory, generated: Trajectory, pair: Pair) -> dict[str, Any]:
    """How much of the reference was compared, and how lengths and speeds differ."""
    asked = pair.scored.sum() + pair.charged.sum() + pair.excused.sum()
    return {
        "compared": float(pair.scored.sum() / asked),
        "undetermined": float(pair.excused.sum() / asked),
        **lengths(reference, generated),
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


def _short_overlap(pair: Pair, protocol: Protocol) -> tuple[str, ...]:
    """What to say where the clock leaves a good part of either clip out: perhaps its clocks do not run alike."""
    if protocol.time != "seconds" or min(pair.overlap, pair.overlap_generated) > 0.9:
        return ()
    return (
        f"by the clock, {pair.overlap:.0%} of the reference's and {pair.overlap_generated:.0%} of the generated clip's "
        "duration are compared; if frames correspond, use --time index or --time progress",
    )


class NotDelivered(CinetrajError):
    """The generated clip lacks all that is compared."""


class _Undefined(Exception):
    """A unit that this pair does not have."""


def _gauge(pair: Pair, protocol: Protocol) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    first = int(np.argmax(pair.scored))
    if protocol.anchor == "none":
        return pair.reference.copy(), pair.generated.copy(), ()
    a = anchored(pair.reference, first)
    if protocol.anchor == "first":
        return a, anchored(pair.generated, first), ()
    gauge = fix_gauge(a[pair.scored], pair.generated[pair.scored])
    notes = tuple(f"unobservable: {freedom}" for freedom in gauge.unobservable)
    return a, moved(pair.generated, gauge.reference_from_generated), notes


def _stilled(poses: np.ndarray, state: MotionState, pair: Pair, protocol: Protocol) -> np.ndarray:
    """A clip that does not translate is held still: its noise is no path, whatever it would be divided by."""
    if state.translates:
        return poses
    out = poses.copy()
    out[:, :3, 3] = 0.0 if protocol.anchor == "first" else poses[pair.scored, :3, 3].mean(0)
    return out


def _common_units(
    reference: Trajectory, generated: Trajectory, pair: Pair, depth_scale: DepthScale | None
) -> tuple[float, float] | str:
    """Factors that bring both paths to one unit, or why there are none."""
    if depth_scale is not None:
        return depth_scale.reference, depth_scale.generated
    if reference.scale == "metric" and generated.scale == "metric":
        return 1.0, 1.0
    factors: list[float] = []
    for trajectory, depth in ((reference, pair.reference_depth), (generated, pair.generated_depth)):
        if trajectory.scale == "bounded":
            factors.append(1.0)  # its positions are zero in any unit
            continue
        known = np.flatnonzero(pair.scored & np.isfinite(depth)) if depth is not None else np.empty(0, dtype=int)
        if depth is None or len(known) == 0:
            return (
                "the two have no common unit of length: neither metres nor scene depth in both; "
                "give a depth file, or use --scale relative"
            )
        factors.append(1.0 / float(depth[known[0]]))
    return factors[0], factors[1]


def _common_extents(
    a: np.ndarray, b: np.ndarray, pair: Pair, units: tuple[float, float] | str
) -> tuple[float, float] | str:
    """The largest distance of either camera from its first point, both in one unit; or why there is none."""
    if isinstance(units, str):
        return units
    sizes = [extent(x[:, :3, 3] - x[int(np.argmax(pair.scored)), :3, 3], pair.scored) for x in (a, b)]
    return sizes[0] * units[0], sizes[1] * units[1]


def _scaled(
    a: np.ndarray,
    b: np.ndarray,
    pair: Pair,
    protocol: Protocol,
    units: tuple[float, float] | str,
    states: tuple[MotionState, MotionState],
) -> tuple[np.ndarray, np.ndarray, str]:
    """Both paths on the protocol's scale, and the name of the unit that is left."""
    a, b = a.copy(), b.copy()
    p, q = a[:, :3, 3], b[:, :3, 3]
    epsilon = 0.0 if protocol.static == "guard" else EPSILON
    if protocol.anchor == "gauge":
        size = extent(p, pair.scored)
        return _divided(a, size or 1.0), _divided(b, size or 1.0), "reference extent" if size else "unit"
    if protocol.scale == "none":
        return a, b, "metre" if units == (1.0, 1.0) else "unit"
    if protocol.scale == "own_extent":
        sizes = (extent(p, pair.scored) + epsilon, extent(q, pair.scored) + epsilon)
        return _divided(a, sizes[0] or 1.0), _divided(b, sizes[1] or 1.0), "own extent"
    if protocol.scale in ("reference_extent", "common_extent"):
        if protocol.scale == "common_extent":
            if isinstance(units, str):
                raise _Undefined(units)
            a[:, :3, 3] *= units[0]
            b[:, :3, 3] *= units[1]
        size = extent(a[:, :3, 3], pair.scored) + epsilon
        if size == 0:
            if not states[1].translates:
                return a, b, "reference extent"  # both stand still: every error is zero in any unit
            raise _Undefined("the reference does not translate: its extent is no unit; use --scale relative")
        return _divided(a, size), _divided(b, size), "reference extent"
    if protocol.scale == "path_length":
        lengths = [float(np.linalg.norm(np.diff(x[pair.scored], axis=0), axis=1).sum()) + epsilon for x in (p, q)]
        return _divided(a, lengths[0] or 1.0), _divided(b, lengths[1] or 1.0), "own path length"
    fit = l21_scale if protocol.scale == "l21" else least_squares_scale
    b[:, :3, 3] *= fit(p[pair.scored], q[pair.scored])
    if protocol.scale == "l21":
        return a, b, "reference unit"
    size = extent(p, pair.scored)
    return _divided(a, size or 1.0), _divided(b, size or 1.0), "reference extent"


def _divided(poses: np.ndarray, size: float) -> np.ndarray:
    poses[:, :3, 3] /= size
    return poses


def _scores(comparison: Comparison, charged_at: np.ndarray) -> tuple[dict[str, Score], dict[str, Score]]:
    """The protocol's metrics without and with the points that have no pose in the generated clip (`charged_at`)."""
    chosen = [_metric(name) for name in comparison.protocol.metrics]
    parts = [_metric(name) for metric in chosen for name in metric.parts]
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


def _metric(name: str) -> Metric:
    """The metric of a name, one that can be computed from poses."""
    able = {n: m for n, m in metrics.METRICS.items() if m.compute is not None or m.combine is not None}
    if name not in able:
        raise CinetrajError(f"metric {name!r} is not one of poses, expected one of {', '.join(able)}")
    return able[name]
