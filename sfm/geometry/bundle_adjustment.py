"""Robust bundle adjustment of several motion hypotheses.

A hypothesis is a start plus the set of parameters that it may move; all of them share tracks. Steps are compiled loops
(`sfm.geometry.compiled`) on one core: the arrays of a clip are too small for anything else.
Levenberg-Marquardt with the Schur complement over points (Triggs et al. 2000, Bundle Adjustment, §6), robust weights
by Geman-McClure.
"""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float

from sfm.geometry.arrays import lengths
from sfm.geometry.compiled.minimise import minimise
from sfm.geometry.levenberg_marquardt import LevenbergMarquardt, Summary
from sfm.geometry.problem import FreeParameters, Observations, Parameters, rescaled
from sfm.geometry.projection import residuals
from sfm.geometry.robust import GOOD_SHARE, capped_track_rms, geman_mcclure, row_quantile
from sfm.geometry.triangulation import retriangulated

FOCAL_REACH = 1.8
"""Farthest log focal length from the prior, six times either way: a flat scene holds it by nothing else."""
OUTLIER_ROUNDS = 3
SOLVER = LevenbergMarquardt()


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A finished adjustment: parameters, robust cost, residuals in pixels (inf behind the camera), how it ended."""

    parameters: Parameters
    cost: Float[np.ndarray, " b"]
    residual_px: Float[np.ndarray, "b m n"]
    summary: Summary


def robust_cost(
    observations: Observations, r: Float[np.ndarray, "b m n 2"], kernel_px: Float[np.ndarray, "b ..."]
) -> Float[np.ndarray, " b"]:
    """Geman-McClure: sum of c² r² / (c² + r²), in square pixels; a kernel for each hypothesis or each of its tracks."""
    squared = (r**2).sum(-1)
    c2 = kernel_px.reshape(len(r), -1, 1) ** 2
    return (observations.weight * geman_mcclure(squared, c2)).sum((1, 2))


def _prior_cost(parameters: Parameters, free: FreeParameters) -> Float[np.ndarray, " b"]:
    return ((parameters.log_focal - free.log_focal_prior) / free.log_focal_sigma) ** 2


def adjust(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    *,
    kernel_px: tuple[float, ...] = (8.0, 3.0, 1.5),
    noise_px: float = 0.3,
    solver: LevenbergMarquardt = SOLVER,
    good_track_px: float | None = None,
) -> Fit:
    """Levenberg-Marquardt for all hypotheses at once.

    Args:
        observations: the tracks.
        parameters: where each hypothesis begins.
        free: what each may move.
        kernel_px: robust kernels, from wide to tight (graduated non-convexity); the solver runs under each.
        noise_px: standard deviation of a good residual, which sets the weight of the prior.
        solver: steps and bounds.
        good_track_px: if given, the least residual to expect of a good track; then whole tracks are judged at the
            end, and those that disagree are down-weighted (see `without_outlier_tracks`).
    """
    kernel = np.full_like(parameters.log_focal, kernel_px[-1])
    summary: Summary | None = None
    for number, width in enumerate(kernel_px):
        kernel = np.full_like(parameters.log_focal, width)
        parameters = rescaled(parameters)
        if number:
            parameters = retriangulated(observations, parameters, free, kernel)
        parameters, summary = minimise(observations, parameters, free, kernel, noise_px, solver, FOCAL_REACH)
    if good_track_px is not None:
        parameters, summary = without_outlier_tracks(observations, parameters, free, good_track_px, noise_px, solver)
    assert summary is not None
    parameters = rescaled(parameters)
    r, front = residuals(observations, parameters)
    cost = robust_cost(observations, r, kernel) / noise_px**2 + _prior_cost(parameters, free)
    distance_px = np.where(front, lengths(r), np.inf)
    return Fit(parameters=parameters, cost=cost, residual_px=distance_px, summary=summary)


def without_outlier_tracks(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    floor_px: float,
    noise_px: float,
    solver: LevenbergMarquardt,
) -> tuple[Parameters, Summary]:
    """The minimum that the agreeing tracks alone have.

    A moving thing is wrong in all of its frames, but by less than a wide kernel in most, so that it still pulls. Tracks
    with more than four times the residual of the best third keep a kernel so small that they hardly do.
    """
    summary: Summary | None = None
    half = replace(solver, iterations=solver.iterations // 2)
    for _ in range(OUTLIER_ROUNDS):
        wide = np.full_like(parameters.log_focal, 10 * floor_px)
        parameters = retriangulated(observations, rescaled(parameters), free, wide)
        rms = capped_track_rms(observations, parameters)
        sigma = row_quantile(rms, observations.weight.sum(1), GOOD_SHARE).clip(floor_px, 10 * floor_px)[:, None]
        kernel = np.where(rms < 4.0 * sigma, 4.0 * sigma, 0.5 * sigma)
        parameters, summary = minimise(observations, parameters, free, kernel, noise_px, half, FOCAL_REACH)
    assert summary is not None
    return parameters, summary
