"""The linear system of a step: Jacobians, Gauss-Newton blocks and their Schur complement over the points.

Triggs et al. 2000, Bundle Adjustment, §6; robust weights by Geman-McClure.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.projection import BEYOND_INFINITY, MIN_DEPTH

CAMERA = 7
"""Parameters of a camera: rotation, translation, log focal offset."""


def tangent_bases(point: Tensor) -> Tensor:
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

    Attributes:
        used: which of the 7 stay.
    """

    used: list[int]
    camera: Float[Tensor, "b p p"]
    gradient: Float[Tensor, "b p"]
    point: Float[Tensor, "b d d m"]
    point_gradient: Float[Tensor, "b d m"]
    mixed: Float[Tensor, "b p d m"]


def jacobians(
    observations: Observations, parameters: Parameters, free: FreeParameters, kernel_px: Tensor, noise_px: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted Jacobians of cameras (b n 8 2m) and points (b n 3 2m), and residuals (b n 2m), in noise units."""
    b, n = parameters.zoom.shape
    dtype, device = parameters.zoom.dtype, parameters.zoom.device
    point = parameters.point.transpose(1, 2)  # b 4 m
    rotated = parameters.rotation @ point[:, None, :3]  # b n 3 m
    w = point[:, None, 3]  # b 1 m
    x, y, z = (rotated + parameters.translation[..., None] * w[:, :, None]).unbind(2)
    real = point[:, 3] > BEYOND_INFINITY * point[:, :3].norm(dim=1)
    front = (z > MIN_DEPTH) & real[:, None]
    inverse = torch.where(front, 1.0 / z.clamp_min(MIN_DEPTH), torch.ones_like(z))
    focal = parameters.focal_px[..., None]
    px, py = x * inverse, y * inverse
    ru = focal / observations.pixel_aspect * px - observations.xy_px[..., 0].T
    rv = focal * py - observations.xy_px[..., 1].T
    c2 = kernel_px.reshape(b, 1, -1) ** 2
    root = observations.weight.T.sqrt() * (c2 / (c2 + ru**2 + rv**2)) / noise_px
    root = torch.where(front, root, torch.zeros_like(root))
    fu, fv = root * focal / observations.pixel_aspect, root * focal
    au, av = fu * inverse, fv * inverse  # ∂u/∂x and ∂v/∂y; ∂/∂z are -au·px and -av·py

    def camera_flag(flag: Tensor) -> Tensor:
        return flag.to(dtype)[:, None, None]

    held = torch.ones(n, dtype=dtype, device=device)
    held[0] = 0.0  # the first camera is the gauge: its pose and its zoom offset stay
    held = held[None, :, None]
    turn, shift, scale = (camera_flag(f) * held for f in (free.rotation, free.translation, free.zoom))
    shared = camera_flag(free.focal)
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
    basis = tangent_bases(parameters.point)  # b m 4 3
    toward = torch.einsum("bnij,bmjk->bnikm", parameters.rotation, basis[..., :3, :])
    toward = toward + parameters.translation[..., None, None] * basis[..., 3, :].transpose(1, 2)[:, None, None]
    depth = torch.ones(b, 1, 3, 1, dtype=dtype, device=device)
    depth[:, 0, 2, 0] = free.translation.to(dtype)
    pu = (au[:, :, None] * toward[:, :, 0] - bu[:, :, None] * toward[:, :, 2]) * depth
    pv = (av[:, :, None] * toward[:, :, 1] - bv[:, :, None] * toward[:, :, 2]) * depth
    return camera, torch.cat([pu, pv], -1), torch.cat([ru * root, rv * root], -1)


def normal_equations(
    observations: Observations, parameters: Parameters, free: FreeParameters, kernel_px: Tensor, noise_px: float
) -> Normal:
    """Gauss-Newton system of the robustly weighted residuals, with the prior on the shared focal length."""
    camera_j, point_j, r = jacobians(observations, parameters, free, kernel_px, noise_px)
    used = _moved_parameters(free)
    c, d = len(used), 3 if 3 in used else 2  # without a translation no depth is moved
    camera_j, point_j = camera_j[:, :, [*used, CAMERA]], point_j[:, :, :d]
    b, n = camera_j.shape[:2]
    m = observations.weight.shape[0]
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
    precision = 1.0 / free.log_focal_sigma**2
    camera[:, -1, -1] = blocks[..., c, c].sum(1) + precision
    prior = precision * (parameters.log_focal - free.log_focal_prior) * free.focal.to(r.dtype)
    return Normal(
        used=used,
        camera=camera,
        gradient=torch.cat([pull[..., :c].reshape(b, -1), (pull[..., c].sum(1) + prior)[:, None]], 1),
        point=(pu[:, :, :, None] * pu[:, :, None] + pv[:, :, :, None] * pv[:, :, None]).sum(1),
        point_gradient=(pu * r[:, :, None, :m] + pv * r[:, :, None, m:]).sum(1),
        mixed=torch.cat([mixed[:, :, :c].reshape(b, n * c, d, m), mixed[:, :, c].sum(1)[:, None]], 1),
    )


def _moved_parameters(free: FreeParameters) -> list[int]:
    """Which of a camera's parameters any hypothesis of the batch moves."""
    turns, shifts, zooms = (bool(f.any()) for f in (free.rotation, free.translation, free.zoom))
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
