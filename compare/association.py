"""Which pose meets which: two trajectories on one axis of comparison."""

from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from jaxtyping import Bool, Float

from compare.protocols import Protocol
from trajectory.errors import CinetrajError, TimeSourceError
from trajectory.model import Trajectory
from trajectory.resample import brackets, interpolate_poses


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A reference and a generated path at the same points of comparison.

    axis_value: the points, in the unit of `axis`: seconds since the start, frames, or share of the clip.
    scored: both have a pose. charged: the reference has one, the generated clip has none.
    reference_time_s, generated_time_s: the same points on each clip's own `time_s`.
    overlap, overlap_generated: share of each clip's duration that is compared.
    reference_depth, generated_depth: median scene depth at the points, NaN where unknown, or None.
    reference_log2_focal, generated_log2_focal: log2 of the focal length in pixels, or None.
    """

    axis: Literal["seconds", "frames", "progress"]
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


def associate(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Pair:
    """Bring two trajectories onto the points of comparison that the protocol asks for."""
    check_time_sources(reference, generated, protocol.time)
    n, m = len(reference), len(generated)
    if protocol.time == "truncate":
        k = min(n, m)
        rows = np.arange(k, dtype=np.float64)
        return _at(reference, generated, _rows_axis(n), _rows_axis(m), rows, rows, "frames", rows, (k / n, k / m))
    if protocol.time in ("downsample", "progress"):
        k = min(n, m) if protocol.time == "downsample" else protocol.samples
        share = np.linspace(0.0, 1.0, k) if k > 1 else np.zeros(1)
        if protocol.time == "downsample":
            a, b = share * (n - 1), share * (m - 1)
            return _at(reference, generated, _rows_axis(n), _rows_axis(m), a, b, "progress", share, (1.0, 1.0))
        a = reference.time_s[0] + share * (reference.time_s[-1] - reference.time_s[0])
        b = generated.time_s[0] + share * (generated.time_s[-1] - generated.time_s[0])
        return _at(reference, generated, reference.time_s, generated.time_s, a, b, "progress", share, (1.0, 1.0))
    if protocol.time == "index":
        a_axis, b_axis = _frame_numbers(reference, protocol), _frame_numbers(generated, protocol)
        common = np.intersect1d(a_axis, b_axis)
        if len(common) == 0:
            raise CinetrajError("the clips share no frame number; associate them with --time progress")
        overlap = (len(common) / n, len(common) / m)
        return _at(reference, generated, a_axis, b_axis, common, common, "frames", common, overlap)
    return _by_clock(reference, generated, protocol)


def _by_clock(reference: Trajectory, generated: Trajectory, protocol: Protocol) -> Pair:
    a_axis, b_axis = reference.time_s, generated.time_s
    shared = protocol.clock == "shared"
    a_zero, b_zero = (0.0, 0.0) if shared else (float(a_axis[0]), float(b_axis[0]))
    start = max(a_axis[0] - a_zero, b_axis[0] - b_zero)
    end = min(a_axis[-1] - a_zero, b_axis[-1] - b_zero)
    if end < start:
        raise CinetrajError("the clips share no time; if their clocks differ, associate them with --time progress")
    time = np.linspace(start, end, protocol.samples) if end > start else np.array([start])
    spans = (float(a_axis[-1] - a_axis[0]), float(b_axis[-1] - b_axis[0]))
    overlap = tuple(1.0 if span == 0 else float((end - start) / span) for span in spans)
    axis: Literal["seconds", "frames"] = "frames" if reference.time_source == "index" else "seconds"
    return _at(
        reference, generated, a_axis, b_axis, time + a_zero, time + b_zero, axis, time - start, (overlap[0], overlap[1])
    )


def _rows_axis(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.float64)


def _frame_numbers(trajectory: Trajectory, protocol: Protocol) -> np.ndarray:
    """Frame numbers: the time axis where it counts frames, else the rows."""
    if trajectory.time_source != "index":
        return _rows_axis(len(trajectory))
    return trajectory.time_s - (trajectory.time_s[0] if protocol.clock == "from_start" else 0.0)


def _at(
    reference: Trajectory,
    generated: Trajectory,
    reference_axis: np.ndarray,
    generated_axis: np.ndarray,
    reference_at: np.ndarray,
    generated_at: np.ndarray,
    axis: Literal["seconds", "frames", "progress"],
    axis_value: np.ndarray,
    overlap: tuple[float, float],
) -> Pair:
    a = _sampled(reference, reference_axis, reference_at)
    b = _sampled(generated, generated_axis, generated_at)
    return Pair(
        axis=axis,
        axis_value=axis_value,
        reference_time_s=_times(reference, reference_axis, reference_at),
        generated_time_s=_times(generated, generated_axis, generated_at),
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


def _times(trajectory: Trajectory, axis: np.ndarray, at: np.ndarray) -> np.ndarray:
    return at if axis is trajectory.time_s else np.interp(at, axis, trajectory.time_s)


def _sampled(
    trajectory: Trajectory, axis: np.ndarray, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]:
    left, fraction, known, inside = brackets(trajectory.valid, axis, at)
    right = np.minimum(left + 1, len(axis) - 1)
    poses = interpolate_poses(trajectory.world_from_cam, left, fraction, known)

    def linear(values: np.ndarray | None) -> np.ndarray | None:
        if values is None:
            return None
        mixed = np.where(fraction == 0, values[left], values[left] + fraction * (values[right] - values[left]))
        return np.where(inside, mixed, np.nan)

    focal = trajectory.focal_px
    return poses, known, linear(trajectory.scene_depth), linear(None if focal is None else np.log2(focal))
