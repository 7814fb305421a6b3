"""Which pose meets which: two trajectories on one axis of comparison."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float

from compare.protocols import Protocol
from compare.rows import Axis
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.model import Trajectory
from trajectory.resample import brackets, interpolate_poses


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A reference and a generated path at the same points of comparison.

    Attributes:
        axis: what the points are counted in.
        axis_value: (k,) the points, in the unit of `axis`: seconds since the start, frames, or share of the clip.
        reference_time_s, generated_time_s: (k,) the same points on each clip's own `time_s`.
        reference, generated: (k, 4, 4) camera-to-world in OpenCV axes, each in its own world.
        scored: (k,) both have a pose.
        charged: (k,) the reference has one, the generated clip has none.
        overlap, overlap_generated: share of each clip's duration that is compared.
        reference_depth, generated_depth: (k,) median scene depth, NaN where unknown, or None.
        reference_log2_focal, generated_log2_focal: (k,) log2 of the focal length in pixels, or None.
    """

    axis: Axis
    axis_value: Float[np.ndarray, " k"]
    reference_time_s: Float[np.ndarray, " k"]
    generated_time_s: Float[np.ndarray, " k"]
    reference: Float[np.ndarray, "k 4 4"]
    generated: Float[np.ndarray, "k 4 4"]
    scored: Bool[np.ndarray, " k"]
    charged: Bool[np.ndarray, " k"]
    overlap: float
    overlap_generated: float
    reference_depth: Float[np.ndarray, " k"] | None = None
    generated_depth: Float[np.ndarray, " k"] | None = None
    reference_log2_focal: Float[np.ndarray, " k"] | None = None
    generated_log2_focal: Float[np.ndarray, " k"] | None = None


def check_time_sources(reference: Trajectory, generated: Trajectory, time: str) -> None:
    """Refuse to compare clocks of different kinds unless the association does not need them."""
    if time == "seconds" and reference.time_source != generated.time_source:
        raise TimeSourceError(
            f"the reference counts time in {reference.time_source!r} and the generated clip in "
            f"{generated.time_source!r}, expected the same; say how to associate them: --time index or --time progress"
        )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Sampling:
    """Where one trajectory is looked at.

    Attributes:
        trajectory: what is looked at.
        axis: (n,) the value of each of its frames on the axis that both clips share.
        at: (k,) the points of comparison on that axis.
    """

    trajectory: Trajectory
    axis: np.ndarray
    at: np.ndarray


def associate(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Pair:
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


def _by_rows(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Pair:
    """Row with row, the longer one cut or brought to the shorter one's length; or frame number with frame number."""
    n, m = len(reference), len(generated)
    k = min(n, m)
    a_axis, b_axis = _rows_axis(n), _rows_axis(m)
    if protocol.time == "downsample":
        share = _shares(k)
        a = _Sampling(trajectory=reference, axis=a_axis, at=share * (n - 1))
        b = _Sampling(trajectory=generated, axis=b_axis, at=share * (m - 1))
        return _pair(a, b, "progress", share, (1.0, 1.0))
    common = _rows_axis(k)
    if protocol.time == "index":
        a_axis, b_axis = _frame_numbers(reference, protocol), _frame_numbers(generated, protocol)
        common = np.intersect1d(a_axis, b_axis)
        if len(common) == 0:
            raise CinetrajError("the clips share no frame number; associate them with --time progress")
    a = _Sampling(trajectory=reference, axis=a_axis, at=common)
    b = _Sampling(trajectory=generated, axis=b_axis, at=common)
    return _pair(a, b, "frames", common, (len(common) / n, len(common) / m))


def _by_progress(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Pair:
    share = _shares(protocol.samples)
    a, b = (
        _Sampling(trajectory=t, axis=t.time_s, at=t.time_s[0] + share * (t.time_s[-1] - t.time_s[0]))
        for t in (reference, generated)
    )
    return _pair(a, b, "progress", share, (1.0, 1.0))


def _by_clock(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Pair:
    a_axis, b_axis = reference.time_s, generated.time_s
    shared = protocol.clock == "shared"
    a_zero, b_zero = (0.0, 0.0) if shared else (float(a_axis[0]), float(b_axis[0]))
    start = max(float(a_axis[0]) - a_zero, float(b_axis[0]) - b_zero)
    end = min(float(a_axis[-1]) - a_zero, float(b_axis[-1]) - b_zero)
    if end < start:
        raise CinetrajError("the clips share no time; if their clocks differ, associate them with --time progress")
    time: np.ndarray = np.linspace(start, end, protocol.samples) if end > start else np.array([start])
    spans = (float(a_axis[-1] - a_axis[0]), float(b_axis[-1] - b_axis[0]))
    overlap = tuple(1.0 if span == 0 else float((end - start) / span) for span in spans)
    a = _Sampling(trajectory=reference, axis=a_axis, at=time + a_zero)
    b = _Sampling(trajectory=generated, axis=b_axis, at=time + b_zero)
    axis: Axis = "frames" if reference.time_source == "index" else "seconds"
    return _pair(a, b, axis, time - start, (overlap[0], overlap[1]))


def _shares(count: int) -> np.ndarray:
    return np.linspace(0.0, 1.0, count) if count > 1 else np.zeros(1)


def _rows_axis(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.float64)


def _frame_numbers(trajectory: Trajectory, protocol: Protocol) -> np.ndarray:
    """Frame numbers: the time axis where it counts frames, else the rows."""
    if trajectory.time_source != "index":
        return _rows_axis(len(trajectory))
    return trajectory.time_s - (trajectory.time_s[0] if protocol.clock == "from_start" else 0.0)


def _pair(
    reference: _Sampling, generated: _Sampling, axis: Axis, axis_value: np.ndarray, overlap: tuple[float, float]
) -> Pair:
    a, b = _sampled(reference), _sampled(generated)
    return Pair(
        axis=axis,
        axis_value=axis_value,
        reference_time_s=_times(reference),
        generated_time_s=_times(generated),
        reference=a[0],
        generated=b[0],
        scored=a[1] & b[1],
        charged=a[1] & ~b[1],
        overlap=overlap[0],
        overlap_generated=overlap[1],
        reference_depth=a[2],
        generated_depth=b[2],
        reference_log2_focal=a[3],
        generated_log2_focal=b[3],
    )


def _times(side: _Sampling) -> np.ndarray:
    time_s = side.trajectory.time_s
    return side.at if side.axis is time_s else np.interp(side.at, side.axis, time_s)


def _sampled(side: _Sampling) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Poses, where they are known, scene depths and log2 of the focal length in pixels, at the points of comparison."""
    trajectory = side.trajectory
    left, fraction, known, inside = brackets(trajectory.valid, side.axis, side.at)
    right = np.minimum(left + 1, len(side.axis) - 1)
    poses = interpolate_poses(trajectory.world_from_cam, left, fraction, known)

    def linear(values: np.ndarray | None) -> np.ndarray | None:
        if values is None:
            return None
        mixed = np.where(fraction == 0, values[left], values[left] + fraction * (values[right] - values[left]))
        return np.where(inside, mixed, np.nan)

    focal = trajectory.focal_px
    return poses, known, linear(trajectory.scene_depth), linear(None if focal is None else np.log2(focal))
