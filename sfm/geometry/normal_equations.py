"""The linear system of a step: Jacobians, Gauss-Newton blocks and their Schur complement over the points.

Triggs et al. 2000, Bundle Adjustment, §6; robust weights by Geman-McClure.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float

from sfm.geometry.arrays import lengths, unit
from sfm.geometry.problem import FreeParameters, Observations, Parameters
from sfm.geometry.projection import BEYOND_INFINITY, MIN_DEPTH

CAMERA = 7
"""Parameters of a camera: rotation, translation, log focal offset."""


def tangent_bases(point: Float[np.ndarray, "b m 4"]) -> Float[np.ndarray, "b m 4 3"]:
    """Tangent basis of each point: two across the direction, the third along the inverse depth."""
    length = np.maximum(lengths(point[..., :3]), 1e-12)
    d = point[..., :3] / length[..., None]
    e1 = unit(np.cross(d, np.eye(3)[np.abs(d).argmin(-1)]))
    basis = np.zeros((*point.shape, 3))
    basis[..., :3, 0], basis[..., :3, 1], basis[..., :3, 2] = e1, np.cross(d, e1), -point[..., 3:] * d
    basis[..., 3, 2] = length
    return basis


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
    camera: Float[np.ndarray, "b p p"]
    gradient: Float[np.ndarray, "b p"]
    point: Float[np.ndarray, "b d d m"]
    point_gradient: Float[np.ndarray, "b d m"]
    mixed: Float[np.ndarray, "b p d m"]


def jacobians(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel_px: Float[np.ndarray, "b ..."],
    noise_px: float,
) -> tuple[Float[np.ndarray, "b n 8 r"], Float[np.ndarray, "b n 3 r"], Float[np.ndarray, "b n r"]]:
    """Weighted Jacobians of cameras and of points, and residuals, all u before all v, in noise units."""
    b, n = parameters.zoom.shape
    point = parameters.point.swapaxes(1, 2)  # b 4 m
    rotated = parameters.rotation @ point[:, None, :3]  # b n 3 m
    w = point[:, None, 3]  # b 1 m
    x, y, z = np.moveaxis(rotated + parameters.translation[..., None] * w[:, :, None], 2, 0)
    real = parameters.point[..., 3] > BEYOND_INFINITY * lengths(parameters.point[..., :3])
    front = (z > MIN_DEPTH) & real[:, None]
    inverse = np.where(front, 1.0 / np.maximum(z, MIN_DEPTH), 1.0)
    focal = parameters.focal_px[..., None]
    px, py = x * inverse, y * inverse
    ru = focal / observations.pixel_aspect * px - observations.xy_px[..., 0].T
    rv = focal * py - observations.xy_px[..., 1].T
    c2 = kernel_px.reshape(b, 1, -1) ** 2
    root = np.where(front, np.sqrt(observations.weight.T) * (c2 / (c2 + ru**2 + rv**2)) / noise_px, 0.0)
    fu, fv = root * focal / observations.pixel_aspect, root * focal
    au, av = fu * inverse, fv * inverse  # ∂u/∂x and ∂v/∂y; ∂/∂z are -au·px and -av·py

    def camera_flag(flag: Bool[np.ndarray, " b"]) -> Float[np.ndarray, "b 1 1"]:
        return flag.astype(float)[:, None, None]

    held = (np.arange(n) > 0)[:, None]  # the first camera is the gauge: its pose and its zoom offset stay
    turn, shift, scale = (camera_flag(f) * held for f in (free.rotation, free.translation, free.zoom))
    shared = camera_flag(free.focal)
    qx, qy, qz = np.moveaxis(rotated, 2, 0)
    zero = np.zeros_like(px)
    bu, bv = au * px, av * py
    row_u = [
        -bu * qy * turn, (au * qz + bu * qx) * turn, -au * qy * turn,
        au * w * shift, zero, -bu * w * shift, fu * px * scale, fu * px * shared,
    ]  # fmt: skip
    row_v = [
        -(av * qz + bv * qy) * turn, bv * qx * turn, av * qx * turn,
        zero, av * w * shift, -bv * w * shift, fv * py * scale, fv * py * shared,
    ]  # fmt: skip
    camera = np.concatenate([np.stack(row_u, 2), np.stack(row_v, 2)], -1)
    basis = tangent_bases(parameters.point).transpose(0, 2, 3, 1)  # b 4 3 m
    toward = (parameters.rotation @ basis[:, None, :3].reshape(b, 1, 3, -1)).reshape(b, n, 3, 3, -1)
    toward = toward + parameters.translation[..., None, None] * basis[:, None, None, 3]
    depth = np.ones((b, 1, 3, 1))
    depth[:, 0, 2, 0] = free.translation
    pu = (au[:, :, None] * toward[:, :, 0] - bu[:, :, None] * toward[:, :, 2]) * depth
    pv = (av[:, :, None] * toward[:, :, 1] - bv[:, :, None] * toward[:, :, 2]) * depth
    return camera, np.concatenate([pu, pv], -1), np.concatenate([ru * root, rv * root], -1)


def normal_equations(
    observations: Observations,
    parameters: Parameters,
    free: FreeParameters,
    kernel_px: Float[np.ndarray, "b ..."],
    noise_px: float,
) -> Normal:
    """Gauss-Newton system of the robustly weighted residuals, with the prior on the shared focal length."""
    camera_j, point_j, r = jacobians(observations, parameters, free, kernel_px, noise_px)
    used = _moved_parameters(free)
    c, d = len(used), 3 if 3 in used else 2  # without a translation no depth is moved
    camera_j, point_j = camera_j[:, :, [*used, CAMERA]], point_j[:, :, :d]
    b, n = camera_j.shape[:2]
    m = observations.weight.shape[0]
    blocks = camera_j @ camera_j.swapaxes(-1, -2)  # b n c+1 c+1
    pull = (camera_j @ r[..., None])[..., 0]  # b n c+1
    cu, cv = camera_j[..., :m], camera_j[..., m:]
    pu, pv = point_j[..., :m], point_j[..., m:]
    mixed = cu[:, :, :, None] * pu[:, :, None] + cv[:, :, :, None] * pv[:, :, None]  # b n c+1 d m
    size = n * c + 1
    camera = np.zeros((b, size, size))
    index = np.arange(n * c).reshape(n, c)
    camera[:, index[:, :, None], index[:, None, :]] = blocks[..., :c, :c]
    border = blocks[..., :c, c].reshape(b, -1)
    camera[:, :-1, -1] = border
    camera[:, -1, :-1] = border
    precision = 1.0 / free.log_focal_sigma**2
    camera[:, -1, -1] = blocks[..., c, c].sum(1) + precision
    prior = precision * (parameters.log_focal - free.log_focal_prior) * free.focal
    return Normal(
        used=used,
        camera=camera,
        gradient=np.concatenate([pull[..., :c].reshape(b, -1), (pull[..., c].sum(1) + prior)[:, None]], 1),
        point=(pu[:, :, :, None] * pu[:, :, None] + pv[:, :, :, None] * pv[:, :, None]).sum(1),
        point_gradient=(pu * r[:, :, None, :m] + pv * r[:, :, None, m:]).sum(1),
        mixed=np.concatenate([mixed[:, :, :c].reshape(b, n * c, d, m), mixed[:, :, c].sum(1)[:, None]], 1),
    )


def _moved_parameters(free: FreeParameters) -> list[int]:
    """Which of a camera's parameters any hypothesis of the batch moves."""
    turns, shifts, zooms = (bool(f.any()) for f in (free.rotation, free.translation, free.zoom))
    return [*range(3 * turns), *range(3, 3 + 3 * shifts), *range(6, 6 + zooms)]


def schur(
    normal: Normal, damping: Float[np.ndarray, " b"], floor: float = 1e-6
) -> tuple[Float[np.ndarray, "b p p"], Float[np.ndarray, "b p"], Float[np.ndarray, "b d d m"]]:
    """Schur complement over the points: reduced matrix and gradient, and the inverse point blocks."""
    b, size = normal.gradient.shape
    diagonal = np.diagonal(normal.point, axis1=1, axis2=2)  # b m d
    held = damping[:, None, None] * diagonal + 1e-9 + floor * diagonal.max(-1, keepdims=True)
    blocks = normal.point.transpose(0, 3, 1, 2) + held[..., None] * np.eye(held.shape[-1])
    inverse = np.linalg.inv(blocks).transpose(0, 2, 3, 1)
    spread = (normal.mixed[:, :, :, None] * inverse[:, None]).sum(2)  # b p d m
    flat = normal.mixed.reshape(b, size, -1)
    spread = spread.reshape(b, size, -1)
    matrix = normal.camera - spread @ flat.swapaxes(1, 2)
    gradient = normal.gradient - (spread @ normal.point_gradient.reshape(b, -1, 1))[..., 0]
    return matrix, gradient, inverse
