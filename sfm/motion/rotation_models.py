"""The models without translation: static, rotation, rotation and zoom."""

import math

import numpy as np
from jaxtyping import Bool, Float

from sfm.geometry.problem import Parameters, Problem, measured
from sfm.geometry.states import joined
from sfm.geometry.triangulation import completed
from sfm.motion.consensus import likeliest, ranked
from sfm.motion.initialization import chain, parameters_from, steps_of
from sfm.motion.models import FittedModel, Start, fit, fit_batch
from sfm.types import ROTATION, ROTATION_ZOOM, STATIC


def fit_rotation_models(problem: Problem) -> list[FittedModel]:
    """Static, rotation, and rotation with zoom, each from the best of its starts.

    One start follows what most of the content does from step to step, and one each side of the frame, since a subject
    that fills half of it seldom fills its whole border; those meet no wide kernel, which would pull them to the rest.
    """
    rows, thin = problem.thinned()
    starts = _starts(thin)
    kernels = problem.kernels_px
    overall = [*starts[:2], starts[-1]]  # those of all of the content come first
    found = fit(thin, overall, kernels, rough=True) + fit(thin, starts, kernels[1:], rough=True)
    models = (STATIC, ROTATION, ROTATION_ZOOM)
    best = [ranked([r for r in found if r.model == model], problem.unit_px)[0].restart() for model in models]
    best.append(Start(parameters=best[1].parameters, model=ROTATION_ZOOM, origin=best[1].origin))  # no zoom is one too
    free = problem.free([start.model for start in best])
    parameters = joined([start.parameters for start in best])
    kernel = np.full_like(parameters.log_focal, kernels[2])
    parameters = completed(problem.observations, parameters, rows, free, kernel)
    last = fit_batch(problem, parameters, best, kernels[2:])
    return [last[0], last[1], likeliest(last[2:], problem.unit_px)]


def _starts(problem: Problem) -> list[Start]:
    """Chained rotations, with and without zoom, of all tracks and of each side; at the end a camera that rests."""
    n = problem.observations.xy_px.shape[1]
    xy = measured(problem.observations)
    prior, aspect = problem.prior, problem.observations.pixel_aspect
    log_focal = math.log(prior.focal_px)
    still, flat = np.zeros((n, 3)), np.zeros(n)

    def begin(rotation: np.ndarray, log_zoom: np.ndarray) -> Parameters:
        return parameters_from(problem.observations, rotation, still, log_zoom, log_focal, inverse_depth=0.0)

    starts: list[Start] = []
    for side, part in _sides(xy).items():
        steps = steps_of(xy[part], aspect)
        turned, _ = chain(xy[part], steps, prior.focal_px, aspect, zoom=False)
        zoomed, log_zoom = chain(xy[part], steps, prior.focal_px, aspect, zoom=True)
        origin = f"chain, {side}"
        starts.append(Start(parameters=begin(turned, flat), model=ROTATION, origin=origin))
        starts.append(Start(parameters=begin(zoomed, log_zoom), model=ROTATION_ZOOM, origin=origin))
    rest = begin(np.tile(np.eye(3), (n, 1, 1)), flat)
    return [*starts, Start(parameters=rest, model=STATIC, origin="identity")]


def _sides(xy: Float[np.ndarray, "m n 2"]) -> dict[str, Bool[np.ndarray, " m"]]:
    """All tracks, and the outer third of them on each side, by their median positions."""
    place = np.nanmedian(xy, axis=1)
    low, high = np.quantile(place, [1 / 3, 2 / 3], axis=0)
    return {
        "all": np.ones(len(xy), bool),
        "left": place[:, 0] < low[0],
        "right": place[:, 0] > high[0],
        "top": place[:, 1] < low[1],
        "bottom": place[:, 1] > high[1],
    }
