"""Which pose meets which: two trajectories on one axis of comparison."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int

from compare.protocols import Clock, Protocol
from compare.rows import Axis
from compare.shots import ELSEWHERE
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.model import Trajectory
from trajectory.resample import brackets

HOLE = 1.5
"""A gap this many times as long as the steps of a clip is a hole: frames are missing there."""
SLOWEST_S, SLOWEST_FRAMES = 0.25, 6.0
"""Four frames a second (six at 24) is the slowest clip that is taken for one: generators give 6 and more."""
ROUNDING = 1e-6
"""Share of a step by which printed times may be off."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """Where a trajectory is looked at: between which of its frames.

    Attributes:
        time_s: (k,) the points of comparison on its own `time_s`.
        left, right: (k,) the frame at or before each, and the one after it.
        fraction: (k,) of the way from one to the other.
        known: (k,) it has a pose there.
        inside: (k,) it lasts so long.
        on_frames: each is on a frame that has a pose.
    """

    time_s: Float[np.ndarray, " k"]
    left: Int[np.ndarray, " k"]
    right: Int[np.ndarray, " k"]
    fraction: Float[np.ndarray, " k"]
    known: Bool[np.ndarray, " k"]
    inside: Bool[np.ndarray, " k"]
    on_frames: bool


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Meeting:
    """Where a reference and a generated clip meet, whatever their poses are.

    Attributes:
        axis: what the points are counted in.
        axis_value: (k,) the points, in the unit of `axis`: seconds since the start, frames, or share of the clip.
        reference, generated: where each is looked at.
        scored, charged, excused: (k,) as of a `Pair`.
        overlap, overlap_generated: share of each clip's duration that is compared.
    """

    axis: Axis
    axis_value: Float[np.ndarray, " k"]
    reference: Places
    generated: Places
    scored: Bool[np.ndarray, " k"]
    charged: Bool[np.ndarray, " k"]
    excused: Bool[np.ndarray, " k"]
    overlap: float
    overlap_generated: float


def clock(trajectory: Trajectory) -> Hashable:
    """All that `meet` looks at: clips of equal clocks meet alike."""
    times, valid = trajectory.time_s.tobytes(), trajectory.valid.tobytes()
    lost = _lost(trajectory).tobytes() if b"\0" in valid else b""
    return times, valid, lost, trajectory.time_source, _is_estimate(trajectory)


def check_time_sources(
    reference: Trajectory, generated: Trajectory, time: str, ways: str = "--time index or --time progress"
) -> None:
    """Refuse to compare clocks of different kinds unless the association does not need them.

    Frames over an assumed rate are seconds as good as are known: many generated files carry no times at all.

    Args:
        ways: how else the protocol can associate them.
    """
    kinds = {"seconds" if t.time_source == "assumed" else t.time_source for t in (reference, generated)}
    if time == "seconds" and len(kinds) > 1:
        raise TimeSourceError(
            f"the reference counts time in {reference.time_source!r} and the generated clip in "
            f"{generated.time_source!r}, expected the same; tell the rate of the one that counts (cinetraj "
            f"estimate --fps), or say how to associate them: {ways}"
        )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Sampling:
    """Where one trajectory is looked at.

    Attributes:
        trajectory: what is looked at.
        axis: (n,) the value of each of its frames on the axis that both clips share.
        at: (k,) the points of comparison on that axis.
        vouched: (k,) where its poses stand for the time around them; None: wherever there are poses on both sides.
        bridges: whether frames without a pose are as if they were not there: what is vouched for lies between the poses
            before and after them.
    """

    trajectory: Trajectory
    axis: np.ndarray
    at: np.ndarray
    vouched: np.ndarray | None = None
    bridges: bool = False


def meet(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Meeting:
    """Bring two trajectories onto the points of comparison that the protocol asks for.

    Raises:
        CinetrajError: the two share no time or no frame.
        TimeSourceError: their clocks are of different kinds and the protocol compares clocks.
    """
    check_time_sources(reference, generated, protocol.time)
    if protocol.time == "seconds":
        return _by_clock(reference, generated, protocol)
    if protocol.time == "progress":
        return _by_progress(reference, generated, protocol)
    return _by_rows(reference, generated, protocol)


def _by_rows(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Meeting:
    """Row with row, the longer one cut or brought to the shorter one's length; or frame number with frame number."""
    n, m = len(reference), len(generated)
    k = min(n, m)
    a_axis, b_axis = _rows_axis(n), _rows_axis(m)
    if protocol.time == "downsample":
        share = _shares(k)
        a = _Sampling(trajectory=reference, axis=a_axis, at=share * (n - 1))
        b = _Sampling(trajectory=generated, axis=b_axis, at=share * (m - 1))
        return _meeting(a, b, "progress", share, (1.0, 1.0))
    common = shared = _rows_axis(k)
    if protocol.time == "index":
        a_axis, b_axis = frame_numbers(reference, protocol.clock), frame_numbers(generated, protocol.clock)
        common = shared = np.intersect1d(a_axis, b_axis)
        if len(common) == 0:
            raise CinetrajError("the clips share no frame number; associate them with --time progress")
    if protocol.span == "reference":
        common = a_axis
    a = _Sampling(trajectory=reference, axis=a_axis, at=common)
    b = _Sampling(trajectory=generated, axis=b_axis, at=common, vouched=np.isin(common, shared))
    return _meeting(a, b, "frames", common, (len(shared) / n, len(shared) / m))


def _by_progress(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Meeting:
    spans = [float(t.time_s[-1] - t.time_s[0]) for t in (reference, generated)]
    share = _shares(protocol.samples if spans[0] > 0 else 1)
    at = [t.time_s[0] + share * span for t, span in zip((reference, generated), spans, strict=True)]
    a = _Sampling(trajectory=reference, axis=reference.time_s, at=at[0])
    b = _Sampling(trajectory=generated, axis=generated.time_s, at=at[1])
    if protocol.span == "reference":
        begun, ahead = (
            (t.time_s - t.time_s[0]) / span if span > 0 else np.zeros(1)  # a clip of one frame has no progress
            for t, span in zip((reference, generated), spans, strict=True)
        )
        step = 1.0 / max(len(reference) - 1, 1)
        longest = longest_step(generated) / spans[1] if spans[1] > 0 else 0.0
        own = np.maximum(_gaps(begun[reference.valid], share), _gaps_of_frames(generated, ahead, share, longest))
        vouched = stands_for(ahead[generated.valid], share, step, longest, own)
        b = replace(b, vouched=vouched, bridges=True)
    return _meeting(a, b, "progress", share, (1.0, 1.0))


def _by_clock(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Meeting:
    a_axis, b_axis = reference.time_s, generated.time_s
    shared = protocol.clock == "shared"
    a_zero, b_zero = (0.0, 0.0) if shared else (float(a_axis[0]), float(b_axis[0]))
    start = max(float(a_axis[0]) - a_zero, float(b_axis[0]) - b_zero)
    end = min(float(a_axis[-1]) - a_zero, float(b_axis[-1]) - b_zero)
    if end < start:
        raise CinetrajError(
            "the clips share no time; if their clocks differ, use --time index (frames correspond) or --time progress"
        )
    spans = (float(a_axis[-1] - a_axis[0]), float(b_axis[-1] - b_axis[0]))
    overlap = tuple(1.0 if span == 0 else float((end - start) / span) for span in spans)
    if protocol.span == "reference":
        start, end = float(a_axis[0]) - a_zero, float(a_axis[-1]) - a_zero
    time: np.ndarray = np.linspace(start, end, protocol.samples) if end > start else np.array([start])
    a = _Sampling(trajectory=reference, axis=a_axis, at=time + a_zero)
    b = _Sampling(trajectory=generated, axis=b_axis, at=time + b_zero)
    if protocol.span == "reference":
        b = _held(b, reference, _gaps(a_axis[reference.valid], a.at))
    axis: Axis = "frames" if reference.time_source == "index" else "seconds"
    return _meeting(a, b, axis, time - start, (overlap[0], overlap[1]))


def _held(side: _Sampling, reference: Trajectory, gaps: Float[np.ndarray, " k"]) -> _Sampling:
    """A generated clip that is asked for all of the reference's time; its last pose lasts as long as the others.

    Args:
        side: the generated clip.
        reference: the other one.
        gaps: how far its poses are apart around each point.
    """
    axis, poses = side.axis, side.axis[side.trajectory.valid]
    step, longest = _typical_step(reference.time_s), longest_step(side.trajectory)
    own = np.maximum(gaps, _gaps_of_frames(side.trajectory, axis, side.at, longest))
    vouched, at = stands_for(poses, side.at, step, longest, own), side.at
    if len(poses) and not _lost(side.trajectory)[-1]:  # of a frame that is there we know that its pose is another one
        beyond = poses[-1] + _nominal_step(poses, step, longest) * (1 + ROUNDING)
        at = np.where(at <= beyond, np.minimum(at, poses[-1]), at)
        vouched |= at == poses[-1]
    return _Sampling(trajectory=side.trajectory, axis=axis, at=at, vouched=vouched, bridges=True)


def _gaps(poses: Float[np.ndarray, " m"], at: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """How far the poses of a clip are apart around each point; 0 on a pose and where none lies on both sides."""
    if len(poses) == 0:
        return np.zeros(len(at))
    before, after = _around(poses, at)
    return np.where((at >= poses[0]) & (at <= poses[-1]), poses[after] - poses[before], 0.0)


def _around(
    axis: Float[np.ndarray, " n"], at: Float[np.ndarray, " k"]
) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"]]:
    """The rows before and after each point; a row that it is on is both."""
    after = np.clip(np.searchsorted(axis, at), 0, len(axis) - 1)
    return np.where(axis[after] > at, np.maximum(after - 1, 0), after), after


def _gaps_of_frames(
    trajectory: Trajectory, axis: Float[np.ndarray, " n"], at: Float[np.ndarray, " k"], longest: float
) -> Float[np.ndarray, " k"]:
    """As `_gaps`, where the clip is known to have no frame in between: 0 for files, which may leave frames out.

    An estimate has all frames of its clip, with a pose or without, so that a long step between two with a pose is the
    clip's own; up to `longest`, beyond which frames were chosen.
    """
    if not _is_estimate(trajectory):
        return np.zeros(len(at))
    left, _, known, _ = brackets(trajectory.valid, axis, at)
    gap = axis[np.minimum(left + 1, len(axis) - 1)] - axis[left]
    return np.where(known & (gap <= longest), gap, 0.0)


def longest_step(trajectory: Trajectory) -> float:
    """The longest step between frames that a clip as a whole may have, on its own axis of time."""
    return SLOWEST_FRAMES if trajectory.time_source == "index" else SLOWEST_S


def stands_for(
    poses: Float[np.ndarray, " m"],
    at: Float[np.ndarray, " k"],
    step: float,
    longest: float,
    own: Float[np.ndarray, " k"],
) -> Bool[np.ndarray, " k"]:
    """Where the poses of a clip stand for the time around them; elsewhere there is a hole that nothing bridges.

    A frame stands for the time up to the next one, so that the rate of a clip does not matter. A gap much longer than
    the clip's own steps is no frame: beside it a pose stands for half a step. Unless the reference's poses are as far
    apart there, or the clip's own frames are: uneven clocks are no holes. A clip whose steps are all that long is no
    clip but a choice of its frames, each of which stands for a frame of the reference.

    Args:
        poses: when the clip has a pose, on the axis of the comparison.
        at: the points of comparison.
        step: between frames of the reference.
        longest: step that a clip may have.
        own: step around each point that is no hole in any case.
    """
    if len(poses) == 0:
        return np.zeros(len(at), dtype=bool)
    nominal = _nominal_step(poses, step, longest)
    widest = float((poses[1:] - poses[:-1]).max(initial=0.0))
    inside = (at >= poses[0]) & (at <= poses[-1])
    if widest <= HOLE * max(nominal, step) and inside.all():
        return inside
    right = np.clip(np.searchsorted(poses, at), 0, len(poses) - 1)
    left = np.maximum(right - 1, 0)
    gap = poses[right] - poses[left]
    near = np.minimum(np.abs(poses[right] - at), np.abs(at - poses[left])) <= nominal / 2 * (1 + ROUNDING)
    return near | (inside & (gap <= HOLE * np.maximum(own, max(nominal, step))))


def _nominal_step(axis: np.ndarray, step: float, longest: float) -> float:
    own = _typical_step(axis)
    return own if 0 < own <= max(longest, HOLE * step) else step


def _typical_step(axis: np.ndarray) -> float:
    """A step between neighbours that is not one over a hole: nine of ten are as long, or longer."""
    if len(axis) < 2:
        return 0.0
    steps = np.sort(axis[1:] - axis[:-1])
    return float(steps[len(steps) // 10])


def _shares(count: int) -> np.ndarray:
    return np.linspace(0.0, 1.0, count) if count > 1 else np.zeros(1)


def _rows_axis(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.float64)


def frame_numbers(trajectory: Trajectory, clock: Clock) -> Float[np.ndarray, " n"]:
    """Frame numbers: the time axis where it counts frames, else the rows."""
    if trajectory.time_source != "index":
        return _rows_axis(len(trajectory))
    return trajectory.time_s - (trajectory.time_s[0] if clock == "from_start" else 0.0)


def _meeting(
    reference: _Sampling, generated: _Sampling, axis: Axis, axis_value: np.ndarray, overlap: tuple[float, float]
) -> Meeting:
    a, b = _places(reference), _places(generated)
    excused = a.known & ~b.known & _undetermined(generated, b)
    return Meeting(
        axis=axis,
        axis_value=axis_value,
        reference=a,
        generated=b,
        scored=a.known & b.known,
        charged=a.known & ~b.known & ~excused,
        excused=excused,
        overlap=overlap[0],
        overlap_generated=overlap[1],
    )


def _undetermined(side: _Sampling, places: Places) -> Bool[np.ndarray, " k"]:
    """Points beside a frame whose pose its estimator could not find, or put into another shot."""
    if side.trajectory.valid.all():
        return np.zeros(len(side.at), dtype=bool)
    lost = _lost(side.trajectory)
    before, after = _around(side.axis, side.at)
    return places.inside & (lost[before] | lost[after])


def _lost(trajectory: Trajectory) -> Bool[np.ndarray, " n"]:
    """Frames that are there, and whose pose we do not know."""
    if _is_estimate(trajectory):
        return ~trajectory.valid
    reason = trajectory.reason or ("",) * len(trajectory)
    return np.array([why == ELSEWHERE for why in reason])


def one_pose_only(reference: Trajectory, generated: Trajectory) -> bool:
    """Whether a generated clip has one pose where the reference has more, and no frame whose pose we do not know."""
    return bool(reference.valid.sum() > 1) and has_one_pose(generated)


def has_one_pose(clip: Trajectory) -> bool:
    """Whether a clip has one pose, and no frame whose pose we do not know."""
    return bool(clip.valid.sum() == 1) and not _lost(clip).any()


def _is_estimate(trajectory: Trajectory) -> bool:
    """Whether an estimator made it, which has a row for each frame of its clip."""
    return trajectory.provenance is not None and "status" in trajectory.provenance.evidence


def _places(side: _Sampling) -> Places:
    trajectory, time_s = side.trajectory, side.trajectory.time_s
    left, fraction, known, inside = brackets(trajectory.valid, side.axis, side.at)
    right = np.minimum(left + 1, len(time_s) - 1)
    if side.bridges and not trajectory.valid.all() and trajectory.valid.any():
        rows = np.flatnonzero(trajectory.valid)
        before, fraction, known, _ = brackets(trajectory.valid[rows], side.axis[rows], side.at)
        left, right = rows[before], rows[np.minimum(before + 1, len(rows) - 1)]
    known = known if side.vouched is None else known & side.vouched
    return Places(
        time_s=side.at if side.axis is time_s else np.interp(side.at, side.axis, time_s),
        left=left,
        right=right,
        fraction=fraction,
        known=known,
        inside=inside,
        on_frames=bool(known.all()) and not fraction.any(),
    )
