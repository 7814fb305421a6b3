"""How much less probably a turn is right whose own deviation is large."""

import numpy as np
from scipy.spatial.transform import Rotation

from sfm.confidence.posterior import TURN_DEG, TURN_SHARE
from sfm.types import FramePoses

LEVEL, POWER, MOST_RATIO = 1.2, 0.87, 20.0
"""The odds that a turn is right go with the ratio of its deviation to what counts as right, times the first, to minus
the second power; ratios beyond the third and its inverse say no more. Fitted to 268 clips of `hard-dev`: all 87 with
the smallest ratios are right, and were told with .95; of 14 with more than 2.7 six are, and were told with .7."""


def turn_odds(poses: FramePoses) -> float:
    """What the deviation of the largest turn makes of the odds that it is right, as a factor."""
    if poses.covariance is None or not poses.valid.any():
        return 1.0
    turn, deviation = turn_of(poses)
    ratio = deviation / max(float(np.radians(TURN_DEG)), TURN_SHARE * turn)
    return float((LEVEL * np.clip(ratio, 1 / MOST_RATIO, MOST_RATIO)) ** -POWER)


def turn_of(poses: FramePoses) -> tuple[float, float]:
    """The largest turn from the first pose, and its deviation about all axes, in radians; 0 where that is not known."""
    seen = np.flatnonzero(poses.valid)
    turn = np.atleast_1d(Rotation.from_matrix(poses.rotation[seen] @ poses.rotation[seen[0]].T).magnitude())
    at = int(np.argmax(turn))
    if poses.covariance is None:
        return float(turn[at]), 0.0
    return float(turn[at]), float(np.sqrt(np.nansum(np.diagonal(poses.covariance[seen[at]])[3:])))
