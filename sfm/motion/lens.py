"""Whether a lens bends: asked of the camera that only turns, which has no depth that could take the bend in."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from sfm.geometry.problem import Problem
from sfm.geometry.projection import straightened
from sfm.motion.models import FittedModel, fit

FIRST = 0.06
"""κ of x (1 + κ |x|²), x in focal lengths, that is tried first: where it makes things worse nothing else is tried."""
FURTHER = (0.12, 0.2, 0.3)
PROMISING = 0.97
BENT = 0.85
"""Share of its cost that a straightened turn may keep for the lens to be suspected. On 180 rendered clips of pinholes
no positive κ gets below 0.94, whether they turn, zoom or travel; lenses with k1 of -0.03 to -0.11 that turn are at 0.68
to 0.74, but for turns under six degrees before a lens of 0.03, and rolls, which show no bend."""


@final
@dataclass(frozen=True, kw_only=True)
class Bend:
    """What straightens the picture best: κ, and the share of the cost of the plain turn that is left with it."""

    undistortion: float
    cost_share: float

    @property
    def suspected(self) -> bool:
        """Whether the lens bends, as far as a turn can tell."""
        return self.cost_share < BENT


def bend_of(problem: Problem, turned: FittedModel) -> Bend:
    """The κ that explains the tracks of a turn best.

    Args:
        problem: tracks at the keyframes.
        turned: the model that only turns, fitted to them.
    """
    focal_px = float(turned.parameters.focal_px[0, 0])

    def share(kappa: float) -> float:
        straight = without_bend(problem, kappa, focal_px)
        again = fit(straight, [turned.restart("straightened")], straight.kernels_px[1:])[0]
        return again.cost / max(turned.cost, 1e-9)

    found = [Bend(undistortion=FIRST, cost_share=share(FIRST))]
    if found[0].cost_share < PROMISING:
        found += [Bend(undistortion=kappa, cost_share=share(kappa)) for kappa in FURTHER]
    return min(found, key=lambda bend: bend.cost_share)


def without_bend(problem: Problem, kappa: float, focal_px: float) -> Problem:
    """The same tracks through a lens without the bend κ, of one focal length."""
    square = np.array([problem.observations.pixel_aspect, 1.0])
    straight, _ = straightened(problem.observations.xy_px * square, focal_px, kappa)
    return replace(problem, observations=replace(problem.observations, xy_px=straight / square))
