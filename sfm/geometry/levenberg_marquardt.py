"""Damping and bounds of Levenberg-Marquardt steps, for the adjuster and the resection alike, and their summary."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float


@final
@dataclass(frozen=True, kw_only=True)
class LevenbergMarquardt:
    """Settings of the solver (Levenberg 1944, Marquardt 1963; Triggs et al. 2000, Bundle Adjustment, §3.1).

    Attributes:
        iterations: steps at most.
        tolerance: share of the cost that a step must gain to go on.
        damping: of the first step, relative to the diagonal of the system.
        shrink, grow: what the damping is multiplied with after a step that gained, and after one that did not.
        least_damping, most_damping: where it stays.
        stalled_damping: beyond this a step that did not gain ends the search.
        max_turn_rad, max_log_zoom, max_log_focal: a step turns a camera, and changes a log focal length, by no more.
        single: what points take from the system of the cameras is summed in single precision: a step of a search may be
            off by a millionth, while costs and gradients are exact.
    """

    iterations: int = 12
    tolerance: float = 1e-4
    damping: float = 1e-3
    shrink: float = 0.2
    grow: float = 8.0
    least_damping: float = 1e-8
    most_damping: float = 1e8
    stalled_damping: float = 1e3
    max_turn_rad: float = 0.5
    max_log_zoom: float = 0.5
    max_log_focal: float = 0.3
    single: bool = False

    def damped(self, damping: Float[np.ndarray, "*s"], better: Bool[np.ndarray, "*s"]) -> Float[np.ndarray, "*s"]:
        """The damping after a step, by whether it gained."""
        return (damping * np.where(better, self.shrink, self.grow)).clip(self.least_damping, self.most_damping)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Summary:
    """How a search ended, for each hypothesis (or each frame of it).

    Attributes:
        converged: it gained no more; False where the steps ran out.
        steps: how many were made, for the longest.
        cost: where it ended.
    """

    converged: Bool[np.ndarray, "*s"]
    steps: int
    cost: Float[np.ndarray, "*s"]
