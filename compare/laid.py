"""Two trajectories laid on each other as a protocol says: points, gauge, scale."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from compare.align import anchored, fix_gauge, moved
from compare.association import HOLE, Meeting, clock, meet, one_pose_only
from compare.chunks import chunked
from compare.depth_scales import DepthScale
from compare.metrics import METRICS, Comparison, Comparisons, together
from compare.motion_state import MotionState, translation_states
from compare.partners import other_lengths
from compare.protocols import Protocol
from compare.sampling import sampled
from compare.scales import common_extents, common_units, scales
from trajectory.depth_deviation import depth_deviation
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

FEWEST_ROWS, MOST_HOLES = 8, 0.2
"""A clock of fewer rows tells no hole; one of which a larger share of the steps is long is uneven."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Laid:
    """A pair as it is compared, and how it came to be.

    Attributes:
        comparison: what metrics are computed from.
        states: whether the reference and the generated camera translate.
        divisors: by what the positions of each were divided, in its own unit of length.
        unit_deviation: standard deviation of the logarithm of the unit that both are compared in, as one has it over
            the other: how deep the scene is, is not known exactly.
        covered: share of each clip's own time at which the other one is there, its last frame's time included where
            all of the reference's is asked for.
        notes: what a reader must know.
    """

    comparison: Comparison
    states: tuple[MotionState, MotionState]
    divisors: tuple[float, float]
    unit_deviation: float
    covered: tuple[float, float]
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
    if two.reference.valid.sum() == 1 and len(two.reference) + len(two.generated) > 2:  # any clip begins so
        return CinetrajError("the reference has one pose only, which shows no motion")
    if meeting.scored.any():
        return _fixed(two, meeting) if _fits_by_one(protocol) else meeting
    if meeting.charged.any():
        return NotDelivered("the generated clip has no pose at any time at which the reference has one")
    return CinetrajError("no point of comparison has a pose in both clips")


def _fits_by_one(protocol: Protocol) -> bool:
    """Whether a single pose has no error, or next to none, whatever the reference does.

    A gauge fits it to any other, and where frames meet by their order it is the anchor itself, or where both begin. By
    the clock `span` says what becomes of the rest.
    """
    if protocol.anchor == "gauge":
        return True
    known = [METRICS[name] for name in protocol.metrics if name in METRICS]
    by_order = protocol.time in ("index", "truncate", "downsample") and protocol.span == "overlap"
    return by_order and any(metric.fewest == 1 for metric in known)


def _fixed(two: Two, meeting: Meeting) -> Meeting | CinetrajError:
    """The meeting, or why it tells of no motion: a single pose is laid on any other without an error."""
    if one_pose_only(two.reference, two.generated):
        return NotDelivered("the generated clip has one pose only, which fits any reference")
    if meeting.scored.sum() > 1 or two.reference.valid.sum() < 2:
        return meeting
    if meeting.charged.any():
        return NotDelivered("the generated clip has one pose only at the times at which the reference has some")
    return CinetrajError("one point of comparison has a pose in both clips, which fits any reference")


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
    units = [
        common_units(pair, (two.reference.scale, two.generated.scale), two.depth_scale)
        for two, pair in zip(each, pairs, strict=True)
    ]
    extents = common_extents((a, b), scored, units)
    scale = scales((a, b), scored, protocol, units, states)
    for poses, divisors in ((a, scale.reference), (b, scale.generated)):
        poses[..., :3, 3] /= divisors[:, None, None]
    unit = scale.unit
    if protocol.chunk:
        a, b = (chunked(poses, scored, protocol.chunk) for poses in (a, b))
        unit = ("own extent of each chunk",) * len(each)
    told = np.where(np.isfinite(scale.generated), scale.generated, scale.reference)
    divisors = np.stack([scale.reference, told], 1).tolist()
    covered = [_covered(meeting, protocol) for meeting in meetings]
    laid = tuple(
        Laid(
            comparison=Comparison(
                protocol=protocol,
                reference_trajectory=two.reference,
                generated_trajectory=two.generated,
                pair=pairs[i],
                reference=a[i],
                generated=b[i],
                unit=unit[i],
                no_unit=scale.no_unit[i],
                common_extents=extents[i],
            ),
            states=states[i],
            divisors=(divisors[i][0], divisors[i][1]),
            unit_deviation=_unit_deviation(two, protocol),
            covered=covered[i],
            notes=notes[i]
            + _held_still(states[i], protocol)
            + _short_overlap(covered[i], protocol)
            + _other_length(two, protocol)
            + _rows_left_out(two, protocol)
            + _assumed_rates(two, protocol),
        )
        for i, two in enumerate(each)
    )
    return Together(rows=rows, laid=laid, pairs=together([one.comparison for one in laid], (a, b), scored))


def _unit_deviation(two: Two, protocol: Protocol) -> float:
    """Of the scene's depth on both sides, where it is the common unit and errors are drawn."""
    if protocol.draws == 0 or two.depth_scale is not None or two.reference.scale == two.generated.scale == "metric":
        return 0.0
    return math.hypot(depth_deviation(two.reference), depth_deviation(two.generated))


def _assumed_rates(two: Two, protocol: Protocol) -> tuple[str, ...]:
    """What to say where seconds are a guess on a side."""
    sides = (("reference", two.reference), ("generated clip", two.generated))
    guessed = [who for who, t in sides if t.time_source == "assumed"]
    if protocol.time != "seconds" or not guessed:
        return ()
    if len(guessed) == 2:
        return ("neither clip's file carries times: frame rates were told or are assumed",)
    return (f"the file of the {guessed[0]} carries no times: its frame rate was told or is assumed",)


def _covered(meeting: Meeting, protocol: Protocol) -> tuple[float, float]:
    reference, asked = meeting.overlap, meeting.reference.known
    if protocol.span == "reference" and asked.any():
        reference = float(meeting.generated.inside[asked].mean())
    return reference, meeting.overlap_generated


def _held_still(states: tuple[MotionState, MotionState], protocol: Protocol) -> tuple[str, ...]:
    """What to say where one of the two is held still, and all of the other one's way is its error."""
    if protocol.static != "guard" or states[0].translates == states[1].translates:
        return ()
    who, state = ("generated clip", states[1]) if states[0].translates else ("reference", states[0])
    return (f"the {who} does not translate and is held still: {state.because}",)


def _short_overlap(covered: tuple[float, float], protocol: Protocol) -> tuple[str, ...]:
    """What to say where the clock leaves a good part of either clip out: perhaps its clocks do not run alike."""
    if protocol.time != "seconds" or min(covered) > 0.9:
        return ()
    return (
        f"by the clock, {covered[0]:.0%} of the reference's and {covered[1]:.0%} of the generated clip's duration are "
        "compared; if frames correspond, use --time index or --time progress",
    )


def _other_length(two: Two, protocol: Protocol) -> tuple[str, ...]:
    """What to say where frames meet one by one and one of the clips has more of them."""
    if protocol.time not in ("index", "truncate"):
        return ()
    return other_lengths(two.reference, two.generated, protocol.time, protocol.clock, "--time progress")


def _rows_left_out(two: Two, protocol: Protocol) -> tuple[str, ...]:
    """What to say where rows meet by their order and a clock shows that one of the files leaves some out."""
    if protocol.time not in ("index", "truncate"):
        return ()
    holes = [_holes(two.reference), _holes(two.generated)]
    if holes[0] == holes[1]:
        return ()
    who, rows = ("generated clip", holes[1]) if holes[1] else ("reference", holes[0])
    return (
        f"row meets row, and by its clock the {who} leaves frames out before row {rows[0]}: what comes after meets "
        "other frames; write frames without a pose as such, or use --time seconds",
    )


def _holes(path: Trajectory) -> tuple[int, ...]:
    """Rows before which a clock in seconds has a hole; none where its steps are uneven throughout."""
    if path.time_source == "index" or len(path) < FEWEST_ROWS:
        return ()
    steps = np.diff(path.time_s)
    rows = np.flatnonzero(steps > HOLE * np.median(steps)) + 1
    return tuple(rows.tolist()) if len(rows) <= MOST_HOLES * len(steps) else ()


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
