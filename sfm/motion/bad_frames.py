"""Frames that a fit left in a wrong minimum: placed anew where their neighbours are, and everything adjusted again."""

from dataclasses import replace

import numpy as np

from sfm.geometry.arrays import unit
from sfm.geometry.problem import Observations, Parameters, Problem
from sfm.geometry.resectioning import frame_cost, resect
from sfm.geometry.states import joined
from sfm.motion.consensus import ranked
from sfm.motion.models import FittedModel, Start, fit
from sfm.types import MotionModel

GAIN = 0.9
"""Frames are placed anew where that brings the cost of one below this share."""


def mended(problem: Problem, fitted: FittedModel, turned: list[FittedModel] | None) -> FittedModel:
    """A fit with its bad frames placed anew and adjusted again, or as it is where that is no better.

    Args:
        problem: the tracks and what is known.
        fitted: to them.
        turned: fits of cameras that do not translate; see `agreement`.
    """
    placed = _placed_anew(problem, fitted)
    if placed is None:
        return fitted
    again = fit(problem, [Start(parameters=placed, model=fitted.model, origin=fitted.start)], problem.kernels_px[2:])
    return ranked([fitted, *again], problem.unit_px, turned, problem.prior)[0]


def anchored(parameters: Parameters) -> Parameters:
    """The same cameras and points, seen from the first camera: it stands at the origin, its zoom offset is none."""
    rotation, translation, zoom = parameters.rotation[:, :1], parameters.translation[:, :1], parameters.zoom[:, :1]
    turned = parameters.rotation @ rotation.swapaxes(-1, -2)
    place, w = parameters.point[..., :3], parameters.point[..., 3:]
    point = np.concatenate([place @ rotation[:, 0].swapaxes(-1, -2) + w * translation, w], -1)
    return Parameters(
        rotation=turned,
        translation=parameters.translation - (turned @ translation[..., None])[..., 0],
        zoom=parameters.zoom - zoom,
        log_focal=parameters.log_focal + zoom[:, 0],
        point=unit(point),
    )


def _placed_anew(problem: Problem, fitted: FittedModel) -> Parameters | None:
    """The fit with each frame where it costs least: near where it was, or placed from the pose of one beside it.

    None where no frame gains a tenth of its cost. No adjustment moves the first frame: it is placed beside the second.
    """
    parameters, kernel_px = fitted.parameters, problem.kernels_px[-1]
    observations, model = problem.observations, fitted.model
    index = np.arange(parameters.zoom.shape[1])
    sources = (index, (index - 1).clip(0), (index + 1).clip(max=len(index) - 1))
    for source in sources:
        source[0] = 0
    tried = _resected(problem, observations, joined([parameters.of_frames(source) for source in sources]), model)
    second_first = observations.of_frames([1, 0])
    beside = _resected(problem, second_first, parameters.of_frames([1, 1]), model)
    cost, first_cost = frame_cost(observations, tried, kernel_px), frame_cost(second_first, beside, kernel_px)
    cost[-1, 0] = first_cost[0, 1]
    before = frame_cost(observations, parameters, kernel_px)[0]
    if not (cost.min(0) < GAIN * before).any():
        return None
    for of, found in ((tried.rotation, beside.rotation), (tried.translation, beside.translation)):
        of[-1, 0] = found[0, 1]
    tried.zoom[-1, 0] = beside.zoom[0, 1]
    best = cost.argmin(0)
    placed = {name: getattr(tried, name)[best, index][None] for name in ("rotation", "translation", "zoom")}
    return anchored(replace(parameters, **placed))


def _resected(problem: Problem, observations: Observations, tried: Parameters, model: MotionModel) -> Parameters:
    """Hypotheses with every frame but the first placed by the points, wide kernel first."""
    free = problem.free([model] * len(tried.zoom))
    for kernel_px in problem.kernels_px[1:]:
        tried, _ = resect(observations, tried, free, kernel_px=kernel_px)
    return tried
