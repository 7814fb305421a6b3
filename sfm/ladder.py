"""The ladder of motion models: each rung fitted to the same tracks, with every start that its minimum may need."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Float

from sfm.bundle import Fit, adjust
from sfm.growth import grown
from sfm.hypotheses import Freedom, Scene, State, stack
from sfm.starts import chain, dolly_for_zoom, reversed_depth, state_from, two_view

RUNGS = ("static", "rotation", "rotation_zoom", "full", "full_zoom")
WIDE = (16.0, 6.0, 2.5)
"""Robust kernels in pixels of a 640-pixel frame, wide to tight; the last is about five times a good residual."""

POOR_PX = 1.5
"""A full model that leaves more than this to the better 60 % of the content may have started in the wrong place."""
GROW_FROM = 8
"""Fewer keyframes than this are all seen from the first one."""


@final
@dataclass(frozen=True, kw_only=True)
class FocalPrior:
    """What is known of the focal length (fy, pixels of the working size) before looking.

    sigma: standard deviation of its logarithm; 0 where it was given.
    """

    focal_px: float
    sigma: float

    @property
    def given(self) -> bool:
        """Whether it is known and stays as it is."""
        return self.sigma == 0.0


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Rung:
    """One fitted model: its state (a batch of one) and the residuals of every track in every keyframe."""

    model: str
    state: State
    cost: float
    residual_px: Float[np.ndarray, "m n"]
    start: str


def scene_of(
    xy_px: Float[np.ndarray, "m n 2"], hw: tuple[int, int], pixel_aspect: float, device: torch.device
) -> Scene:
    """Tracks as tensors, relative to the centre of the frame."""
    height, width = hw
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    seen = np.isfinite(xy_px[..., 0])
    relative = np.where(seen[..., None], xy_px - centre, 0.0)
    return Scene(
        xy_px=torch.tensor(relative, dtype=torch.float64, device=device),
        weight=torch.tensor(seen, dtype=torch.float64, device=device),
        pixel_aspect=pixel_aspect,
    )


def freedom(models: list[str], prior: FocalPrior, device: torch.device) -> Freedom:
    """The parameters that each model moves."""

    def flags(names: set[str]) -> torch.Tensor:
        return torch.tensor([m in names for m in models], device=device)

    movable = set() if prior.given else {"rotation", "rotation_zoom", "full", "full_zoom"}
    return Freedom(
        rotation=flags({"rotation", "rotation_zoom", "full", "full_zoom"}),
        translation=flags({"full", "full_zoom"}),
        zoom=flags({"rotation_zoom", "full_zoom"}),
        focal=flags(movable),
        log_focal_prior=math.log(prior.focal_px),
        log_focal_sigma=prior.sigma or 1e-3,
    )


def climb(
    scene: Scene,
    prior: FocalPrior,
    unit_px: float,
    *,
    noise_px: float = 0.3,
) -> list[Rung]:
    """Fits every model of the ladder to the keyframes.

    unit_px: length of one pixel of a 640-pixel frame in pixels of this one; kernels scale with it.
    """
    device = scene.xy_px.device
    n = scene.xy_px.shape[1]
    kernels = tuple(k * unit_px for k in WIDE)
    log_focal = math.log(prior.focal_px)
    xy = _measured(scene)
    still, flat = np.zeros((n, 3)), np.zeros(n)
    identity = np.tile(np.eye(3), (n, 1, 1))
    turned, _ = chain(xy, prior.focal_px, scene.pixel_aspect, zoom=False)
    turned_zoomed, log_zoom = chain(xy, prior.focal_px, scene.pixel_aspect, zoom=True)

    def begin(rotation: np.ndarray, translation: np.ndarray, zoom: np.ndarray, depth: float) -> State:
        return state_from(scene, rotation, translation, zoom, log_focal, inverse_depth=depth)

    names = ["static", "rotation", "rotation_zoom", "rotation_zoom"]
    starts = [
        begin(identity, still, flat, 0.0),
        begin(turned, still, flat, 0.0),
        begin(turned_zoomed, still, log_zoom, 0.0),
        begin(turned, still, flat, 0.0),
    ]
    simple = _fit(
        scene, stack(starts), names, ["identity", "chain", "chain with zoom", "chain"], prior, kernels, noise_px
    )
    rungs = [simple[0], simple[1], min(simple[2:], key=lambda r: r.cost)]

    winner = _full(scene, prior, unit_px, noise_px)
    if n > GROW_FROM and share_quantile(winner.residual_px, 0.6) > POOR_PX * unit_px:
        free = freedom(["full"], prior, device)
        start = grown(
            scene,
            free,
            lambda part: _full(part, prior, unit_px, noise_px).state,
            kernels_px=kernels,
            noise_px=noise_px,
        )
        again = _fit(scene, start, ["full"], ["grown"], prior, kernels[1:], noise_px)[0]
        winner = min(winner, again, key=lambda r: misfit(r, unit_px))
    rungs.append(winner)

    begins = [winner.state, begin(turned_zoomed, still, log_zoom, 1.0)]
    zoomed = _fit(scene, stack(begins), ["full_zoom"] * 2, ["full", "rotation_zoom"], prior, kernels[1:], noise_px)
    rungs.append(min(zoomed, key=lambda r: r.cost))
    return rungs


def _full(scene: Scene, prior: FocalPrior, unit_px: float, noise_px: float) -> Rung:
    """Full motion with a constant focal length, from every start that its minimum may need."""
    device = scene.xy_px.device
    n = scene.xy_px.shape[1]
    kernels = tuple(k * unit_px for k in WIDE)
    log_focal = math.log(prior.focal_px)
    xy = _measured(scene)
    still, flat = np.zeros((n, 3)), np.zeros(n)
    turned, _ = chain(xy, prior.focal_px, scene.pixel_aspect, zoom=False)
    turned_zoomed, log_zoom = chain(xy, prior.focal_px, scene.pixel_aspect, zoom=True)

    def begin(rotation: np.ndarray, translation: np.ndarray) -> State:
        return state_from(scene, rotation, translation, flat, log_focal, inverse_depth=1.0)

    begins = [begin(turned, still), begin(turned_zoomed, dolly_for_zoom(log_zoom))]
    labels = ["rotation", "zoom as dolly"]
    held = begin(np.tile(np.eye(3), (n, 1, 1)), still)
    shifted = adjust(scene, held, _translation_only(prior, device), kernel_px=kernels[:1], noise_px=noise_px)
    begins.append(shifted.state)
    labels.append("translation alone")
    for second in sorted({n - 1, n // 2}):
        state = _from_two_views(scene, begins[0], log_focal, second)
        if state is not None:
            begins.append(state)
            labels.append(f"two views 0-{second}")
    trials = _fit(scene, stack(begins), ["full"] * len(begins), labels, prior, kernels[:1], noise_px)
    ranked = sorted(trials, key=lambda r: misfit(r, unit_px))
    best = ranked[:2] + [r for r in sorted(trials, key=lambda r: r.cost)[:2] if r not in ranked[:2]]
    twins = [reversed_depth(r.state) for r in best[:2]]
    labels = [r.start for r in best] + [f"reversed: {r.start}" for r in best[:2]]
    full = _fit(scene, stack([r.state for r in best] + twins), ["full"] * len(labels), labels, prior, kernels, noise_px)
    return min(full, key=lambda r: misfit(r, unit_px))


def _measured(scene: Scene) -> Float[np.ndarray, "m n 2"]:
    """Positions relative to the principal point, NaN where unseen."""
    return np.where(scene.weight.cpu().numpy()[..., None] > 0, scene.xy_px.cpu().numpy(), np.nan)


def _translation_only(prior: FocalPrior, device: torch.device) -> Freedom:
    yes, no = torch.tensor([True], device=device), torch.tensor([False], device=device)
    return Freedom(
        rotation=no,
        translation=yes,
        zoom=no,
        focal=no,
        log_focal_prior=math.log(prior.focal_px),
        log_focal_sigma=prior.sigma or 1e-3,
    )


def _fit(
    scene: Scene,
    state: State,
    models: list[str],
    labels: list[str],
    prior: FocalPrior,
    kernels: tuple[float, ...],
    noise_px: float,
) -> list[Rung]:
    fit: Fit = adjust(scene, state, freedom(models, prior, scene.xy_px.device), kernel_px=kernels, noise_px=noise_px)
    residual = torch.where(scene.weight > 0, fit.residual_px, torch.nan).cpu().numpy()
    return [
        Rung(model=m, state=fit.state.take([i]), cost=float(fit.cost[i]), residual_px=residual[i], start=labels[i])
        for i, m in enumerate(models)
    ]


def _from_two_views(scene: Scene, base: State, log_focal: float, second: int) -> State | None:
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
    start = state_from(
        scene, rotations, share[:, None] * translation, np.zeros(n), log_focal, inverse_depth=_middle(world)
    )
    known = torch.tensor(np.isfinite(world[:, 0]), device=base.point.device)
    point = torch.tensor(np.nan_to_num(world), dtype=base.point.dtype, device=base.point.device)
    return State(
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


def misfit(rung: Rung, unit_px: float) -> float:
    """What starts of one model are ranked by: mostly the residual of the better half of the content (least median
    of squares, Rousseeuw 1984), a little the robust cost.

    By cost alone, a solution that bends towards a large moving object beats the one that fits the background.
    """
    return math.log(share_quantile(rung.residual_px, 0.5) / unit_px + 0.05) + 0.3 * math.log(rung.cost + 1.0)


def share_quantile(residual_px: Float[np.ndarray, "m n"], share: float) -> float:
    """The residual that this share of the content stays below; tracks weigh with the time that they last."""
    rms = track_rms(residual_px)
    order = np.argsort(rms)
    weight = (~np.isnan(residual_px)).sum(1)[order].cumsum()
    return float(rms[order][np.searchsorted(weight, share * weight[-1])])


def track_rms(residual_px: Float[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
    """Root mean square of the residuals of each track; a single slip cannot spoil one (upper tenth left out)."""
    squared = np.sort(np.where(np.isnan(residual_px), np.inf, residual_px) ** 2, axis=1)
    count = (~np.isnan(residual_px)).sum(1)  # behind the camera is inf, and counts against the track
    keep = np.maximum(np.ceil(0.9 * count), 1).astype(int)
    capped = np.where(np.arange(squared.shape[1])[None] < keep[:, None], np.minimum(squared, 1e12), 0.0)
    return np.sqrt(capped.sum(1) / keep)


def positions_of(state: State) -> Float[np.ndarray, "n 3"]:
    """Camera centres in the world of a batch of one."""
    rotation, translation = state.rotation[0].cpu().numpy(), state.translation[0].cpu().numpy()
    return -np.einsum("nji,nj->ni", rotation, translation)
