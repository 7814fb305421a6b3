"""Where the cameras of a pair may be, as draws: errors of an estimate over time, and what they tell of a difference."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int
from scipy.special import ndtri

from trajectory.model import Trajectory

STEEPEST = 50.0
"""Largest change of the logarithm of the spread over a clip that is followed: beyond, nothing of the start is left."""
SHRINKAGE_GRID = np.geomspace(1e-3, 1e4, 400)
"""Sizes of a true difference, in units of the noise, that are weighed against each other."""
_RATIO = 1 + SHRINKAGE_GRID**2
_LOG_RATIO = np.log(_RATIO)
_LOG_PRIOR = np.log(SHRINKAGE_GRID / _RATIO / (SHRINKAGE_GRID / _RATIO).sum())
"""The prior of these sizes, on the grid's equal steps of the logarithm (`shrinkage`)."""

SINGLE = np.float32
"""Of errors: seven digits of how far an estimate may be off are more than anyone knows, in half the time. What errors
are added to has more, so that they are kept apart from it."""
JITTER = 1e-9
"""Added to correlations, so that errors that are known to hang together entirely have a factor too."""
EQUAL = 0.08
"""Prior probability that two paths are equal. With it intervals of equal paths reach zero; without it they never do."""


@lru_cache(maxsize=8)
def normals(draws: int, points: int, width: int, seed: int) -> Float[np.ndarray, "k w m"]:
    """Standard normal numbers, the same for the same question, read-only; draws last, so that numpy runs along them."""
    found = np.random.default_rng(seed).normal(size=(points, width, draws)).astype(SINGLE)
    found.setflags(write=False)
    return found


def planes(points: int, width: int, draws: int) -> Float[np.ndarray, "k w m"]:
    """An array to be filled, each of whose components lies in one piece, so that what is computed of them is fast."""
    return np.empty((width, points, draws), SINGLE).transpose(1, 0, 2)


def pose_errors(
    trajectory: Trajectory, frame: Int[np.ndarray, " k"], draws: int, *, seed: int
) -> Float[np.ndarray, "k 6 m"]:
    """Draws of the error (v, ω) of the poses of some frames, in the axes of each camera.

    The covariances say how far each pose may be off, not how the errors of two frames hang together. They are taken
    for a drift: of two frames the one that is better known shares all of its error with the other, as in a random walk
    (the increments of a Wiener process are independent; correlation sqrt(var_i / var_j) for i before j).
    """
    matrix = _covariances(trajectory, frame)
    if matrix is None:
        return np.zeros((len(frame), 6, draws), SINGLE)
    variance = np.maximum(np.einsum("kii->ki", matrix), 0.0)
    largest = variance.max(0)
    size = (variance / np.where(largest > 0, largest, 1.0)).sum(1)  # positions and angles have other units
    shrunk, walk = _drift(size, normals(draws, len(frame), 6, seed))
    return (_factors(matrix, variance) * shrunk[:, None, None]).astype(SINGLE) @ walk


def _covariances(trajectory: Trajectory, frame: Int[np.ndarray, " k"]) -> Float[np.ndarray, "k 6 6"] | None:
    """The covariance of each frame, or of the nearest one that has any; None where none has."""
    covariance = trajectory.pose_covariance
    if covariance is None:
        return None
    finite = np.isfinite(covariance)
    if finite.all():
        return covariance[frame]
    # Where no translation was seen, only the rotation has a spread; what is not told there counts as none.
    known = np.flatnonzero(finite[:, :3, :3].all((1, 2)) | finite[:, 3:, 3:].all((1, 2)))
    if len(known) == 0:
        return None
    at = known[np.argmin(np.abs(frame[:, None] - known), axis=1)] if len(known) < len(covariance) else frame
    return np.where(finite, covariance, 0.0)[at]


def _factors(covariance: Float[np.ndarray, "k 6 6"], variance: Float[np.ndarray, "k 6"]) -> Float[np.ndarray, "k 6 6"]:
    """L with L Lᵀ the covariance, whatever the units; what rounding has made negative is zero."""
    sigma = np.sqrt(variance)
    inverse = np.divide(1.0, sigma, out=np.zeros_like(sigma), where=sigma > 0)
    correlation = covariance * inverse[:, :, None] * inverse[:, None, :] + JITTER * np.eye(6)
    try:
        factor = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        strength, axes = np.linalg.eigh(correlation)
        factor = axes * np.sqrt(np.maximum(strength, 0.0))[:, None, :]
    return sigma[:, :, None] * factor


def _drift(
    size: Float[np.ndarray, " k"], steps: Float[np.ndarray, "k w m"]
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, "k w m"]]:
    """Processes of unit variance that forget as much as the spread changes: an Ornstein-Uhlenbeck process on the clock
    log(size) / 2, by its representation as a rescaled Wiener process (Doob 1942): the scale at each point, and the
    Wiener process. The scale is left to the caller, who has a smaller array to apply it to."""
    positive = size[size > 0]
    floor = positive.min() if len(positive) else 1.0
    spread = np.log(np.maximum(size, floor)) / 2
    age = np.zeros(len(size))
    age[1:] = np.abs(spread[1:] - spread[:-1]).cumsum()
    age *= min(1.0, STEEPEST / max(age[-1], 1e-12))
    variance = np.exp(2 * age)
    variance[1:] -= variance[:-1].copy()
    walk = np.sqrt(variance).astype(SINGLE)[:, None, None] * steps
    return np.exp(-age), np.cumsum(walk, axis=0, out=walk)


def zoom_errors(
    log2_focal: Float[np.ndarray, " k"], sigma_log2: Float[np.ndarray, " k"], draws: int, *, seed: int
) -> Float[np.ndarray, "k m"]:
    """Draws of the error of the zoom since the first point, in octaves.

    A focal length that does not change is one unknown: its error cancels. Where it changes, what is known of the end
    is independent of what is known of the beginning, and between them both count in proportion.
    """
    change = np.abs(log2_focal - log2_focal[0])
    largest = change.max(initial=0.0)
    share = change / largest if largest > 0 else np.zeros_like(change)
    first, last = normals(draws, 1, 2, seed)[0]
    mixed = (1 - share)[:, None] * first + share[:, None] * last
    return sigma_log2[:, None] * mixed - sigma_log2[0] * first


def unit_errors(deviation: float, draws: int, *, seed: int) -> Float[np.ndarray, " m"]:
    """Draws of the factor by which a unit of length is off: normal in its logarithm, as often above one as below."""
    if deviation == 0 or draws == 1:
        return np.ones(draws)
    return np.exp(deviation * ndtri(_levels(draws, seed)))


def shrinkage(
    difference: Float[np.ndarray, "k w"], noise: Float[np.ndarray, "k w m"], *, seed: int
) -> Float[np.ndarray, " m"]:
    """How much of a difference is real, for each draw: between 0 (all of it may be noise) and 1.

    Added noise makes a distance longer, never shorter: two equal paths, each with an error, are apart, and draws about
    both are further apart still. A difference d̂ = d + n with noise of covariance Σ and a true difference d of the same
    shape, N(0, τ²Σ), has the posterior N(s d̂, s Σ), s = τ²/(1+τ²). τ is unknown; its prior is a half-Cauchy of the
    size of the noise (Gelman 2006, section 7.2) beside `EQUAL` that the two are equal. d̂ tells of it by its energy, a
    chi-square of as many degrees of freedom as the noise has (Satterthwaite 1946, from the draws). A large difference
    is shortened as by James and Stein (1961); one within the noise may be none.
    """
    energy = np.einsum("kwm,kwm->m", noise, noise).astype(np.float64) / len(noise)
    mean = float(energy.mean())
    if mean <= 0:
        return np.ones(int(noise.shape[2]))
    apart = energy - mean
    freedom = 2 * mean**2 / max(float(apart @ apart) / len(apart), 1e-300)
    freedom = min(max(freedom, 1.5), 6.0 * len(noise))
    q = freedom * float(np.einsum("kw,kw->", difference, difference)) / len(difference) / mean
    density = _LOG_PRIOR - freedom / 2 * _LOG_RATIO - q / 2 / _RATIO
    highest = max(float(density.max()), -q / 2)
    equal = EQUAL / (1 - EQUAL) * np.exp(-q / 2 - highest)
    cumulated = equal + np.cumsum(np.exp(density - highest))
    levels = _levels(noise.shape[2], seed) * cumulated[-1]
    tau: np.ndarray = np.where(levels < equal, 0.0, SHRINKAGE_GRID[np.searchsorted(cumulated, levels)])
    share: np.ndarray = tau**2 / (1 + tau**2)
    return share


@lru_cache(maxsize=8)
def _levels(draws: int, seed: int) -> Float[np.ndarray, " m"]:
    """Equal steps of probability in a random order, the same for the same question, read-only."""
    found = (np.random.default_rng(seed).permutation(draws) + 0.5) / draws
    found.setflags(write=False)
    return found
