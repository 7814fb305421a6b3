"""Do both clips make the same moves at the same times?"""

import numpy as np

from compare import metrics
from compare.association import Pair
from compare.metrics import Score
from compare.protocols import Protocol
from trajectory.model import Trajectory


def primitive_agreement(reference: Trajectory, generated: Trajectory, pair: Pair, protocol: Protocol) -> Score:
    """Primitives: the Jaccard index of the two sets of moves at each point, averaged; two still points agree fully.

    The moves are the segments of `trajectory.describe`, their times brought onto the axis of comparison.
    """
    sets = [_active(trajectory, pair, protocol) for trajectory in (reference, generated)]
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
        value=metrics.aggregate(agreement, "mean"),
        unit="share",
        better="higher",
        per_frame=agreement,
        worst=0.0,
    )


def _active(path: Trajectory, pair: Pair, protocol: Protocol) -> dict[str, np.ndarray]:
    import trajectory as package

    time = path.time_s
    start, span = float(time[0]), float(time[-1] - time[0])
    if pair.axis == "progress":
        at = start + pair.axis_value * span
    elif pair.axis == "frames" and path.time_source != "index":
        at = np.interp(pair.axis_value, np.arange(len(time)), time)
    else:
        at = pair.axis_value + (start if protocol.clock == "from_start" else 0.0)
    active: dict[str, np.ndarray] = {}
    for segment in package.describe(path).segments:
        if segment.primitive == "Static":
            continue
        inside = (at >= segment.start_s) & (at <= segment.end_s)
        active[segment.primitive] = active.get(segment.primitive, np.zeros(len(at), dtype=bool)) | inside
    return active
