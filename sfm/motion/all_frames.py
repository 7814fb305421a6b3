"""From keyframes to every frame, and from the adjuster's gauge to what a trajectory means."""

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int

from sfm.geometry.bundle_adjustment import CAMERA, jacobians, normal_equations, schur
from sfm.geometry.problem import FreeParameters, Observations, Parameters, exp_so3, geman_mcclure, residuals


def interpolate(state: Parameters, keyframes: Int[np.ndarray, " k"], n: int) -> Parameters:
    """Poses and zoom of all n frames, between the keyframes by SLERP and straight lines, held beyond them."""
    from scipy.spatial.transform import Rotation, Slerp

    at = np.clip(np.arange(n), keyframes[0], keyframes[-1])
    rotation = state.rotation[0].cpu().numpy()
    translation = state.translation[0].cpu().numpy()
    centre = -np.einsum("nji,nj->ni", rotation, translation)
    turned = Slerp(keyframes, Rotation.from_matrix(rotation))(at).as_matrix()
    placed = np.stack([np.interp(at, keyframes, centre[:, i]) for i in range(3)], 1)
    zoom = np.interp(at, keyframes, state.zoom[0].cpu().numpy())
    options = {"dtype": state.zoom.dtype, "device": state.zoom.device}
    return Parameters(
        rotation=torch.tensor(turned, **options)[None],
        translation=torch.tensor(-np.einsum("nij,nj->ni", turned, placed), **options)[None],
        zoom=torch.tensor(zoom, **options)[None],
        log_focal=state.log_focal,
        point=state.point,
    )


def resect(
    scene: Observations,
    state: Parameters,
    freedom: FreeParameters,
    *,
    kernel_px: float,
    noise_px: float,
    iterations: int = 8,
) -> Parameters:
    """Each frame for itself, the points held: the cost is one small system a frame."""
    b, n = state.zoom.shape
    damping = torch.full((b, n), 1e-3, dtype=state.zoom.dtype, device=state.zoom.device)
    cost = frame_cost(scene, state, kernel_px)
    eye = torch.eye(CAMERA, dtype=state.zoom.dtype, device=state.zoom.device)
    for _ in range(iterations):
        blocks, gradient = _frame_normal(scene, state, freedom, kernel_px)
        diagonal = torch.diagonal(blocks, dim1=-2, dim2=-1)
        still = (diagonal <= 1e-12).to(blocks.dtype)
        held = blocks + torch.diag_embed(damping[..., None] * diagonal + still) + 1e-9 * eye
        step = -torch.linalg.solve(held, gradient[..., None])[..., 0]
        trial = Parameters(
            rotation=exp_so3(step[..., :3].clamp(-0.3, 0.3)) @ state.rotation,
            translation=state.translation + step[..., 3:6],
            zoom=state.zoom + step[..., 6].clamp(-0.3, 0.3),
            log_focal=state.log_focal,
            point=state.point,
        )
        trial_cost = frame_cost(scene, trial, kernel_px)
        better = trial_cost < cost
        state = Parameters(
            rotation=torch.where(better[..., None, None], trial.rotation, state.rotation),
            translation=torch.where(better[..., None], trial.translation, state.translation),
            zoom=torch.where(better, trial.zoom, state.zoom),
            log_focal=state.log_focal,
            point=state.point,
        )
        cost = torch.where(better, trial_cost, cost)
        damping = torch.where(better, damping * 0.2, damping * 8.0).clamp(1e-8, 1e8)
    return state


def initialise_points(scene: Observations, state: Parameters, count: int, *, depth: bool) -> Parameters:
    """The state with points for all tracks of a scene whose first `count` tracks have theirs already.

    New points stand on the ray of the middle frame that sees them, at the median inverse distance of what that frame
    knows, or at infinity where no depth is asked for.
    """
    seen = scene.weight > 0
    rotation, translation = state.rotation[0], state.translation[0]
    known = state.point[0]
    in_camera = torch.einsum("nij,mj->mni", rotation, known[:, :3]) + known[:, None, 3:] * translation
    nearness = torch.where(seen[:count], known[:, 3:] / in_camera.norm(dim=-1).clamp_min(1e-9), torch.nan)
    middle = torch.nan_to_num(nearness.nanmedian(dim=0).values, nan=1.0).clamp_min(0.0) * depth
    order = seen[count:].to(torch.int64)
    half = (order.cumsum(1) * 2 > order.sum(1, keepdim=True)).to(torch.int64).argmax(1)
    rows = torch.arange(count, len(seen), device=half.device)
    focal = state.focal_px[0, half]
    xy = scene.xy_px[rows, half]
    ray = torch.stack([xy[:, 0] * scene.pixel_aspect / focal, xy[:, 1] / focal, torch.ones_like(focal)], -1)
    ray = ray / ray.norm(dim=-1, keepdim=True)
    w = middle[half][:, None]
    world = torch.einsum("mji,mj->mi", rotation[half], ray - w * translation[half])
    fresh = torch.cat([world, w], -1)
    return replace(state, point=torch.cat([known, fresh / fresh.norm(dim=-1, keepdim=True)])[None])


def frame_cost(scene: Observations, state: Parameters, kernel_px: float) -> Float[torch.Tensor, "b n"]:
    """Robust cost of each frame (Geman-McClure), in square pixels."""
    r, _, _ = residuals(scene, state)
    squared = (r**2).sum(-1)
    return (scene.weight * geman_mcclure(squared, kernel_px**2)).sum(1)


def _frame_normal(
    scene: Observations, state: Parameters, freedom: FreeParameters, kernel_px: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """One system per frame: blocks (1 n 7 7) and gradients (1 n 7)."""
    camera, _, r = jacobians(scene, state, freedom, torch.full_like(state.log_focal, kernel_px), 1.0)
    camera = camera[:, :, :CAMERA]
    return camera @ camera.transpose(-1, -2), (camera @ r[..., None])[..., 0]


def log_focal_sigma(
    scene: Observations, state: Parameters, freedom: FreeParameters, *, kernel_px: float, noise_px: float
) -> float:
    """Standard deviation of the log focal length, all else free (inverse of the reduced Hessian; prior included)."""
    kernel = torch.full_like(state.log_focal, kernel_px)
    normal = normal_equations(scene, state, freedom, kernel, noise_px)
    matrix, _, _ = schur(normal, torch.zeros_like(state.log_focal), floor=1e-12)
    diagonal = torch.diagonal(normal.camera, dim1=1, dim2=2)
    still = (diagonal <= 1e-12).to(matrix.dtype)
    matrix = matrix + torch.diag_embed(still + 1e-12 * diagonal)
    unit = torch.zeros_like(matrix[..., :1])
    unit[:, -1] = 1.0
    factor, bad = torch.linalg.cholesky_ex(matrix)
    if bool(bad.any()):
        return freedom.log_focal_sigma
    variance = float(torch.cholesky_solve(unit, factor)[0, -1, 0])
    return min(math.sqrt(max(variance, 0.0)), freedom.log_focal_sigma)


def depths(scene: Observations, state: Parameters, agrees: np.ndarray) -> Float[np.ndarray, " n"]:
    """Median depth of the agreeing points that each frame sees, NaN where it sees none."""
    rotation, translation = state.rotation[0].cpu().numpy(), state.translation[0].cpu().numpy()
    point = state.point[0].cpu().numpy()
    w = np.maximum(point[:, 3], 1e-6 * np.linalg.norm(point[:, :3], axis=1))
    world = point[:, :3] / w[:, None]
    z = np.einsum("nj,mj->mn", rotation[:, 2], world) + translation[None, :, 2]
    usable = (scene.weight.cpu().numpy() > 0) & agrees[:, None] & (z > 0)
    out = np.full(z.shape[1], np.nan)
    for i in np.flatnonzero(usable.any(0)):
        out[i] = np.median(z[usable[:, i], i])
    return out


def translation_bound(
    rays: Float[np.ndarray, "m 3"], focal_px: float, noise_px: float, *, zoom: bool, relief: float = 0.1
) -> float:
    """How far the camera may have moved, in scene depths, without a trace in the residuals.

    A translation t at inverse depth w shifts a point by f·J·t·w; whatever rotation (and zoom) cannot absorb of it
    would stand in the residuals. Two scenes are tried, a shell of one depth and the same with a `relief` (relative
    standard deviation of inverse depth); the bound is the translation whose trace is twice the noise, the worst
    of three axes.
    """
    x, y = rays[:, 0] / rays[:, 2], rays[:, 1] / rays[:, 2]
    one, zero = np.ones_like(x), np.zeros_like(x)
    shift = np.stack([np.r_[one, zero], np.r_[zero, one], np.r_[-x, -y]], 1)
    turn = np.stack([np.r_[x * y, 1 + y * y], np.r_[1 + x * x, x * y], np.r_[y, -x]], 1)
    basis = np.concatenate([turn, np.r_[x, y][:, None]], 1) if zoom else turn
    q, _ = np.linalg.qr(basis)
    trace = []
    for axis in range(3):
        shell = shift[:, axis] - q @ (q.T @ shift[:, axis])
        rough = relief * np.sqrt((shift[:, axis] ** 2).reshape(2, -1).sum(0).mean())
        trace.append(focal_px * math.hypot(math.sqrt((shell.reshape(2, -1) ** 2).sum(0).mean()), rough))
    return float(2 * noise_px / max(min(trace), 1e-9))
