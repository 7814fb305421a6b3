"""Full motion: a search from every start that its minimum may need, with or without a zoom."""

import math
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from sfm.geometry.bundle_adjustment import SOLVER, adjust
from sfm.geometry.problem import Observations, Parameters, Problem, measured
from sfm.geometry.projection import camera_centres, translations, unit_rays
from sfm.geometry.resectioning import resect
from sfm.geometry.robust import capped_track_rms
from sfm.geometry.states import joined
from sfm.geometry.triangulation import completed
from sfm.geometry.two_view import two_view
from sfm.motion.bad_frames import mended
from sfm.motion.consensus import explains_as_much, ranked
from sfm.motion.heading_search import headings
from sfm.motion.initialization import chain, dolly_for_zoom, parameters_from, reversed_depth, steps_of
from sfm.motion.models import FittedModel, Start, fit, fit_batch
from sfm.types import FULL, MotionModel

NOT_BACK = 0.9
"""A frame that has gone this share of the way of the farthest one has not come back to the first."""
FOCAL_STEPS = (0.65, 1.0, 1.55)
"""Focal lengths that headings are tried with, in units of an unknown prior: a wrong one bends the path."""
HEADINGS = 9
"""How many of them go on to all frames."""
FINALISTS = 4
"""How many fits are worth the last steps."""


def search(
    problem: Problem,
    *,
    model: MotionModel = FULL,
    known: FittedModel | None = None,
    turned: list[FittedModel] | None = None,
    thorough: bool = True,
) -> FittedModel:
    """The full motion that most of the content agrees with.

    Args:
        problem: the tracks and what is known.
        model: `FULL`, or `FULL_ZOOM` where every frame has a focal length of its own.
        known: a fit that is a start too.
        turned: fits of cameras that do not translate; what they explain is the background (see `agreement`).
        thorough: the best starts are finished on all tracks even where none explains more of the content than what is
            known; otherwise that is the answer.
    """
    kernels, unit_px = problem.kernels_px, problem.unit_px
    rows, thin = problem.thinned()
    turned_thin = [r.of_tracks(rows) for r in turned or []]
    starts = [] if known is None else [known.of_tracks(rows).restart(known.model.name, model=model)]
    starts += _unturned_starts(thin, model) if model.zooms else _best_simple_starts(thin)
    starts += [Start(parameters=each, model=model, origin="heading") for each in heading_starts(thin, model)]
    found = ranked(fit(thin, starts, kernels[1:], rough=True), unit_px, turned_thin, problem.prior)
    mirrored = [
        Start(parameters=reversed_depth(r.parameters), model=model, origin=f"reversed: {r.start}") for r in found[:2]
    ]
    twins = fit(thin, mirrored, kernels[1:], rough=True)
    promising = ranked([*found[:6], *twins], unit_px, turned_thin, problem.prior)[:FINALISTS]
    if not (thorough or known is None) and explains_as_much(known.of_tracks(rows), promising[0], unit_px, turned_thin):
        return known
    last = [r.restart() for r in promising]
    parameters = joined([start.parameters for start in last])
    kernel = np.full_like(parameters.log_focal, kernels[2])
    parameters = completed(problem.observations, parameters, rows, problem.free([model] * len(last)), kernel)
    best = ranked(fit_batch(problem, parameters, last, kernels[2:]), unit_px, turned, problem.prior)[0]
    return mended(problem, best, turned)


def _best_simple_starts(problem: Problem) -> list[Start]:
    """The two simple starts that most of the content agrees with, and the two of the least cost."""
    trials = fit(problem, simple_starts(problem), problem.kernels_px[:1], rough=True)
    best = ranked(trials, problem.unit_px)[:2]
    best += [r for r in sorted(trials, key=lambda r: r.cost)[:2] if r not in best]
    return [r.restart() for r in best]


def simple_starts(problem: Problem) -> list[Start]:
    """Starts from the turning models, from a camera that does not turn, and from two views."""
    observations, prior = problem.observations, problem.prior
    xy = measured(observations)
    n = xy.shape[1]
    log_focal = math.log(prior.focal_px)
    still, flat = np.zeros((n, 3)), np.zeros(n)
    steps = steps_of(xy, observations.pixel_aspect)
    turned, _ = chain(xy, steps, prior.focal_px, observations.pixel_aspect, zoom=False)
    turned_zoomed, log_zoom = chain(xy, steps, prior.focal_px, observations.pixel_aspect, zoom=True)

    def begin(rotation: np.ndarray, translation: np.ndarray) -> Parameters:
        return parameters_from(observations, rotation, translation, flat, log_focal, inverse_depth=1.0)

    found = {
        "rotation": begin(turned, still),
        "zoom as dolly": begin(turned_zoomed, dolly_for_zoom(log_zoom)),
        "translation alone": _translated_alone(problem, begin(np.tile(np.eye(3), (n, 1, 1)), still)),
    }
    for second in sorted({n - 1, n // 2}):
        parameters = _from_two_views(observations, log_focal, second)
        if parameters is not None:
            found[f"two views 0-{second}"] = parameters
    return [Start(parameters=parameters, model=FULL, origin=origin) for origin, parameters in found.items()]


def _unturned_starts(problem: Problem, model: MotionModel) -> list[Start]:
    """A zooming camera that travels and does not turn, from the zoom that most of the content shows and from none.

    With a zoom, a turn and a long lens can nearly do what a way does, and what may turn from the start ends there.
    """
    observations, prior = problem.observations, problem.prior
    xy = measured(observations)
    n, aspect = xy.shape[1], observations.pixel_aspect
    _, log_zoom = chain(xy, steps_of(xy, aspect), prior.focal_px, aspect, zoom=True)
    unturned, still = np.tile(np.eye(3), (n, 1, 1)), np.zeros((n, 3))
    starts: list[Start] = []
    for origin, zoom in (("zoom of the chain, no turn", log_zoom), ("no turn", np.zeros(n))):
        begin = parameters_from(observations, unturned, still, zoom, math.log(prior.focal_px), inverse_depth=1.0)
        moved = _translated_alone(problem, _translated_alone(problem, begin), zoom=True)
        starts.append(Start(parameters=moved, model=model, origin=origin))
    return starts


def _translated_alone(problem: Problem, begin: Parameters, *, zoom: bool = False) -> Parameters:
    """The best translation, perhaps with a zoom, of a camera that does not turn, under the widest kernel."""
    no = np.array([False])
    only = replace(problem.free([FULL]), rotation=no, translation=~no, zoom=np.array([zoom]), focal=no)
    kernel = problem.kernels_px[:1]
    return adjust(problem.observations, begin, only, kernel_px=kernel, noise_px=problem.noise_px).parameters


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Path:
    """A straight path on which all frames lie, for one focal length: poses camera from world, log zoom."""

    rotation: Float[np.ndarray, "n 3 3"]
    translation: Float[np.ndarray, "n 3"]
    log_zoom: Float[np.ndarray, " n"]
    focal_px: float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class WidePair:
    """The first frame and a late one that still sees much of it.

    Attributes:
        last: number of the late frame.
        rows: tracks that both see.
        share: of the way to the late frame, for each frame; held beyond one and a half.
    """

    last: int
    rows: Int[np.ndarray, " r"]
    share: Float[np.ndarray, " n"]


def wide_pair(xy: Float[np.ndarray, "m n 2"]) -> WidePair | None:
    """The first frame and the latest that shares enough tracks with it and has not come back to it, or None.

    How far it is from the first one, the median way of the tracks says that both see. Where a path goes to and fro the
    last frame may see what the first one saw: between these no direction is better than another.
    """
    seen = np.isfinite(xy[..., 0])
    shared = seen[seen[:, 0]].sum(0)
    late = np.flatnonzero(shared >= max(0.4 * shared[0], 30))
    if not late.any():
        return None
    moved = np.array([np.nanmedian(np.linalg.norm(xy[:, k] - xy[:, 0], axis=-1)) for k in late])
    last = int(late[moved >= NOT_BACK * moved.max()][-1])
    share = np.minimum(np.arange(seen.shape[1]) / last, 1.5)
    return WidePair(last=last, rows=np.flatnonzero(seen[:, 0] & seen[:, last]), share=share)


def heading_starts(problem: Problem, model: MotionModel) -> list[Parameters]:
    """Starts in the directions that the tracks between the first frame and a late one leave open.

    A pair of frames is adjusted first, both ways along each direction; what it sees places the other frames.
    """
    xy = measured(problem.observations)
    pair = wide_pair(xy)
    if pair is None:
        return []
    paths = _heading_paths(problem, xy, pair, zoom=model.zooms)
    two = problem.observations.of_tracks(pair.rows).of_frames([0, pair.last])
    ends = [0, pair.last]
    starts = [
        parameters_from(
            two, p.rotation[ends], p.translation[ends], p.log_zoom[ends], math.log(p.focal_px), inverse_depth=1.0
        )
        for p in paths
    ]
    held = replace(problem.free([model] * len(starts)), focal=np.zeros(len(starts), bool))
    unit_px = problem.unit_px
    kernel, solver = (8.0 * unit_px, 3.0 * unit_px), replace(SOLVER, iterations=4, single=True)
    fitted = adjust(two, joined(starts), held, kernel_px=kernel, noise_px=problem.noise_px, solver=solver).parameters
    support = (1.0 / (1.0 + (capped_track_rms(two, fitted) / unit_px) ** 2)).sum(1)
    ways = [2 * k + int(support[2 * k + 1] > support[2 * k]) for k in range(len(paths) // 2)]
    order = sorted(ways, key=lambda i: -support[i])
    first = [next(i for i in order if paths[i].focal_px == focal) for focal in sorted({p.focal_px for p in paths})]
    best = list(dict.fromkeys([*order[:HEADINGS], *first]))
    return [_all_frames(problem, fitted.take([i]), pair, paths[i], model) for i in best]


def _heading_paths(problem: Problem, xy: np.ndarray, pair: WidePair, *, zoom: bool) -> list[_Path]:
    """Straight paths, both ways along each direction found, next to each other."""
    prior, aspect, last = problem.prior, problem.observations.pixel_aspect, pair.last
    steps, paths = steps_of(xy, aspect), list[_Path]()
    for step in (1.0,) if prior.given else FOCAL_STEPS:
        focal_px = prior.focal_px * step
        turned, log_zoom = chain(xy, steps, focal_px, aspect, zoom=zoom)
        a = unit_rays(xy[pair.rows, 0], focal_px, aspect)
        b = unit_rays(xy[pair.rows, last], focal_px * math.exp(log_zoom[last]), aspect)
        for base in (turned, np.broadcast_to(np.eye(3), turned.shape)):  # the chain may have followed the subject
            for found in headings(a, b, base[last], focal_px, problem.unit_px, zoom=zoom):
                zoomed = log_zoom + pair.share * found.log_zoom
                for sign in (1.0, -1.0):
                    rotation, translation = straight_path(base, pair.share, found.turn_rad, sign * found.direction)
                    paths.append(_Path(rotation=rotation, translation=translation, log_zoom=zoomed, focal_px=focal_px))
    return paths


def straight_path(
    turned: Float[np.ndarray, "n 3 3"], share: Float[np.ndarray, " n"], turn_rad: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations and translations (camera from world) on the way along a direction, the missing turn dealt out."""
    more = Rotation.from_rotvec(share[:, None] * turn_rad).as_matrix()
    rotation = turned @ more.transpose(0, 2, 1)
    return rotation, translations(rotation, 0.2 * share[:, None] * direction)


def _all_frames(problem: Problem, two: Parameters, pair: WidePair, path: _Path, model: MotionModel) -> Parameters:
    """All frames placed by the points of an adjusted pair, from where its straight path puts them."""
    last, share, observations = pair.last, pair.share, problem.observations
    missing = Rotation.from_matrix(path.rotation[last].T @ two.rotation[0, 1]).as_rotvec()
    rotation = path.rotation @ Rotation.from_rotvec(share[:, None] * missing).as_matrix()
    centre = share[:, None] * camera_centres(two.rotation[0, 1], two.translation[0, 1])
    zoom = path.log_zoom + share * (float(two.zoom[0, 1]) - path.log_zoom[last])
    log_focal = math.log(path.focal_px)
    parameters = parameters_from(
        observations, rotation, translations(rotation, centre), zoom, log_focal, inverse_depth=1.0
    )
    known, kernel_px = replace(parameters, point=two.point), problem.kernels_px[1]
    placed, _ = resect(observations.of_tracks(pair.rows), known, problem.free([model]), kernel_px=kernel_px)
    point = parameters.point.copy()
    point[:, pair.rows] = two.point
    return replace(placed, point=point)


def _from_two_views(observations: Observations, log_focal: float, second: int) -> Parameters | None:
    """A start whose poses run from the identity to the two-view pose, with the points that it triangulates."""
    found = two_view(observations, log_focal, 0, second)
    if found is None:
        return None
    rotation, translation, world = found
    n = observations.xy_px.shape[1]
    share = np.minimum(np.arange(n) / second, 2.0)
    turn = Rotation.from_matrix(rotation).as_rotvec()
    rotations = Rotation.from_rotvec(share[:, None] * turn).as_matrix()
    start = parameters_from(
        observations,
        rotations,
        share[:, None] * translation,
        np.zeros(n),
        log_focal,
        inverse_depth=_median_inverse_distance(world),
    )
    return replace(start, point=np.where(np.isfinite(world[:, :1]), world, start.point))


def _median_inverse_distance(world: Float[np.ndarray, "m 4"]) -> float:
    """Median inverse distance of homogeneous points."""
    good = np.isfinite(world[:, 0])
    if not good.any():
        return 1.0
    return float(np.median(world[good, 3] / np.linalg.norm(world[good, :3], axis=1)))
