"""How far the unit of a path that is measured in depths of its scene may be off."""

import numpy as np

from trajectory.image_motion import checked_quantiles
from trajectory.model import Trajectory, evidence_of

SURFACES = 10
"""As many depths of a scene are told apart by what an estimator follows in it: its median is off the median of all that
the frame shows by two fifths of what depths vary, on estimated clips with known truth (docs/protocols.md)."""


def depth_deviation(trajectory: Trajectory) -> float:
    """Standard deviation of the logarithm of the scene's depth in the unit of a path; 0 where nothing tells of it.

    That of the median of so many normal numbers, sqrt(pi / 2n) (Kenney and Keeping 1951): the thousands of tracks on a
    wall tell of one depth. Of three quantiles the outer ones are two deviations of the depths apart.
    """
    quantiles = evidence_of(trajectory).get("depth_quantiles")
    if trajectory.scale != "arbitrary" or quantiles is None:
        return 0.0
    depths = checked_quantiles(quantiles)
    return float(np.sqrt(np.pi / (2 * SURFACES)) * np.log(depths[2] / depths[0]) / 2)
