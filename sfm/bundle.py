"""Robust bundle adjustment of several motion hypotheses at once, in torch, on any device.

A hypothesis is a start plus the set of parameters that it may move; all of them share tracks and run as one batch.
Points are homogeneous, X = (cos φ · d, sin φ) with d a unit direction seen from the world origin, so that
tan φ is the inverse distance and points at infinity are ordinary (Triggs et al. 2000, Bundle Adjustment, §2-3).
Levenberg-Marquardt with the Schur complement over points (ibid. §6), robust weights by Geman-McClure.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

POSE = 6
CAMERA = 7  # rotation, translation, log focal offset


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What was measured: m tracks in n frames, shared by all hypotheses.

    xy_px: relative to the principal point; anything where weight is 0.
    weight: 0 where unseen; tracks of crowded cells count less.
    pixel_aspect: pixel width over height.
    """

    xy_px: Float[Tensor, "m n 2"]
    weight: Float[Tensor, "m n"]
    pixel_aspect: float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """Parameters of b hypotheses: world-to-camera poses, focal lengths and points."""

    rotation: Float[Tensor, "b n 3 3"]
    translation: Float[Tensor, "b n 3"]
    zoom: Float[Tensor, "b n"]
    log_focal: Float[Tensor, " b"]
    point: Float[Tensor, "b m 4"]

    def take(self, rows: Tensor | list[int]) -> "State":
        """Some of the hypotheses, in the order given."""
        return State(
            rotation=self.rotation[rows],
            translation=self.translation[rows],
            zoom=self.zoom[rows],
            log_focal=self.log_focal[rows],
            point=self.point[rows],
        )

    @property
    def focal_px(self) -> Float[Tensor, "b n"]:
        """fy per frame."""
        return torch.exp(self.log_focal[:, None] + self.zoom)


def stack(states: list[State]) -> State:
    """Several batches as one."""
    return State(
        rotation=torch.cat([s.rotation for s in states]),
        translation=torch.cat([s.translation for s in states]),
        zoom=torch.cat([s.zoom for s in states]),
        log_focal=torch.cat([s.log_focal for s in states]),
        point=torch.cat([s.point for s in states]),
    )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Freedom:
    """Which parameters each of the b hypotheses may move, and the prior that holds the focal length."""

    rotation: Bool[Tensor, " b"]
    translation: Bool[Tensor, " b"]
    zoom: Bool[Tensor, " b"]
    focal: Bool[Tensor, " b"]
    log_focal_prior: float
    log_focal_sigma: float

    def take(self, rows: Tensor | list[int]) -> "Freedom":
        """The freedom of some of the hypotheses."""
        return replace(
            self,
            rotation=self.rotation[rows],
            translation=self.translation[rows],
            zoom=self.zoom[rows],
            focal=self.focal[rows],
        )


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A finished adjustment: parameters, robust cost, residuals in pixels (inf behind the camera)."""

    state: State
    cost: Float[Tensor, " b"]
    residual_px: Float[Tensor, "b m n"]


def exp_so3(omega: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 3 3"]:
    """Rotation matrices of rotation vectors (Rodrigues)."""
    return torch.linalg.matrix_exp(hat(omega))


def hat(v: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 3 3"]:
    """Cross-product matrices."""
    zero = torch.zeros_like(v[..., 0])
    x, y, z = v.unbind(-1)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*v.shape[:-1], 3, 3)


def points_in_camera(state: State) -> Float[Tensor, "b m n 3"]:
    """Homogeneous points in camera axes: R X + w t."""
    direction, w = state.point[..., :3], state.point[..., 3]
    rotated = torch.einsum("bnij,bmj->bmni", state.rotation, direction)
    return rotated + w[:, :, None, None] * state.translation[:, None]


MIN_DEPTH = 1e-3
FAR_PX = 1e4


def residuals(scene: Scene, state: State) -> tuple[Tensor, Tensor, Tensor]:
    """Residual vectors in pixels (b m n 2), points in camera axes and which lie in front of the camera."""
    x = points_in_camera(state)
    z = x[..., 2]
    front = z > MIN_DEPTH
    safe = torch.where(front, z, torch.ones_like(z))
    focal = state.focal_px[:, None, :]
    u = focal / scene.pixel_aspect * x[..., 0] / safe - scene.xy_px[..., 0]
    v = focal * x[..., 1] / safe - scene.xy_px[..., 1]
    r = torch.stack([u, v], -1)
    return torch.where(front[..., None], r, torch.full_like(r, FAR_PX)), x, front


def robust_cost(scene: Scene, r: Tensor, kernel_px: Tensor) -> Float[Tensor, " b"]:
    """Geman-McClure: sum of c² r² / (c² + r²), in square pixels."""
    squared = (r**2).sum(-1)
    c2 = kernel_px[:, None, None] ** 2
    return (scene.weight * (c2 * squared / (c2 + squared))).sum((1, 2))


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
    """Normal equations before the Schur complement; parameters of cameras are [n·7, 1 shared focal]."""

    camera: Tensor  # b p p, block diagonal and the shared focal's border
    gradient: Tensor  # b p
    point: Tensor  # b m 3 3
    point_gradient: Tensor  # b m 3
    mixed: Tensor  # b p m·3


def normal_equations(scene: Scene, state: State, freedom: Freedom, kernel_px: Tensor, noise_px: float) -> Normal:
    r, x, front = residuals(scene, state)
    b, m, n, _ = r.shape
    c2 = kernel_px[:, None, None] ** 2
    squared = (r**2).sum(-1)
    weight = torch.where(front, scene.weight * (c2 / (c2 + squared)) ** 2, torch.zeros_like(squared)) / noise_px**2
    root = weight.sqrt()[..., None]
    z = torch.where(front, x[..., 2], torch.ones_like(x[..., 2]))
    focal = state.focal_px[:, None, :]
    fx, fy = focal / scene.pixel_aspect / z, focal / z
    px, py = x[..., 0] / z, x[..., 1] / z
    zero = torch.zeros_like(z)
    j_u = torch.stack([fx + zero, zero, -fx * px], -1)
    j_v = torch.stack([zero, fy + zero, -fy * py], -1)
    projection = torch.stack([j_u, j_v], -2) * root[..., None]  # b m n 2 3
    w = state.point[..., 3]
    rotated = x - w[:, :, None, None] * state.translation[:, None]
    free_r = freedom.rotation.to(r.dtype)[:, None, None, None, None]
    free_t = freedom.translation.to(r.dtype)[:, None, None, None, None]
    free_z = freedom.zoom.to(r.dtype)[:, None, None, None]
    turn = -projection @ hat(rotated) * free_r
    shift = projection * w[:, :, None, None, None] * free_t
    scale = torch.stack([fx * z * px, fy * z * py], -1) * root  # ∂/∂ log focal
    camera_jacobian = torch.cat([turn, shift, (scale * free_z)[..., None]], -1)  # b m n 2 7
    first = torch.ones(n, dtype=r.dtype, device=r.device)
    first[0] = 0.0  # the first camera is the gauge: its pose and its zoom offset stay
    camera_jacobian = camera_jacobian * first[None, None, :, None, None]
    shared = scale * freedom.focal.to(r.dtype)[:, None, None, None]
    basis = _bases(state.point)
    seen = torch.einsum("bnij,bmjk->bmnik", state.rotation, basis[..., :3, :])
    seen = seen + state.translation[:, None, :, :, None] * basis[:, :, None, None, 3, :]
    point_jacobian = projection @ seen
    depth_free = torch.ones(b, 3, dtype=r.dtype, device=r.device)
    depth_free[:, 2] = freedom.translation.to(r.dtype)
    point_jacobian = point_jacobian * depth_free[:, None, None, None, :]
    r = torch.where(front[..., None], r, torch.zeros_like(r)) * root

    size = n * CAMERA + 1
    camera = torch.zeros(b, size, size, dtype=r.dtype, device=r.device)
    blocks = torch.einsum("bmnrc,bmnrd->bncd", camera_jacobian, camera_jacobian)
    index = torch.arange(n * CAMERA, device=r.device).reshape(n, CAMERA)
    camera[:, index[:, :, None], index[:, None, :]] = blocks
    border = torch.einsum("bmnrc,bmnr->bnc", camera_jacobian, shared).reshape(b, -1)
    camera[:, :-1, -1] = border
    camera[:, -1, :-1] = border
    camera[:, -1, -1] = (shared**2).sum((1, 2, 3))
    gradient = torch.cat(
        [torch.einsum("bmnrc,bmnr->bnc", camera_jacobian, r).reshape(b, -1), (shared * r).sum((1, 2, 3))[:, None]], 1
    )
    mixed_cameras = torch.einsum("bmnrc,bmnrk->bncmk", camera_jacobian, point_jacobian).reshape(b, n * CAMERA, m * 3)
    mixed_shared = torch.einsum("bmnr,bmnrk->bmk", shared, point_jacobian).reshape(b, 1, m * 3)
    # prior on the shared focal length, and a weak one on zoom
    precision = 1.0 / freedom.log_focal_sigma**2
    camera[:, -1, -1] += precision
    gradient[:, -1] += precision * (state.log_focal - freedom.log_focal_prior) * freedom.focal.to(r.dtype)
    return Normal(
        camera=camera,
        gradient=gradient,
        point=torch.einsum("bmnrk,bmnrl->bmkl", point_jacobian, point_jacobian),
        point_gradient=torch.einsum("bmnrk,bmnr->bmk", point_jacobian, r),
        mixed=torch.cat([mixed_cameras, mixed_shared], 1),
    )


def schur(normal: Normal, damping: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Schur complement over the points: reduced matrix and gradient, and what back-substitution needs."""
    b, m = normal.point.shape[:2]
    eye3 = torch.eye(3, dtype=normal.point.dtype, device=normal.point.device)
    diagonal = torch.diagonal(normal.point, dim1=-2, dim2=-1)
    floor = 1e-9 + 1e-6 * diagonal.amax(-1, keepdim=True)
    held = torch.diag_embed(damping[:, None, None] * diagonal + floor)
    lower = torch.linalg.cholesky(normal.point + held + 1e-12 * eye3)
    mixed = normal.mixed.reshape(b, -1, m, 3).transpose(1, 2)  # b m p 3
    whitened = torch.linalg.solve_triangular(lower, mixed.transpose(-1, -2), upper=False)  # b m 3 p
    flat = whitened.reshape(b, m * 3, -1)
    half = torch.linalg.solve_triangular(lower, normal.point_gradient[..., None], upper=False)  # b m 3 1
    matrix = normal.camera - flat.transpose(1, 2) @ flat
    gradient = normal.gradient - (flat.transpose(1, 2) @ half.reshape(b, m * 3, 1))[..., 0]
    return matrix, gradient, lower, whitened


def _step(normal: Normal, damping: Tensor) -> tuple[Tensor, Tensor]:
    matrix, gradient, lower, whitened = schur(normal, damping)
    diagonal = torch.diagonal(normal.camera, dim1=1, dim2=2)
    still = diagonal <= 1e-12
    matrix = matrix + torch.diag_embed(damping[:, None] * diagonal + 1e-9 * diagonal.amax(1, keepdim=True) + still)
    factor, bad = torch.linalg.cholesky_ex(matrix)
    delta = -torch.cholesky_solve(gradient[..., None], factor)[..., 0]
    delta = torch.where((bad > 0)[:, None] | ~torch.isfinite(delta), torch.zeros_like(delta), delta)
    delta = torch.where(still, torch.zeros_like(delta), delta)
    half = torch.linalg.solve_triangular(lower, normal.point_gradient[..., None], upper=False)
    right = half + whitened @ delta[:, None, :, None]
    point = -torch.linalg.solve_triangular(lower.transpose(-1, -2), right, upper=True)[..., 0]
    return delta, point


def _moved(state: State, delta: Tensor, point_delta: Tensor) -> State:
    b, n = state.zoom.shape
    cameras = delta[:, :-1].reshape(b, n, CAMERA)
    turn = cameras[..., :3]
    length = turn.norm(dim=-1, keepdim=True)
    turn = turn * (0.5 / length.clamp_min(0.5))  # no step turns a camera by more than half a radian
    step = (_bases(state.point) @ point_delta[..., None])[..., 0]
    point = state.point + step
    point = point / point.norm(dim=-1, keepdim=True)
    return State(
        rotation=exp_so3(turn) @ state.rotation,
        translation=state.translation + cameras[..., 3:6],
        zoom=state.zoom + cameras[..., 6].clamp(-0.5, 0.5),
        log_focal=state.log_focal + delta[:, -1].clamp(-0.3, 0.3),
        point=point,
    )


def _choose(better: Tensor, a: State, b: State) -> State:
    def pick(p: Tensor, q: Tensor) -> Tensor:
        return torch.where(better.reshape(-1, *([1] * (p.ndim - 1))), p, q)

    return State(
        rotation=pick(a.rotation, b.rotation),
        translation=pick(a.translation, b.translation),
        zoom=pick(a.zoom, b.zoom),
        log_focal=pick(a.log_focal, b.log_focal),
        point=pick(a.point, b.point),
    )


def rescaled(state: State) -> State:
    """The same geometry with a median inverse distance of one, so that the free scale cannot drift away."""
    length = state.point[..., :3].norm(dim=-1).clamp_min(1e-12)
    scale = (state.point[..., 3] / length).median(dim=1).values
    scale = torch.where(scale > 1e-9, scale, torch.ones_like(scale))
    point = torch.cat([state.point[..., :3], state.point[..., 3:] / scale[:, None, None]], -1)
    return replace(
        state,
        translation=state.translation * scale[:, None, None],
        point=point / point.norm(dim=-1, keepdim=True),
    )


def total_cost(scene: Scene, state: State, freedom: Freedom, kernel_px: Tensor, noise_px: float) -> Tensor:
    """Robust cost in units of the noise, plus the prior on the focal length."""
    r, _, _ = residuals(scene, state)
    prior = ((state.log_focal - freedom.log_focal_prior) / freedom.log_focal_sigma) ** 2
    return robust_cost(scene, r, kernel_px) / noise_px**2 + prior


def adjust(
    scene: Scene,
    state: State,
    freedom: Freedom,
    *,
    kernel_px: tuple[float, ...] = (8.0, 3.0, 1.5),
    noise_px: float = 0.3,
    iterations: int = 12,
    tolerance: float = 1e-4,
) -> Fit:
    """Levenberg-Marquardt for all hypotheses at once.

    kernel_px: robust kernels, from wide to tight (graduated non-convexity); each gets up to `iterations` steps.
    noise_px: standard deviation of a good residual, which sets the weight of the prior.
    """
    b = state.log_focal.shape[0]
    options = {"dtype": scene.xy_px.dtype, "device": scene.xy_px.device}
    kernel = torch.full((b,), kernel_px[-1], **options)
    for width in kernel_px:
        state = rescaled(state)
        kernel = torch.full((b,), width, **options)
        damping = torch.full((b,), 1e-3, **options)
        cost = total_cost(scene, state, freedom, kernel, noise_px)
        for _ in range(iterations):
            normal = normal_equations(scene, state, freedom, kernel, noise_px)
            delta, point_delta = _step(normal, damping)
            trial = _moved(state, delta, point_delta)
            trial_cost = total_cost(scene, trial, freedom, kernel, noise_px)
            better = trial_cost < cost
            gain = torch.where(better, (cost - trial_cost) / cost.clamp_min(1e-12), torch.zeros_like(cost))
            state = _choose(better, trial, state)
            cost = torch.where(better, trial_cost, cost)
            damping = torch.where(better, (damping * 0.2).clamp_min(1e-8), (damping * 8.0).clamp_max(1e8))
            if bool(((gain < tolerance) & (better | (damping > 1e3))).all()):
                break
    state = rescaled(state)
    r, _, front = residuals(scene, state)
    cost = total_cost(scene, state, freedom, kernel, noise_px)
    distance = torch.where(front, r.norm(dim=-1), torch.full_like(r[..., 0], torch.inf))
    return Fit(state=state, cost=cost, residual_px=distance)
