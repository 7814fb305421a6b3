"""Full motion: a search from every start that its minimum may need, with or without a zoom."""

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float

from sfm.geometry.bundle_adjustment import adjust, track_rms
from sfm.geometry.problem import FreeParameters, Observations, Parameters, stack
from sfm.geometry.triangulation import completed
from sfm.motion.all_frames import frame_cost, resect
from sfm.motion.heading_search import headings
from sfm.motion.initialization import chain, directions, dolly_for_zoom, parameters_from, reversed_depth, two_view
from sfm.motion.models import WIDE, FittedModel, FocalPrior, fit, freedom, ranked, thinned

FOCAL_STEPS = (0.65, 1.0, 1.55)
"""Focal lengths that headings are tried with, in units of an unknown prior: a wrong one bends the path."""
HEADINGS = 9
"""How many of them go on to all frames."""
FINALISTS = 4
"""How many fits are worth the last steps."""


def search(
    scene: Observations,
    prior: FocalPrior,
    unit_px: float,
    noise_px: float,
    *,
    zoom: bool = False,
    known: list[FittedModel] | None = None,
    turned: list[FittedModel] | None = None,
) -> FittedModel:
    """The full motion that most of the content agrees with.

    zoom: whether every frame has a focal length of its own.
    known: fits that are starts too.
    turned: fits of cameras that do not translate; what they explain is the background (see `rungs.agreement`).
    """
    model = "full_zoom" if zoom else "full"
    kernels = tuple(k * unit_px for k in WIDE)
    rows, some = thinned(scene)
    turned_some = [replace(r, residual_px=r.residual_px[rows.cpu().numpy()]) for r in turned or []]
    xy = measured(some)
    begins = [replace(r.state, point=r.state.point[:, rows]) for r in known or []]
    labels = [r.model for r in known or []]
    if not zoom:
        trials = fit(
            some, *_simple(some, xy, prior, unit_px, noise_px), prior, kernels[:1], noise_px, drop_outliers=False
        )
        best = ranked(trials, unit_px)[:2]
        best += [r for r in sorted(trials, key=lambda r: r.cost)[:2] if r not in best]
        begins += [r.state for r in best]
        labels += [r.start for r in best]
    headed = _headed(some, xy, prior, unit_px, noise_px, zoom=zoom)
    begins += headed
    labels += ["heading"] * len(headed)

    def followed(states: list[Parameters], labels: list[str]) -> list[FittedModel]:
        return fit(
            some, stack(states), [model] * len(states), labels, prior, kernels[1:], noise_px, drop_outliers=False
        )

    found = ranked(followed(begins, labels), unit_px, turned_some)
    twins = followed([reversed_depth(r.state) for r in found[:2]], [f"reversed: {r.start}" for r in found[:2]])
    last = ranked([*found[:6], *twins], unit_px, turned_some)[:FINALISTS]
    states, labels = stack([r.state for r in last]), [r.start for r in last]
    free = freedom([model] * len(last), prior, scene.xy_px.device)
    states = completed(scene, states, rows, free, torch.full_like(states.log_focal, kernels[2]))
    best = ranked(fit(scene, states, [model] * len(last), labels, prior, kernels[2:], noise_px), unit_px, turned)[0]
    mended = _replace_bad_frames(scene, best.state, freedom([model], prior, scene.xy_px.device), kernels[1:], noise_px)
    if mended is None:
        return best
    again = fit(scene, mended, [model], [best.start], prior, kernels[2:], noise_px)
    return ranked([best, *again], unit_px, turned)[0]


def measured(scene: Observations) -> Float[np.ndarray, "m n 2"]:
    """Positions relative to the principal point, NaN where unseen."""
    return np.where(scene.weight.cpu().numpy()[..., None] > 0, scene.xy_px.cpu().numpy(), np.nan)


def _simple(
    scene: Observations, xy: Float[np.ndarray, "m n 2"], prior: FocalPrior, unit_px: float, noise_px: float
) -> tuple[Parameters, list[str], list[str]]:
    """Starts from the turning models, from a camera that does not turn, and from two views."""
    device = scene.xy_px.device
    n = scene.xy_px.shape[1]
    log_focal = math.log(prior.focal_px)
    still, flat = np.zeros((n, 3)), np.zeros(n)
    turned, _ = chain(xy, prior.focal_px, scene.pixel_aspect, zoom=False)
    turned_zoomed, log_zoom = chain(xy, prior.focal_px, scene.pixel_aspect, zoom=True)

    def begin(rotation: np.ndarray, translation: np.ndarray) -> Parameters:
        return parameters_from(scene, rotation, translation, flat, log_focal, inverse_depth=1.0)

    begins = [begin(turned, still), begin(turned_zoomed, dolly_for_zoom(log_zoom))]
    labels = ["rotation", "zoom as dolly"]
    held = begin(np.tile(np.eye(3), (n, 1, 1)), still)
    only = _translation_only(prior, device)
    begins.append(adjust(scene, held, only, kernel_px=(WIDE[0] * unit_px,), noise_px=noise_px).state)
    labels.append("translation alone")
    for second in sorted({n - 1, n // 2}):
        state = _from_two_views(scene, begins[0], log_focal, second)
        if state is not None:
            begins.append(state)
            labels.append(f"two views 0-{second}")
    return stack(begins), ["full"] * len(begins), labels


def _headed(
    scene: Observations,
    xy: Float[np.ndarray, "m n 2"],
    prior: FocalPrior,
    unit_px: float,
    noise_px: float,
    *,
    zoom: bool,
) -> list[Parameters]:
    """Starts in the directions that the tracks between the first frame and a late one leave open.

    A pair of frames is adjusted first, both ways along each direction; what it sees places the other frames.
    """
    seen = np.isfinite(xy[..., 0])
    shared = seen[seen[:, 0]].sum(0)
    late = np.flatnonzero(shared >= max(0.4 * shared[0], 30))
    last = int(late[-1]) if len(late) else 0
    if last == 0:
        return []
    both = seen[:, 0] & seen[:, last]
    rows = torch.tensor(np.flatnonzero(both), device=scene.xy_px.device)
    pair = replace(scene, xy_px=scene.xy_px[rows][:, [0, last]], weight=scene.weight[rows][:, [0, last]])
    share = np.minimum(np.arange(xy.shape[1]) / last, 1.5)
    paths: list[tuple[np.ndarray, np.ndarray, np.ndarray, float]] = []
    for step in (1.0,) if prior.given else FOCAL_STEPS:
        focal_px = prior.focal_px * step
        turned, log_zoom = chain(xy, focal_px, scene.pixel_aspect, zoom=zoom)
        a = directions(xy[both, 0], focal_px, scene.pixel_aspect)
        b = directions(xy[both, last], focal_px * math.exp(log_zoom[last]), scene.pixel_aspect)
        for base in (turned, np.broadcast_to(np.eye(3), turned.shape)):  # the chain may have followed the subject
            for found in headings(a, b, base[last], focal_px, unit_px, zoom=zoom):
                zoomed = log_zoom + share * found.log_zoom
                for sign in (1.0, -1.0):
                    rotation, translation = _straight(base, share, found.turn_rad, sign * found.direction)
                    paths.append((rotation, translation, zoomed, focal_px))
    starts = [
        parameters_from(pair, r[[0, last]], t[[0, last]], z[[0, last]], math.log(f), inverse_depth=1.0)
        for r, t, z, f in paths
    ]
    model = "full_zoom" if zoom else "full"
    held = replace(
        freedom([model] * len(starts), prior, scene.xy_px.device),
        focal=torch.zeros(len(starts), dtype=torch.bool, device=rows.device),
    )
    kernel = (8.0 * unit_px, 3.0 * unit_px)
    state = adjust(pair, stack(starts), held, kernel_px=kernel, noise_px=noise_px, iterations=4).state
    support = (1.0 / (1.0 + (track_rms(pair, state) / unit_px) ** 2)).sum(1)
    support = support.cpu().numpy()
    ways = [2 * k + int(support[2 * k + 1] > support[2 * k]) for k in range(len(paths) // 2)]
    order = sorted(ways, key=lambda i: -support[i])
    first = [next(i for i in order if paths[i][3] == focal_px) for focal_px in sorted({path[3] for path in paths})]
    best = list(dict.fromkeys([*order[:HEADINGS], *first]))
    return [
        _everywhere(scene, state.take([i]), rows, last, share, paths[i], prior, unit_px, noise_px, model) for i in best
    ]


def _straight(
    turned: Float[np.ndarray, "n 3 3"], share: Float[np.ndarray, " n"], turn_rad: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rotations and translations (camera from world) on the way along a direction, the missing turn dealt out."""
    from scipy.spatial.transform import Rotation

    more = Rotation.from_rotvec(share[:, None] * turn_rad).as_matrix()
    rotation = turned @ more.transpose(0, 2, 1)
    return rotation, -np.einsum("nij,nj->ni", rotation, 0.2 * share[:, None] * direction)


def _everywhere(
    scene: Observations,
    two: Parameters,
    rows: torch.Tensor,
    last: int,
    share: Float[np.ndarray, " n"],
    path: tuple[np.ndarray, np.ndarray, np.ndarray, float],
    prior: FocalPrior,
    unit_px: float,
    noise_px: float,
    model: str,
) -> Parameters:
    """All frames placed by the points of an adjusted pair, from where its straight path puts them."""
    from scipy.spatial.transform import Rotation

    rotation, _, log_zoom, focal_px = path
    pair_rotation, pair_translation = two.rotation[0, 1].cpu().numpy(), two.translation[0, 1].cpu().numpy()
    missing = Rotation.from_matrix(rotation[last].T @ pair_rotation).as_rotvec()
    rotation = rotation @ Rotation.from_rotvec(share[:, None] * missing).as_matrix()
    centre = share[:, None] * (-pair_rotation.T @ pair_translation)
    zoom = log_zoom + share * (float(two.zoom[0, 1]) - log_zoom[last])
    state = parameters_from(
        scene, rotation, -np.einsum("nij,nj->ni", rotation, centre), zoom, math.log(focal_px), inverse_depth=1.0
    )
    point = state.point.clone()
    point[:, rows] = two.point
    weight = torch.zeros_like(scene.weight)
    weight[rows] = scene.weight[rows]
    free = freedom([model], prior, scene.xy_px.device)
    known = replace(state, point=point)
    return resect(replace(scene, weight=weight), known, free, kernel_px=WIDE[1] * unit_px, noise_px=noise_px)


def _replace_bad_frames(
    scene: Observations, state: Parameters, free: FreeParameters, kernels_px: tuple[float, ...], noise_px: float
) -> Parameters | None:
    """The state with frames that sit in a wrong minimum placed anew from the poses of their neighbours.

    None where no frame gains a tenth of its cost.
    """
    n = state.zoom.shape[1]
    index = torch.arange(n, device=state.zoom.device)
    sources = [index, (index - 1).clamp_min(0), (index + 1).clamp_max(n - 1)]
    for source in sources[1:]:
        source[0] = 0  # the gauge
    tried = stack(
        [
            replace(
                state,
                rotation=state.rotation[:, source],
                translation=state.translation[:, source],
                zoom=state.zoom[:, source],
            )
            for source in sources
        ]
    )
    for kernel_px in kernels_px:
        tried = resect(scene, tried, free.take([0] * len(sources)), kernel_px=kernel_px, noise_px=noise_px)
    cost = frame_cost(scene, tried, kernels_px[-1])
    before = frame_cost(scene, state, kernels_px[-1])[0]
    if not bool((cost.amin(0) < 0.9 * before).any()):
        return None
    best = cost.argmin(0)
    return replace(
        state,
        rotation=tried.rotation[best, index][None],
        translation=tried.translation[best, index][None],
        zoom=tried.zoom[best, index][None],
    )


def _translation_only(prior: FocalPrior, device: torch.device) -> FreeParameters:
    yes, no = torch.tensor([True], device=device), torch.tensor([False], device=device)
    return FreeParameters(
        rotation=no,
        translation=yes,
        zoom=no,
        focal=no,
        log_focal_prior=math.log(prior.focal_px),
        log_focal_sigma=prior.sigma or 1e-3,
    )


def _from_two_views(scene: Observations, base: Parameters, log_focal: float, second: int) -> Parameters | None:
    """A start whose poses run from the identity to the two-view pose, with the points that it triangulates."""
    from scipy.spatial.transform import Rotation

    found = two_view(scene, log_focal, 0, second)
    if found is None:
        return None
    rotation, translation, world = found
    n = scene.xy_px.shape[1]
    share = np.minimum(np.arange(n) / second, 2.0)
    turn = Rotation.from_matrix(rotation).as_rotvec()
    rotations = Rotation.from_rotvec(share[:, None] * turn).as_matrix()
    start = parameters_from(
        scene, rotations, share[:, None] * translation, np.zeros(n), log_focal, inverse_depth=_middle(world)
    )
    known = torch.tensor(np.isfinite(world[:, 0]), device=base.point.device)
    point = torch.tensor(np.nan_to_num(world), dtype=base.point.dtype, device=base.point.device)
    return Parameters(
        rotation=start.rotation,
        translation=start.translation,
        zoom=start.zoom,
        log_focal=start.log_focal,
        point=torch.where(known[None, :, None], point[None], start.point),
    )


def _middle(world: np.ndarray) -> float:
    """Median inverse distance of homogeneous points."""
    good = np.isfinite(world[:, 0])
    if not good.any():
        return 1.0
    return float(np.median(world[good, 3] / np.linalg.norm(world[good, :3], axis=1)))
