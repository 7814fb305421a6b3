"""Does the camera translate at all? Asked before any division by a length."""

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


def von_neumann_ratio(positions: Float[np.ndarray, "n 3"]) -> float:
    """Mean squared successive difference over the variance (von Neumann 1941), over all axes; 0 if nothing moves."""
    apart, steps = (positions - positions.mean(0)).ravel(), (positions[1:] - positions[:-1]).ravel()
    variance = float(apart @ apart) / len(positions)
    if variance == 0:
        return 0.0
    return float(steps @ steps) / (len(positions) - 1) / variance


def translation_state(trajectory: Trajectory) -> MotionState:
    """Whether a trajectory translates beyond what its scale, its depth or its noise can tell from standing still."""
    positions = trajectory.positions[trajectory.valid]
    if len(positions) == 0:
        return MotionState(translates=False, because="no frame has a pose")
    if trajectory.scale == "bounded":
        return MotionState(translates=False, because="the estimator saw no translation")
    words = ""
    away = positions - positions[0]
    extent = float(np.sqrt(np.einsum("ki,ki->k", away, away).max()))
    # Differences of large coordinates carry rounding of their size.
    if extent <= 1e-12 * float(np.abs(positions).max(initial=1e-300)):
        return MotionState(translates=False, because="the positions are all equal")
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
    if len(positions) >= NOISE_FRAMES:
        ratio = von_neumann_ratio(positions)
        if ratio > NOISE_RATIO:
            return MotionState(translates=False, because=f"its positions are noise (von Neumann ratio {ratio:.2g})")
    return MotionState(translates=True, because=words or f"its positions spread over {extent:.3g}")
