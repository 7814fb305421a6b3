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
) -> tuple[list[Pair], Float[np.ndarray, "b k 4 4"], Float[np.ndarray, "b k 4 4"]]:
    """Pairs at the points where they meet, of which all have equally many; and the poses of both sides."""
    first, second = [met.reference for met in meetings], [met.generated for met in meetings]
    a, b = _poses(first, references), _poses(second, generated)
    pairs = [
        Pair(
            axis=met.axis,
            axis_value=met.axis_value,
            reference_time_s=met.reference.time_s,
            generated_time_s=met.generated.time_s,
            reference=a[i],
            generated=b[i],
            scored=met.scored,
            charged=met.charged,
            excused=met.excused,
            overlap=met.overlap,
            overlap_generated=met.overlap_generated,
            reference_depth=_linear(references[i].scene_depth, met.reference),
            generated_depth=_linear(generated[i].scene_depth, met.generated),
            reference_log2_focal=_log2_focal(references[i], met.reference),
            generated_log2_focal=_log2_focal(generated[i], met.generated),
        )
        for i, met in enumerate(meetings)
    ]
    return pairs, a, b


def _poses(places: Sequence[Places], paths: Sequence[Trajectory]) -> Float[np.ndarray, "b k 4 4"]:
    """Each trajectory at its places. Those between frames are laid end to end, and interpolated as one."""
    poses = np.empty((len(paths), len(places[0].left), 4, 4))
    between: list[int] = []
    for i, (at, path) in enumerate(zip(places, paths, strict=True)):
        if at.on_frames:
            path.world_from_cam.take(at.left, axis=0, out=poses[i], mode="clip")  # unbuffered, which "raise" is not
        else:
            between.append(i)
    if between:
        starts = np.cumsum([0, *(len(paths[i]) for i in between[:-1])]).tolist()
        left, right = (
            np.concatenate([getattr(places[i], x) + start for i, start in zip(between, starts, strict=True)])
            for x in ("left", "right")
        )
        fraction, known = (np.concatenate([getattr(places[i], x) for i in between]) for x in ("fraction", "known"))
        frames = np.concatenate([paths[i].world_from_cam for i in between])
        poses[between] = interpolate_poses(frames, left, right, fraction, known).reshape(len(between), -1, 4, 4)
    return poses


def _log2_focal(path: Trajectory, at: Places) -> Float[np.ndarray, " k"] | None:
    focal = path.focal_px
    return None if focal is None else _linear(np.log2(focal), at)


def _linear(values: Float[np.ndarray, " n"] | None, at: Places) -> Float[np.ndarray, " k"] | None:
    """Values between frames, NaN outside."""
    if values is None:
        return None
    before, after = values[at.left], values[at.right]
    mixed = np.where(at.fraction == 0, before, before + at.fraction * (after - before))
    return np.where(at.inside, mixed, np.nan)
