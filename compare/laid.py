"""Two trajectories laid on each other as a protocol says: points, gauge, scale."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

from compare.align import anchored, extent, fix_gauge, l21_scale, least_squares_scale, moved
from compare.association import Meeting, clock, meet
from compare.depth_scales import DepthScale
from compare.metrics import Comparison, Comparisons, together
from compare.motion_state import MotionState, translation_states
from compare.protocols import Protocol
from compare.sampling import Pair, sampled
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

EPSILON = 1e-9
"""Added to the extents where the published scripts add it."""


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


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Two:
    """What is laid on each other.

    Attributes:
        reference, generated: both clips.
        depth_scale: metres per unit of both paths, for protocols with a metric scale.
    """

    reference: Trajectory
    generated: Trajectory
    depth_scale: DepthScale | None = None


def lay_out(
    reference: Trajectory, generated: Trajectory, protocol: Protocol, depth_scale: DepthScale | None = None
) -> Laid:
    """Lay two trajectories on each other along the axes of a protocol whose method is "poses".

    Raises:
        NotDelivered: of all that the reference has, the generated clip has nothing.
        CinetrajError: the two share no time, no frame or no pose.
        TimeSourceError: their clocks are of different kinds and the protocol compares clocks.
    """
    (laid,) = lay_out_each((Two(reference=reference, generated=generated, depth_scale=depth_scale),), protocol)
    if isinstance(laid, CinetrajError):
        raise laid
    return laid


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Together:
    """Pairs with equally many points, laid out together.

    Attributes:
        rows: which of the pairs that were asked for they are.
        laid: each of them.
        pairs: all of them, as arrays.
    """

    rows: tuple[int, ...]
    laid: tuple[Laid, ...]
    pairs: Comparisons


def lay_out_each(each: Sequence[Two], protocol: Protocol) -> list[Laid | CinetrajError]:
    """`lay_out` of many; what it raises is returned."""
    groups, failed = lay_out_together(each, protocol)
    found: dict[int, Laid | CinetrajError] = {**failed}
    for group in groups:
        found.update(zip(group.rows, group.laid, strict=True))
    return [found[i] for i in range(len(each))]


def lay_out_together(each: Sequence[Two], protocol: Protocol) -> tuple[list[Together], dict[int, CinetrajError]]:
    """`lay_out` of many, those with equally many points together; and by their rows why the others cannot be."""
    met: dict[Hashable, Meeting | CinetrajError] = {}
    failed: dict[int, CinetrajError] = {}
    alike: dict[int, list[tuple[int, Meeting]]] = {}
    for i, two in enumerate(each):
        clocks = (clock(two.reference), clock(two.generated))
        if clocks not in met:
            met[clocks] = _met(two, protocol)
        meeting = met[clocks]
        if isinstance(meeting, Meeting):
            alike.setdefault(len(meeting.scored), []).append((i, meeting))
        else:
            failed[i] = meeting
    groups = [
        _laid(tuple(i for i, _ in found), [each[i] for i, _ in found], [meeting for _, meeting in found], protocol)
        for found in alike.values()
    ]
    return groups, failed


def _met(two: Two, protocol: Protocol) -> Meeting | CinetrajError:
    try:
        meeting = meet(two.reference, two.generated, protocol)
    except CinetrajError as error:
        return error
    if meeting.scored.any():
        return meeting
    if meeting.charged.any():
        return NotDelivered("the generated clip has no pose at any time at which the reference has one")
    return CinetrajError("no point of comparison has a pose in both clips")


def _laid(rows: tuple[int, ...], each: Sequence[Two], meetings: Sequence[Meeting], protocol: Protocol) -> Together:
    """Pairs with equally many points, laid on each other as (b, k, 4, 4)."""
    references, generated = [two.reference for two in each], [two.generated for two in each]
    pairs, a, b = sampled(meetings, references, generated)
    scored = np.stack([pair.scored for pair in pairs])
    states = list(zip(translation_states(references), translation_states(generated), strict=True))
    a, b, notes = _gauge(a, b, scored, protocol)
    if protocol.static == "guard":
        for poses, side in ((a, 0), (b, 1)):
            _hold_still(poses, np.array([not state[side].translates for state in states]), scored, protocol)
    units = [_common_units(two, pair) for two, pair in zip(each, pairs, strict=True)]
    extents = _common_extents((a, b), scored, units)
    scales = _scales((a, b), scored, protocol, units, states)
    for poses, divisors in ((a, scales.reference), (b, scales.generated)):
        poses[..., :3, 3] /= divisors[:, None, None]
    told = np.where(np.isfinite(scales.generated), scales.generated, scales.reference)
    divisors = np.stack([scales.reference, told], 1).tolist()
    laid = tuple(
        Laid(
            comparison=Comparison(
                protocol=protocol,
                reference_trajectory=two.reference,
                generated_trajectory=two.generated,
                pair=pairs[i],
                reference=a[i],
                generated=b[i],
                unit=scales.unit[i],
                no_unit=scales.no_unit[i],
                common_extents=extents[i],
            ),
            states=states[i],
            divisors=(divisors[i][0], divisors[i][1]),
            notes=notes[i] + _short_overlap(pairs[i], protocol) + _assumed_rates(two, protocol),
        )
        for i, two in enumerate(each)
    )
    return Together(rows=rows, laid=laid, pairs=together([one.comparison for one in laid], (a, b), scored))


def _assumed_rates(two: Two, protocol: Protocol) -> tuple[str, ...]:
    """What to say where seconds are a guess on one side."""
    sides = (("reference", two.reference), ("generated clip", two.generated))
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


def _gauge(
    a: np.ndarray, b: np.ndarray, scored: np.ndarray, protocol: Protocol
) -> tuple[np.ndarray, np.ndarray, list[tuple[str, ...]]]:
    """Both paths of each pair in one world, as copies, and what of it is not determined."""
    notes: list[tuple[str, ...]] = [()] * len(scored)
    if protocol.anchor == "none":
        return a.copy(), b.copy(), notes
    a = anchored(a, scored.argmax(1))
    if protocol.anchor == "first":
        return a, anchored(b, scored.argmax(1)), notes
    b = b.copy()
    for i, kept in enumerate(scored):
        gauge = fix_gauge(a[i, kept], b[i, kept])
        b[i] = moved(b[i], gauge.reference_from_generated)
        notes[i] = tuple(f"unobservable: {freedom}" for freedom in gauge.unobservable)
    return a, b, notes


def _hold_still(poses: np.ndarray, still: np.ndarray, scored: np.ndarray, protocol: Protocol) -> None:
    """A clip that does not translate is held still: its noise is no path, whatever it would be divided by."""
    for i in np.flatnonzero(still):
        poses[i, :, :3, 3] = 0.0 if protocol.anchor == "first" else poses[i, scored[i], :3, 3].mean(0)


def _common_units(two: Two, pair: Pair) -> tuple[float, float] | str:
    """Factors that bring both paths to one unit, or why there are none."""
    if two.depth_scale is not None:
        return two.depth_scale.reference, two.depth_scale.generated
    if two.reference.scale == "metric" and two.generated.scale == "metric":
        return 1.0, 1.0
    factors: list[float] = []
    for trajectory, depth in ((two.reference, pair.reference_depth), (two.generated, pair.generated_depth)):
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
    paths: tuple[np.ndarray, np.ndarray], scored: np.ndarray, units: Sequence[tuple[float, float] | str]
) -> list[tuple[float, float] | str]:
    """The largest distance of either camera from its first point, both in one unit; or why there is none."""
    found: list[tuple[float, float] | str] = [*units]
    known = [i for i, unit in enumerate(units) if not isinstance(unit, str)]
    if known:
        first = (np.arange(len(known)), scored[known].argmax(1), None)
        places = [poses[known, :, :3, 3] for poses in paths]
        sizes = [extent(x - x[first], scored[known]).tolist() for x in places]
        for i, a, b in zip(known, *sizes, strict=True):
            unit = units[i]
            assert not isinstance(unit, str)
            found[i] = a * unit[0], b * unit[1]
    return found


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Scales:
    """By what the positions of each pair are divided, the unit that is left, and why there is none."""

    reference: Float[np.ndarray, " b"]
    generated: Float[np.ndarray, " b"]
    unit: Sequence[str]
    no_unit: Sequence[str]


def _scales(
    paths: tuple[np.ndarray, np.ndarray],
    scored: np.ndarray,
    protocol: Protocol,
    units: Sequence[tuple[float, float] | str],
    states: Sequence[tuple[MotionState, MotionState]],
) -> _Scales:
    """The protocol's scale of each pair."""
    p, q = (poses[..., :3, 3] for poses in paths)
    count, ones, none = len(scored), np.ones(len(scored)), ("",) * len(scored)
    epsilon = 0.0 if protocol.static == "guard" else EPSILON
    if protocol.anchor == "gauge":
        size = extent(p, scored)
        unit = ["reference extent" if each else "unit" for each in size.tolist()]
        return _Scales(reference=_or_one(size), generated=_or_one(size), unit=unit, no_unit=none)
    if protocol.scale == "none":
        unit = ["metre" if each == (1.0, 1.0) else "unit" for each in units]
        return _Scales(reference=ones, generated=ones, unit=unit, no_unit=none)
    if protocol.scale == "own_extent":
        a, b = (_or_one(extent(x, scored) + epsilon) for x in (p, q))
        return _Scales(reference=a, generated=b, unit=("own extent",) * count, no_unit=none)
    if protocol.scale in ("reference_extent", "common_extent"):
        return _by_the_reference(extent(p, scored), protocol, units, states, epsilon)
    if protocol.scale == "path_length":
        a, b = (_or_one(_path_lengths(x, scored) + epsilon) for x in (p, q))
        return _Scales(reference=a, generated=b, unit=("own path length",) * count, no_unit=none)
    fit = l21_scale if protocol.scale == "l21" else least_squares_scale
    factor = np.array([fit(p[i, kept], q[i, kept]) for i, kept in enumerate(scored)])
    size = ones if protocol.scale == "l21" else _or_one(extent(p, scored))
    # A factor of zero leaves nothing of the generated path, as dividing by infinity does.
    divisor = np.divide(size, factor, out=np.full(count, np.inf), where=factor != 0)
    unit = "reference unit" if protocol.scale == "l21" else "reference extent"
    return _Scales(reference=size, generated=divisor, unit=(unit,) * count, no_unit=none)


def _by_the_reference(
    extents: np.ndarray,
    protocol: Protocol,
    units: Sequence[tuple[float, float] | str],
    states: Sequence[tuple[MotionState, MotionState]],
    epsilon: float,
) -> _Scales:
    """Both paths of each pair by the extent of the reference, in one unit of length or each in its own."""
    divisors: list[tuple[float, float]] = []
    no_unit: list[str] = []
    for own, common, state in zip(extents.tolist(), units, states, strict=True):
        factors = common if protocol.scale == "common_extent" else (1.0, 1.0)
        why = factors if isinstance(factors, str) else ""
        size = 1.0 if isinstance(factors, str) else own * factors[0] + epsilon
        if size == 0:
            if state[1].translates:
                why = "the reference does not translate: its extent is no unit; use --scale relative"
            size = 1.0  # else both stand still: every error is zero in any unit
        no_unit.append(why)
        divisors.append((1.0, 1.0) if why or isinstance(factors, str) else (size / factors[0], size / factors[1]))
    table = np.array(divisors)
    unit = ["" if why else "reference extent" for why in no_unit]
    return _Scales(reference=table[:, 0], generated=table[:, 1], unit=unit, no_unit=no_unit)


def _path_lengths(positions: np.ndarray, scored: np.ndarray) -> Float[np.ndarray, " b"]:
    kept = [x[where] for x, where in zip(positions, scored, strict=True)]
    return np.array([float(np.linalg.norm(np.diff(x, axis=0), axis=1).sum()) for x in kept])


def _or_one(sizes: np.ndarray) -> np.ndarray:
    """A path without size stays as it is."""
    return np.where(sizes == 0, 1.0, sizes)
