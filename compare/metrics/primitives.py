"""Primitives: whether both clips make the same moves at the same times."""

import numpy as np

from compare.metrics._metric import Comparison, Metric
from compare.metrics._scores import aggregate
from compare.rows import Score
from compare.sampling import Pair
from trajectory.kinematics import seconds
from trajectory.model import Trajectory


def primitive_agreement(reference: Trajectory, generated: Trajectory, pair: Pair) -> Score:
    """Primitives: the Jaccard index of the two sets of moves at each point, averaged; two still points agree fully.

    The moves are the segments of `trajectory.describe`, their times brought onto the axis of comparison.
    """
    sides = ((reference, pair.reference_time_s), (generated, pair.generated_time_s))
    sets = [_active(path, seconds(path, at)) for path, at in sides]
    names = sorted(set(sets[0]) | set(sets[1]))
    if not names:
        table = np.zeros((2, 1, len(pair.axis_value)), dtype=bool)
    else:
        still = np.zeros(len(pair.axis_value), dtype=bool)
        table = np.array([[s.get(name, still) for name in names] for s in sets])
    both, either = (table[0] & table[1]).sum(0), (table[0] | table[1]).sum(0)
    agreement = np.where(either == 0, 1.0, both / np.maximum(either, 1))
    return Score(
        name="Primitives",
        value=float(aggregate(agreement, "mean")),
        unit="share",
        better="higher",
        per_frame=agreement,
        worst=0.0,
    )


def _active(path: Trajectory, at: np.ndarray) -> dict[str, np.ndarray]:
    import trajectory as package

    active: dict[str, np.ndarray] = {}
    for segment in package.describe(path).segments:
        if segment.primitive == "Static":
            continue
        inside = (at >= segment.start_s) & (at <= segment.end_s)
        active[segment.primitive] = active.get(segment.primitive, np.zeros(len(at), dtype=bool)) | inside
    return active


def _compute(comparison: Comparison) -> Score:
    return primitive_agreement(comparison.reference_trajectory, comparison.generated_trajectory, comparison.pair)


METRIC = Metric(
    name="Primitives",
    summary="same moves at the same times",
    unit="share",
    better="higher",
    compute=_compute,
    worst=0.0,
    spread="none",  # moves are told from the trajectories themselves, which have scores of their own for them
)
