"""Robust bundle adjustment of several motion hypotheses at once, in torch, on any device.

A hypothesis is a start plus the set of parameters that it may move; all of them share tracks and run as one batch.
Levenberg-Marquardt with the Schur complement over points (Triggs et al. 2000, Bundle Adjustment, §6), robust weights
by Geman-McClure.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from sfm.geometry.problem import (
    BEYOND_INFINITY,
    MIN_DEPTH,
    FreeParameters,
    Observations,
    Parameters,
    exp_so3,
    geman_mcclure,
    rescaled,
    residuals,
)
from sfm.geometry.triangulation import retriangulated

FOCAL_REACH = 1.8
"""Farthest log focal length from the prior, six times either way: a flat scene holds it by nothing else."""
CAMERA = 7
"""Parameters of a camera: rotation, translation, log focal offset."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A finished adjustment: parameters, robust cost, residuals in pixels (inf behind the camera)."""

    state: Parameters
    cost: Float[Tensor, " b"]
    residual_px: Float[Tensor, "b m n"]


def robust_cost(scene: Observations, r: Tensor, kernel_px: Tensor) -> Float[Tensor, " b"]:
    """Geman-McClure: sum of c² r² / (c² + r²), in square pixels."""
    squared = (r**2).sum(-1)
    c2 = kernel_px.reshape(len(r), -1, 1) ** 2
    return (scene.weight * geman_mcclure(squared, c2)).sum((1, 2))


def _bases(point: Tensor) -> Tensor:
    """Tangent basis of each point (b m 4 3): two across the direction, the third along the inverse depth."""
    length = point[..., :3].norm(dim=-1, keepdim=True).clamp_min(1e-12)
    d = point[..., :3] / length
    w = point[..., 3:]
    helper = torch.zeros_like(d)
    helper.scatter_(-1, d.abs().argmin(-1, keepdim=True), 1.0)
    e1 = torch.linalg.cross(d, helper)
    e1 = e1 / e1.norm(dim=-1, keepdim=True)
    e2 = torch.linalg.cross(d, e1)
    zero = torch.zeros_like(w)
    return torch.stack([torch.cat([e1, zero], -1), torch.cat([e2, zero], -1), torch.cat([-w * d, length], -1)], -1)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Normal:
    """Normal equations before the Schur complement; p = c n + 1 camera parameters, the last the shared focal.

    What no hypothesis of the batch may move is left out: of the 7 parameters of a camera c stay, and of the 3 of a
    point d, two where no camera translates. Points come last in every array, so that all products run over long
    contiguous rows.

    used: which of the 7 stay.
    """

    used: list[int]
    camera: Float[Tensor, "b p p"]
    gradient: Float[Tensor, "b p"]
    point: Float[Tensor, "b d d m"]
    point_gradient: Float[Tensor, "b d m"]
    mixed: Float[Tensor, "b p d m"]


def jacobians(
    scene: Observations, state: Parameters, freedom: FreeParameters, kernel_px: Tensor, noise_px: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted Jacobians of cameras (b n 8 2m) and points (b n 3 2m), and residuals (b n 2m), in noise units."""
    b, n = state.zoom.shape
    dtype, device = state.zoom.dtype, state.zoom.device
    point = state.point.transpose(1, 2)  # b 4 m
    rotated = state.rotation @ point[:, None, :3]  # b n 3 m
    w = point[:, None, 3]  # b 1 m
    x, y, z = (rotated + state.translation[..., None] * w[:, :, None]).unbind(2)
    real = point[:, 3] > BEYOND_INFINITY * point[:, :3].norm(dim=1)
    front = (z > MIN_DEPTH) & real[:, None]
    inverse = torch.where(front, 1.0 / z.clamp_min(MIN_DEPTH), torch.ones_like(z))
    focal = state.focal_px[..., None]
    px, py = x * inverse, y * inverse
    ru = focal / scene.pixel_aspect * px - scene.xy_px[..., 0].T
    rv = focal * py - scene.xy_px[..., 1].T
    c2 = kernel_px.reshape(b, 1, -1) ** 2
    root = scene.weight.T.sqrt() * (c2 / (c2 + ru**2 + rv**2)) / noise_px
    root = torch.where(front, root, torch.zeros_like(root))
    fu, fv = root * focal / scene.pixel_aspect, root * focal
    au, av = fu * inverse, fv * inverse  # ∂u/∂x and ∂v/∂y; ∂/∂z are -au·px and -av·py

    def camera_flag(flag: Tensor) -> Tensor:
        return flag.to(dtype)[:, None, None]

    held = torch.ones(n, dtype=dtype, device=device)
    held[0] = 0.0  # the first camera is the gauge: its pose and its zoom offset stay
    held = held[None, :, None]
    turn, shift, scale = (camera_flag(f) * held for f in (freedom.rotation, freedom.translation, freedom.zoom))
    shared = camera_flag(freedom.focal)
    qx, qy, qz = rotated.unbind(2)
    zero = torch.zeros_like(px)
    bu, bv = au * px, av * py
    row_u = [
        -bu * qy * turn, (au * qz + bu * qx) * turn, -au * qy * turn,
        au * w * shift, zero, -bu * w * shift, fu * px * scale, fu * px * shared,
    ]  # fmt: skip
    row_v = [
        -(av * qz + bv * qy) * turn, bv * qx * turn, av * qx * turn,
        zero, av * w * shift, -bv * w * shift, fv * py * scale, fv * py * shared,
    ]  # fmt: skip
    camera = torch.cat([torch.stack(row_u, 2), torch.stack(row_v, 2)], -1)
    basis = _bases(state.point)  # b m 4 3
    toward = torch.einsum("bnij,bmjk->bnikm", state.rotation, basis[..., :3, :])
    toward = toward + state.translation[..., None, None] * basis[..., 3, :].transpose(1, 2)[:, None, None]
    depth = torch.ones(b, 1, 3, 1, dtype=dtype, device=device)
    depth[:, 0, 2, 0] = freedom.translation.to(dtype)
    pu = (au[:, :, None] * toward[:, :, 0] - bu[:, :, None] * toward[:, :, 2]) * depth
    pv = (av[:, :, None] * toward[:, :, 1] - bv[:, :, None] * toward[:, :, 2]) * depth
    return camera, torch.cat([pu, pv], -1), torch.cat([ru * root, rv * root], -1)


def normal_equations(
    scene: Observations, state: Parameters, freedom: FreeParameters, kernel_px: Tensor, noise_px: float
) -> Normal:
    """Gauss-Newton system of the robustly weighted residuals, with the prior on the shared focal length."""
    camera_j, point_j, r = jacobians(scene, state, freedom, kernel_px, noise_px)
    used = _used(freedom)
    c, d = len(used), 3 if 3 in used else 2  # without a translation no depth is moved
    camera_j, point_j = camera_j[:, :, [*used, CAMERA]], point_j[:, :, :d]
    b, n = camera_j.shape[:2]
    m = scene.weight.shape[0]
    blocks = camera_j @ camera_j.transpose(-1, -2)  # b n c+1 c+1
    pull = (camera_j @ r[..., None])[..., 0]  # b n c+1
    cu, cv = camera_j[..., :m], camera_j[..., m:]
    pu, pv = point_j[..., :m], point_j[..., m:]
    mixed = cu[:, :, :, None] * pu[:, :, None] + cv[:, :, :, None] * pv[:, :, None]  # b n c+1 d m
    size = n * c + 1
    camera = torch.zeros(b, size, size, dtype=r.dtype, device=r.device)
    index = torch.arange(n * c, device=r.device).reshape(n, c)
    camera[:, index[:, :, None], index[:, None, :]] = blocks[..., :c, :c]
    border = blocks[..., :c, c].reshape(b, -1)
    camera[:, :-1, -1] = border
    camera[:, -1, :-1] = border
    precision = 1.0 / freedom.log_focal_sigma**2
    camera[:, -1, -1] = blocks[..., c, c].sum(1) + precision
    prior = precision * (state.log_focal - freedom.log_focal_prior) * freedom.focal.to(r.dtype)
    return Normal(
        used=used,
        camera=camera,
        gradient=torch.cat([pull[..., :c].reshape(b, -1), (pull[..., c].sum(1) + prior)[:, None]], 1),
        point=(pu[:, :, :, None] * pu[:, :, None] + pv[:, :, :, None] * pv[:, :, None]).sum(1),
        point_gradient=(pu * r[:, :, None, :m] + pv * r[:, :, None, m:]).sum(1),
        mixed=torch.cat([mixed[:, :, :c].reshape(b, n * c, d, m), mixed[:, :, c].sum(1)[:, None]], 1),
    )


def _used(freedom: FreeParameters) -> list[int]:
    """Which of a camera's parameters any hypothesis of the batch moves."""
    turns, shifts, zooms = (bool(f.any()) for f in (freedom.rotation, freedom.translation, freedom.zoom))
    return [*range(3 * turns), *range(3, 3 + 3 * shifts), *range(6, 6 + zooms)]


def _inverse2(a: Tensor) -> Tensor:
    """Inverses of symmetric 2x2 matrices (b 2 2 m)."""
    xx, xy, yy = a[:, 0, 0], a[:, 0, 1], a[:, 1, 1]
    rows = torch.stack([yy, -xy, -xy, xx], 1)
    return (rows / (xx * yy - xy * xy)[:, None]).reshape(a.shape)


def _inverse3(a: Tensor) -> Tensor:
    """Inverses of symmetric 3x3 matrices (b 3 3 m) by cofactors."""
    xx, xy, xz, yy, yz, zz = a[:, 0, 0], a[:, 0, 1], a[:, 0, 2], a[:, 1, 1], a[:, 1, 2], a[:, 2, 2]
    c_xx, c_xy, c_xz = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    c_yy, c_yz, c_zz = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    determinant = xx * c_xx + xy * c_xy + xz * c_xz
    rows = torch.stack([c_xx, c_xy, c_xz, c_xy, c_yy, c_yz, c_xz, c_yz, c_zz], 1)
    return (rows / determinant[:, None]).reshape(a.shape)


def schur(normal: Normal, damping: Tensor, floor: float = 1e-6) -> tuple[Tensor, Tensor, Tensor]:
    """Schur complement over the points: reduced matrix and gradient, and the inverse point blocks."""
    b, size = normal.gradient.shape
    diagonal = torch.diagonal(normal.point, dim1=1, dim2=2)  # b m d
    least = 1e-9 + floor * diagonal.amax(-1, keepdim=True)
    held = torch.diag_embed(damping[:, None, None] * diagonal + least).permute(0, 2, 3, 1)
    inverse = (_inverse3 if held.shape[1] == 3 else _inverse2)(normal.point + held)
    spread = (normal.mixed[:, :, :, None] * inverse[:, None]).sum(2)  # b p d m
    flat = normal.mixed.reshape(b, size, -1)
    spread = spread.reshape(b, size, -1)
    matrix = normal.camera - spread @ flat.transpose(1, 2)
    gradient = normal.gradient - (spread @ normal.point_gradient.reshape(b, -1, 1))[..., 0]
    return matrix, gradient, inverse


def _step(normal: Normal, damping: Tensor) -> tuple[Tensor, Tensor]:
    matrix, gradient, inverse = schur(normal, damping)
    diagonal = torch.diagonal(normal.camera, dim1=1, dim2=2)
    still = diagonal <= 1e-12
    matrix = matrix + torch.diag_embed(damping[:, None] * diagonal + 1e-9 * diagonal.amax(1, keepdim=True) + still)
    factor, bad = torch.linalg.cholesky_ex(matrix)
    delta = -torch.cholesky_solve(gradient[..., None], factor)[..., 0]
    delta = torch.where((bad > 0)[:, None] | ~torch.isfinite(delta), torch.zeros_like(delta), delta)
    delta = torch.where(still, torch.zeros_like(delta), delta)
    right = normal.point_gradient + (normal.mixed * delta[:, :, None, None]).sum(1)  # b d m
    point = -(inverse * right[:, None]).sum(2).transpose(1, 2)
    return delta, point


def _moved(state: Parameters, delta: Tensor, point_delta: Tensor, used: list[int]) -> Parameters:
    """The state after a step: delta (b p) of the `used` camera parameters and the focal, point_delta (b m d)."""
    b, n = state.zoom.shape
    cameras = delta.new_zeros(b, n, CAMERA)
    cameras[..., used] = delta[:, :-1].reshape(b, n, len(used))
    turn = cameras[..., :3]
    length = turn.norm(dim=-1, keepdim=True)
    turn = turn * (0.5 / length.clamp_min(0.5))  # no step turns a camera by more than half a radian
    step = (_bases(state.point)[..., : point_delta.shape[-1]] @ point_delta[..., None])[..., 0]
    point = state.point + step
    point = point / point.norm(dim=-1, keepdim=True)
    return Parameters(
        rotation=exp_so3(turn) @ state.rotation,
        translation=state.translation + cameras[..., 3:6],
        zoom=state.zoom + cameras[..., 6].clamp(-0.5, 0.5),
        log_focal=state.log_focal + delta[:, -1].clamp(-0.3, 0.3),
        point=point,
    )


def _put(state: Parameters, rows: Tensor, part: Parameters) -> Parameters:
    """The state with some of its hypotheses replaced."""

    def put(whole: Tensor, some: Tensor) -> Tensor:
        return whole.index_put((rows,), some)

    return Parameters(
        rotation=put(state.rotation, part.rotation),
        translation=put(state.translation, part.translation),
        zoom=put(state.zoom, part.zoom),
        log_focal=put(state.log_focal, part.log_focal),
        point=put(state.point, part.point),
    )


def total_cost(
    scene: Observations, state: Parameters, freedom: FreeParameters, kernel_px: Tensor, noise_px: float
) -> Tensor:
    """Robust cost in units of the noise, plus the prior on the focal length."""
    r, _, _ = residuals(scene, state)
    prior = ((state.log_focal - freedom.log_focal_prior) / freedom.log_focal_sigma) ** 2
    return robust_cost(scene, r, kernel_px) / noise_px**2 + prior


def adjust(
    scene: Observations,
    state: Parameters,
    freedom: FreeParameters,
    *,
    kernel_px: tuple[float, ...] = (8.0, 3.0, 1.5),
    noise_px: float = 0.3,
    iterations: int = 12,
    tolerance: float = 1e-4,
    good_track_px: float | None = None,
) -> Fit:
    """Levenberg-Marquardt for all hypotheses at once.

    kernel_px: robust kernels, from wide to tight (graduated non-convexity); each gets up to `iterations` steps.
    noise_px: standard deviation of a good residual, which sets the weight of the prior.
    good_track_px: if given, the least residual to expect of a good track; then whole tracks are judged at the end, and
        those that disagree let go (see `without_outlier_tracks`).
    """
    b = state.log_focal.shape[0]
    options = {"dtype": scene.xy_px.dtype, "device": scene.xy_px.device}
    kernel = torch.full((b,), kernel_px[-1], **options)
    for number, width in enumerate(kernel_px):
        kernel = torch.full((b,), width, **options)
        state = rescaled(state)
        if number:
            state = retriangulated(scene, state, freedom, kernel)
        state = minimise(scene, state, freedom, kernel, noise_px, iterations, tolerance)
    if good_track_px is not None:
        state = without_outlier_tracks(scene, state, freedom, good_track_px, noise_px, iterations, tolerance)
    state = rescaled(state)
    r, _, front = residuals(scene, state)
    cost = total_cost(scene, state, freedom, kernel, noise_px)
    distance = torch.where(front, r.norm(dim=-1), torch.full_like(r[..., 0], torch.inf))
    return Fit(state=state, cost=cost, residual_px=distance)


def minimise(
    scene: Observations,
    state: Parameters,
    freedom: FreeParameters,
    kernel: Tensor,
    noise_px: float,
    iterations: int,
    tolerance: float,
) -> Parameters:
    """Steps under one kernel; a hypothesis that gains no more is done and costs no more."""
    damping = torch.full_like(state.log_focal, 1e-3)
    cost = total_cost(scene, state, freedom, kernel, noise_px)
    active = torch.arange(len(cost), device=cost.device)
    for _ in range(iterations):
        part, free, width = state.take(active), freedom.take(active), kernel[active]
        normal = normal_equations(scene, part, free, width, noise_px)
        delta, point_delta = _step(normal, damping[active])
        trial = _moved(part, delta, point_delta, normal.used)
        focal = trial.log_focal.clamp(freedom.log_focal_prior - FOCAL_REACH, freedom.log_focal_prior + FOCAL_REACH)
        trial = replace(trial, log_focal=focal)
        trial_cost = total_cost(scene, trial, free, width, noise_px)
        better = trial_cost < cost[active]
        gain = torch.where(better, (cost[active] - trial_cost) / cost[active].clamp_min(1e-12), 0.0)
        state = _put(state, active[better], trial.take(better))
        cost = cost.index_put((active[better],), trial_cost[better])
        held = torch.where(better, (damping[active] * 0.2).clamp_min(1e-8), (damping[active] * 8.0).clamp_max(1e8))
        damping = damping.index_put((active,), held)
        active = active[~((gain < tolerance) & (better | (held > 1e3)))]
        if not len(active):
            break
    return state


INLIER_SHARE = 0.35
"""The share of the content that is background in the worst case; its residuals set what a good track is."""
OUTLIER_ROUNDS = 3


def without_outlier_tracks(
    scene: Observations,
    state: Parameters,
    freedom: FreeParameters,
    floor_px: float,
    noise_px: float,
    iterations: int,
    tolerance: float,
) -> Parameters:
    """The minimum that the agreeing tracks alone have.

    A moving thing is wrong in all of its frames, but by less than a wide kernel in most, so that it still pulls. Tracks
    with more than four times the residual of the best third keep a kernel so small that they hardly do.
    """
    for _ in range(OUTLIER_ROUNDS):
        state = retriangulated(scene, rescaled(state), freedom, torch.full_like(state.log_focal, 10 * floor_px))
        rms = track_rms(scene, state)
        sigma = _quantile(rms, scene.weight.sum(1), INLIER_SHARE).clamp(floor_px, 10 * floor_px)[:, None]
        kernel = torch.where(rms < 4.0 * sigma, 4.0 * sigma, 0.5 * sigma)
        state = minimise(scene, state, freedom, kernel, noise_px, iterations // 2, tolerance)
    return state


def track_rms(scene: Observations, state: Parameters) -> Float[Tensor, "b m"]:
    """Root mean square residual of each track in pixels, each observation capped at 50."""
    r, _, _ = residuals(scene, state)
    squared = (r**2).sum(-1).clamp_max(2500.0)
    seen = (scene.weight > 0).to(squared.dtype)
    return ((squared * seen).sum(2) / seen.sum(1).clamp_min(1.0)).sqrt()


def _quantile(values: Float[Tensor, "b m"], weight: Float[Tensor, " m"], share: float) -> Float[Tensor, " b"]:
    """Weighted quantile of each row."""
    order = values.argsort(dim=1)
    total = weight[order].cumsum(1)
    at = (total < share * total[:, -1:]).sum(1, keepdim=True).clamp_max(values.shape[1] - 1)
    return values.gather(1, order.gather(1, at))[:, 0]
