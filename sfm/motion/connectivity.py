"""Which frames of a clip points link: where few do, the poses on both sides may not fit together."""

import itertools

import numpy as np
from jaxtyping import Bool, Int

from sfm.geometry.arrays import lengths
from sfm.geometry.problem import Observations, Parameters
from sfm.geometry.projection import residuals
from sfm.geometry.robust import trimmed_track_rms

FEWEST_LINKS = 8
"""So many points must agree with a pose, and on both sides of every step."""
LINKING = 0.25
"""Where less than this share of the points that span a step agree on both sides, the sides may not fit together."""


def agreeing(
    observations: Observations, parameters: Parameters, limit_px: float
) -> tuple[Bool[np.ndarray, " m"], Bool[np.ndarray, "m n"]]:
    """Which tracks agree with the motion (a batch of one), and where those that do agree with a frame's pose."""
    r, _ = residuals(observations, parameters)
    distance_px = np.where(observations.weight > 0, lengths(r[0]), np.nan)
    agrees = trimmed_track_rms(distance_px) < 1.5 * limit_px
    return agrees, agrees[:, None] & (distance_px < 2 * limit_px)


def linked_runs(
    fits: Bool[np.ndarray, "m n"], seen: Bool[np.ndarray, "m n"] | None = None
) -> list[Bool[np.ndarray, " n"]]:
    """The frames of each run that enough points link, the longest first: across a gap, poses would be guesses.

    Args:
        fits: where each track agrees with the pose of a frame.
        seen: where it is seen; if given, `LINKING` of those that span a step must agree on both sides.
    """
    enough = np.full(fits.shape[1] - 1, FEWEST_LINKS, float)
    if seen is not None:
        enough = np.maximum(enough, LINKING * _spanning(seen))
    ends = [0, *(np.flatnonzero(_spanning(fits) < enough) + 1), fits.shape[1]]
    at = np.arange(fits.shape[1])
    longest_first = sorted(itertools.pairwise(ends), key=lambda run: run[0] - run[1])
    return [(at >= start) & (at < stop) for start, stop in longest_first]


def _spanning(there: Bool[np.ndarray, "m n"]) -> Int[np.ndarray, " s"]:
    """How many tracks are on both sides of each step."""
    there = there[there.any(1)]
    first, last = there.argmax(1), there.shape[1] - 1 - there[:, ::-1].argmax(1)
    return np.array([((first < k) & (last >= k)).sum() for k in range(1, there.shape[1])], dtype=np.int64)
