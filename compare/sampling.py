"""The paths of pairs at the points where they meet: the poses of many pairs are interpolated at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float

from compare.association import Meeting, Places
from compare.rows import Axis
from trajectory.model import Trajectory
from trajectory.resample import interpolate_poses


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
        excused: (k,) so too, but it is the estimator that found none of a frame that is there; with `charged` and
            `scored` all that the reference has.
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
    excused: Bool[np.ndarray, " k"]
    overlap: float
    overlap_generated: float
    reference_depth: Float[np.ndarray, " k"] | None = None
    generated_depth: Float[np.ndarray, " k"] | None = None
    reference_log2_focal: Float[np.ndarray, " k"] | None = None
    generated_log2_focal: Float[np.ndarray, " k"] | None = None


def sampled(
    meetings: Sequence[Meeting], references: Sequence[Trajectory], generated: Sequence[Trajectory]
) -> list[Pair]:
    """Each pair at the points where it meets."""
    first = _side([met.reference for met in meetings], references)
    second = _side([met.generated for met in meetings], generated)
    return [
        Pair(
            axis=met.axis,
            axis_value=met.axis_value,
            reference_time_s=met.reference.time_s,
            generated_time_s=met.generated.time_s,
            reference=a.poses,
            generated=b.poses,
            scored=met.scored,
            charged=met.charged,
            excused=met.excused,
            overlap=met.overlap,
            overlap_generated=met.overlap_generated,
            reference_depth=a.depth,
            generated_depth=b.depth,
            reference_log2_focal=a.log2_focal,
            generated_log2_focal=b.log2_focal,
        )
        for met, a, b in zip(meetings, first, second, strict=True)
    ]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Sampled:
    """One trajectory at its places: poses, median scene depths, and log2 of the focal length in pixels."""

    poses: Float[np.ndarray, "k 4 4"]
    depth: Float[np.ndarray, " k"] | None
    log2_focal: Float[np.ndarray, " k"] | None


def _side(places: Sequence[Places], paths: Sequence[Trajectory]) -> list[_Sampled]:
    """Each trajectory at its places; their frames are laid end to end, and interpolated as those of one."""
    starts = np.cumsum([0, *(len(path) for path in paths[:-1])]).tolist()
    left = np.concatenate([at.left + start for at, start in zip(places, starts, strict=True)])
    fraction = np.concatenate([at.fraction for at in places])
    known = np.concatenate([at.known for at in places])
    poses = interpolate_poses(np.concatenate([path.world_from_cam for path in paths]), left, fraction, known)
    ends = np.cumsum([len(at.left) for at in places]).tolist()
    found: list[_Sampled] = []
    for at, path, end in zip(places, paths, ends, strict=True):
        focal = path.focal_px
        found.append(
            _Sampled(
                poses=poses[end - len(at.left) : end],
                depth=_linear(path.scene_depth, at),
                log2_focal=_linear(None if focal is None else np.log2(focal), at),
            )
        )
    return found


def _linear(values: Float[np.ndarray, " n"] | None, at: Places) -> Float[np.ndarray, " k"] | None:
    """Values between frames, NaN outside."""
    if values is None:
        return None
    before, after = values[at.left], values[np.minimum(at.left + 1, len(values) - 1)]
    mixed = np.where(at.fraction == 0, before, before + at.fraction * (after - before))
    return np.where(at.inside, mixed, np.nan)
