"""Does the camera translate at all? Asked before any division by a length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

from trajectory.model import Trajectory

PARALLAX_FLOOR = 0.005
"""A translation below this share of the scene's depth is no move: half a percent of a field of view of one radian."""
METRIC_FLOOR_M = 0.002
"""Without a depth, a metric path that stays within two millimetres is no move."""
NOISE_RATIO = 1.0
"""von Neumann's ratio (successive differences over variance): 2 for white noise, near 0 for any move."""
NOISE_FRAMES = 8
"""Fewer frames than this and the ratio says nothing."""


@final
@dataclass(frozen=True, kw_only=True)
class MotionState:
    """Whether the camera translates, and how that was decided."""

    translates: bool
    because: str


NOTHING = MotionState(translates=False, because="no frame has a pose")


def von_neumann_ratio(positions: Float[np.ndarray, "*b n 3"]) -> Float[np.ndarray, "*b"]:
    """Mean squared successive difference over the variance (von Neumann 1941), over all axes; 0 if nothing moves."""
    apart, steps = positions - positions.mean(-2, keepdims=True), np.diff(positions, axis=-2)
    variance, change = (np.einsum("...ki,...ki->...", x, x) / max(x.shape[-2], 1) for x in (apart, steps))
    return np.divide(change, variance, out=np.zeros_like(variance), where=variance > 0)


def translation_state(trajectory: Trajectory) -> MotionState:
    """Whether a trajectory translates beyond what its scale, its depth or its noise can tell from standing still."""
    return translation_states((trajectory,))[0]


def translation_states(trajectories: Sequence[Trajectory]) -> list[MotionState]:
    """`translation_state` of many; those with equally many poses are looked at together."""
    found: dict[int, MotionState] = {}
    for rows, positions in _stacked(trajectories):
        away = positions - positions[:, :1]
        extents = np.sqrt(np.einsum("bki,bki->bk", away, away).max(1, initial=0.0))
        rounding = 1e-12 * np.abs(positions).reshape(len(rows), -1).max(1, initial=1e-300)
        ratios = von_neumann_ratio(positions) if positions.shape[1] >= NOISE_FRAMES else np.zeros(len(rows))
        # Differences of large coordinates carry rounding of their size.
        sizes = np.where(extents > rounding, extents, 0.0).tolist()
        for i, size, ratio in zip(rows, sizes, ratios.tolist(), strict=True):
            found[i] = _state(trajectories[i], size, ratio) if positions.size else NOTHING
    return [found[i] for i in range(len(trajectories))]


def _stacked(trajectories: Sequence[Trajectory]) -> Iterator[tuple[list[int], Float[np.ndarray, "b k 3"]]]:
    """The positions of trajectories with equally many poses, and which these are."""
    counts = [int(np.count_nonzero(t.valid)) for t in trajectories]
    for count in dict.fromkeys(counts):
        rows = [i for i, own in enumerate(counts) if own == count]
        alike = [trajectories[i] for i in rows]
        yield rows, np.stack([t.positions if len(t) == count else t.positions[t.valid] for t in alike])


def _state(trajectory: Trajectory, extent: float, noise_ratio: float) -> MotionState:
    """The verdict, from the largest distance between the first pose and another, and von Neumann's ratio."""
    if trajectory.scale == "bounded":
        return MotionState(translates=False, because="the estimator saw no translation")
    if extent == 0:
        return MotionState(translates=False, because="the positions are all equal")
    words = ""
    if trajectory.scene_depth is not None:
        depth = trajectory.scene_depth[trajectory.valid]
        depth = depth[np.isfinite(depth)]
        if len(depth):
            share = extent / float(np.median(depth))
            words = f"it moves {share:.2g} of the scene's depth"
            if share < PARALLAX_FLOOR:
                return MotionState(translates=False, because=words)
    if trajectory.scale == "metric" and extent < METRIC_FLOOR_M:
        return MotionState(translates=False, because=f"it moves {extent * 1000:.2g} mm")
    if noise_ratio > NOISE_RATIO:
        why = f"its positions are noise (von Neumann ratio {noise_ratio:.2g})"
        return MotionState(translates=False, because=why)
    return MotionState(translates=True, because=words or f"its positions spread over {extent:.3g}")
