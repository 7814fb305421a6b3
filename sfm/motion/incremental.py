"""Incremental registration: a start for paths that leave their first view behind, frames join one by one.

As in incremental structure from motion (Schönberger and Frahm 2016, §2) each frame is resected against the points
known so far. New points begin at the depth of their neighbours and converge from there; a few steps of adjustment
follow every few frames.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from sfm.geometry import bundle_adjustment, resectioning
from sfm.geometry.arrays import lengths, lower_median, unit
from sfm.geometry.bundle_adjustment import adjust
from sfm.geometry.problem import FreeParameters, Observations, Parameters, Problem, rescaled
from sfm.geometry.projection import unit_rays
from sfm.geometry.resectioning import resect
from sfm.motion.translation_models import search
from sfm.types import FULL

EVERY = 3
"""Frames that join between two adjustments."""


def window_of(observations: Observations, *, least: int = 5, most: int = 12, shared: float = 0.4) -> int:
    """How many frames still see `shared` of what the first one sees."""
    seen = observations.weight > 0
    first = seen[:, 0]
    alive = seen[first].mean(0)
    lost = np.flatnonzero(alive < shared)
    end = int(lost[0]) if len(lost) else len(alive)
    return max(least, min(most, end, observations.weight.shape[1]))


def register_incrementally(problem: Problem) -> Parameters:
    """A full-motion start over all frames: the first window by a search, the others registered one by one."""
    observations, kernels_px = problem.observations, problem.kernels_px
    free = problem.free([FULL])
    solver = replace(bundle_adjustment.SOLVER, iterations=4)
    n = observations.weight.shape[1]
    known_until = window_of(observations)
    parameters = _first_window(problem, known_until)
    while known_until < n:
        stop = min(known_until + EVERY, n)
        for frame in range(known_until, stop):
            parameters = register_frame(observations, parameters, free, frame, kernels_px[0])
        known_until = stop
        part = observations.of_frames(slice(0, known_until))
        parameters = adjust(
            part, parameters, free, kernel_px=kernels_px[-2:], noise_px=problem.noise_px, solver=solver
        ).parameters
    return parameters


def _first_window(problem: Problem, count: int) -> Parameters:
    """The first window fitted with the tracks that it sees; the others wait at infinity."""
    part = problem.observations.of_frames(slice(0, count))
    rows = (part.weight > 0).sum(1) >= 2
    parameters = search(replace(problem, observations=part.of_tracks(rows))).parameters
    point = np.tile([0.0, 0.0, 1.0, 0.0], (1, len(rows), 1))
    point[:, rows] = parameters.point
    return replace(parameters, point=point)


def register_frame(
    observations: Observations, parameters: Parameters, free: FreeParameters, frame: int, kernel_px: float
) -> Parameters:
    """The parameters with one more frame: resected against the known points, its new points initialised.

    It starts at the last pose; where that came from says nothing about an irregular clip.
    """
    parameters = rescaled(parameters)
    parameters = _with_frames(parameters, parameters, parameters.of_frames([-1]))
    known = (observations.weight[:, :frame] > 0).sum(1) >= 2
    pair = [0, frame]
    two = observations.of_frames(pair)
    two = replace(two, weight=two.weight * known[:, None])
    held = parameters.of_frames(pair)
    solver = replace(resectioning.SOLVER, iterations=10)
    for width in (4 * kernel_px, kernel_px):
        held, _ = resect(two, held, free, kernel_px=width, solver=solver)
    parameters = _with_frames(parameters, parameters.of_frames(list(range(frame))), held.of_frames([1]))
    now = observations.weight[:, frame] > 0
    return replace(parameters, point=_with_new_points(observations, parameters, frame, now & ~known, now & known))


def _with_frames(parameters: Parameters, first: Parameters, then: Parameters) -> Parameters:
    """Points and focal length of `parameters`, with the cameras of two others one after the other."""
    return replace(
        parameters,
        rotation=np.concatenate([first.rotation, then.rotation], 1),
        translation=np.concatenate([first.translation, then.translation], 1),
        zoom=np.concatenate([first.zoom, then.zoom], 1),
    )


def _with_new_points(
    observations: Observations,
    parameters: Parameters,
    frame: int,
    new: Bool[np.ndarray, " m"],
    known: Bool[np.ndarray, " m"],
) -> Float[np.ndarray, "1 m 4"]:
    """Points with those that a frame sees first put on its rays, at the median depth of what it knows."""
    rotation, translation = parameters.rotation[0, frame], parameters.translation[0, frame]
    known_in_camera = parameters.point[0, :, :3] @ rotation.T + parameters.point[0, :, 3:] * translation
    near = known & (known_in_camera[:, 2] > 0) & (parameters.point[0, :, 3] > 0)
    inverse = (parameters.point[0, :, 3] / np.maximum(lengths(known_in_camera), 1e-9))[near]
    w = float(lower_median(inverse)) if len(inverse) else 1.0
    ray = unit_rays(observations.xy_px[:, frame], parameters.focal_px[0, frame], observations.pixel_aspect)
    world = (ray - w * translation) @ rotation
    point = unit(np.concatenate([world, np.full((len(new), 1), w)], -1))
    return np.where(new[:, None], point, parameters.point[0])[None]
