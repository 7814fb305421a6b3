"""Two trajectories laid on each other as a protocol says: points, gauge, scale."""

from dataclasses import dataclass
from typing import final

import numpy as np

from compare.align import anchored, extent, fix_gauge, l21_scale, least_squares_scale, moved
from compare.association import Pair, associate
from compare.chunks import in_chunks
from compare.depth_scales import DepthScale
from compare.metrics import Comparison
from compare.motion_state import MotionState, translation_state
from compare.protocols import Protocol
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Laid:
    """A pair as it is compared, and how it came to be.

    Attributes:
        comparison: what metrics are computed from.
        states: whether the reference and the generated camera translate.
        divisors: by what the positions of each were divided, in its own unit of length.
        notes: what a reader must know.
    """

    comparison: Comparison
    states: tuple[MotionState, MotionState]
    divisors: tuple[float, float]
    notes: tuple[str, ...]

    @property
    def still(self) -> tuple[bool, bool]:
        """Which of the two is held still, so that its positions have no error either."""
        guard = self.comparison.protocol.static == "guard"
        return guard and not self.states[0].translates, guard and not self.states[1].translates


def lay_out(
    reference: Trajectory, generated: Trajectory, protocol: Protocol, depth_scale: DepthScale | None = None
) -> Laid:
    """Lay two trajectories on each other along the axes of a protocol whose method is "poses".

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
    a, b, notes = _gauge(pair, protocol)
    if protocol.static == "guard":
        a, b = (_stilled(x, s, pair, protocol) for x, s in ((a, states[0]), (b, states[1])))
    units = _common_units(reference, generated, pair, depth_scale)
    extents = _common_extents(a, b, pair, units)
    divisors = (1.0, 1.0)
    try:
        a, b, unit, divisors = _scaled(a, b, pair, protocol, units, states)
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
    if protocol.chunk:
        comparison = in_chunks(comparison)
    notes += _short_overlap(pair, protocol) + _assumed_rates(reference, generated, protocol)
    return Laid(comparison=comparison, states=states, divisors=divisors, notes=notes)


def _assumed_rates(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> tuple[str, ...]:
    """What to say where seconds are a guess on one side."""
    sides = (("reference", reference), ("generated clip", generated))
    guessed = [who for who, t in sides if t.time_source == "assumed"]
    if protocol.time != "seconds" or len(guessed) != 1:
        return ()
    return (f"the {guessed[0]} carries no times: its frame rate is assumed",)


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
) -> tuple[np.ndarray, np.ndarray, str, tuple[float, float]]:
    """Both paths on the protocol's scale, the name of the unit that is left, and by what each was divided."""
    a, b = a.copy(), b.copy()
    p, q = a[:, :3, 3], b[:, :3, 3]
    epsilon = 0.0 if protocol.static == "guard" else protocol.epsilon
    if protocol.anchor == "gauge":
        size = extent(p, pair.scored)
        return *_both_divided(a, b, (size, size)), "reference extent" if size else "unit", (size or 1.0, size or 1.0)
    if protocol.scale == "none":
        return a, b, "metre" if units == (1.0, 1.0) else "unit", (1.0, 1.0)
    if protocol.scale == "own_extent":
        sizes = (extent(p, pair.scored) + epsilon, extent(q, pair.scored) + epsilon)
        return *_both_divided(a, b, sizes), "own extent", (sizes[0] or 1.0, sizes[1] or 1.0)
    if protocol.scale in ("reference_extent", "common_extent"):
        factors = (1.0, 1.0)
        if protocol.scale == "common_extent":
            if isinstance(units, str):
                raise _Undefined(units)
            factors = units
        size = extent(a[:, :3, 3] * factors[0], pair.scored) + epsilon
        if size == 0:
            if states[1].translates:
                raise _Undefined("the reference does not translate: its extent is no unit; use --scale relative")
            size = 1.0  # both stand still: every error is zero in any unit
        sizes = (size / factors[0], size / factors[1])
        return *_both_divided(a, b, sizes), "reference extent", sizes
    if protocol.scale == "path_length":
        lengths = [float(np.linalg.norm(np.diff(x[pair.scored], axis=0), axis=1).sum()) + epsilon for x in (p, q)]
        sizes = (lengths[0] or 1.0, lengths[1] or 1.0)
        return *_both_divided(a, b, sizes), "own path length", sizes
    factor = (l21_scale if protocol.scale == "l21" else least_squares_scale)(p[pair.scored], q[pair.scored])
    q *= factor
    if protocol.scale == "l21":
        return a, b, "reference unit", (1.0, 1 / factor if factor else 1.0)
    size = extent(p, pair.scored) or 1.0
    return *_both_divided(a, b, (size, size)), "reference extent", (size, size / factor if factor else size)


def _both_divided(a: np.ndarray, b: np.ndarray, sizes: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    for poses, size in zip((a, b), sizes, strict=True):
        poses[:, :3, 3] /= size or 1.0
    return a, b
