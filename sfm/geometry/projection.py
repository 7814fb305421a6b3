"""From points to pixels and back: residuals, viewing rays, camera centres, and which observation stands for a track."""

from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.geometry.problem import Observations, Parameters

MIN_DEPTH = 1e-3
BEYOND_INFINITY = -0.05
"""Least inverse distance, in units of the median one: noise may push a far point beyond infinity, but not farther."""
FAR_PX = 1e4
"""Residual of a point behind the camera."""

Array = TypeVar("Array", np.ndarray, Tensor)


def points_in_camera(parameters: Parameters) -> Float[Tensor, "b m n 3"]:
    """Homogeneous points in camera axes: R X + w t."""
    direction, w = parameters.point[..., :3], parameters.point[..., 3]
    rotated = torch.einsum("bnij,bmj->bmni", parameters.rotation, direction)
    return rotated + w[:, :, None, None] * parameters.translation[:, None]


def residuals(observations: Observations, parameters: Parameters) -> tuple[Tensor, Tensor, Tensor]:
    """Residual vectors in pixels (b m n 2), points in camera axes and which lie in front of the camera."""
    x = points_in_camera(parameters)
    z = x[..., 2]
    real = parameters.point[..., 3] > BEYOND_INFINITY * parameters.point[..., :3].norm(dim=-1)
    front = (z > MIN_DEPTH) & real[:, :, None]
    safe = torch.where(front, z, torch.ones_like(z))
    focal = parameters.focal_px[:, None, :]
    u = focal / observations.pixel_aspect * x[..., 0] / safe - observations.xy_px[..., 0]
    v = focal * x[..., 1] / safe - observations.xy_px[..., 1]
    r = torch.stack([u, v], -1)
    return torch.where(front[..., None], r, torch.full_like(r, FAR_PX)), x, front


def unit_rays(xy_px: Array, focal_px: Array | float, pixel_aspect: float) -> Array:
    """Unit rays (… 3) in camera axes of pixels (… 2) relative to the principal point.

    Args:
        xy_px: of numpy or torch; the rays are of the same kind.
        focal_px: fy, broadcast against the leading axes of `xy_px`.
        pixel_aspect: pixel width over height.
    """
    x, y = xy_px[..., 0] * pixel_aspect / focal_px, xy_px[..., 1] / focal_px
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        rays = torch.stack([x, y, torch.ones_like(x)], -1)
        return rays / rays.norm(dim=-1, keepdim=True)
    rays = np.stack([x, y, np.ones_like(x)], -1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def straightened(
    place_px: Float[Tensor, "*s 2"], focal_px: Float[Tensor, "*s"] | float, kappa: float
) -> tuple[Float[Tensor, "*s 2"], Float[Tensor, "*s 1"]]:
    """Places without the bend κ of the lens, x (1 + κ |x|²) with x in focal lengths, and by how much lengths grow."""
    focal = focal_px[..., None] if isinstance(focal_px, Tensor) else focal_px
    bend = kappa * ((place_px / focal) ** 2).sum(-1, keepdim=True)
    return place_px * (1.0 + bend), 1.0 + 2.0 * bend


def camera_centres(rotation: Array, translation: Array) -> Array:
    """Where cameras stand in the world, −RᵀT, from poses camera from world: (… 3 3) and (… 3) of numpy or torch."""
    if rotation.ndim == 2:
        return -rotation.T @ translation
    if isinstance(rotation, Tensor):
        return -torch.einsum("...ji,...j->...i", rotation, translation)
    return -np.einsum("...ji,...j->...i", rotation, translation)


def translations(rotation: Float[np.ndarray, "n 3 3"], centre: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Translations camera from world of cameras that stand at `centre`: −R c, the inverse of `camera_centres`."""
    return -np.einsum("nij,nj->ni", rotation, centre)


def middle_observation(observations: Observations) -> Int[Tensor, " m"]:
    """For each track the frame in the middle of those that see it: its ray stands for the track."""
    seen = (observations.weight > 0).to(torch.int64)
    return (seen.cumsum(1) * 2 > seen.sum(1, keepdim=True)).to(torch.int64).argmax(1)


def middle_rays(observations: Observations, parameters: Parameters) -> tuple[Tensor, Tensor]:
    """Unit rays (b m 3) in the world of the middle observation of each track, and the camera centres behind them."""
    middle = middle_observation(observations)
    xy = observations.xy_px[torch.arange(len(middle), device=middle.device), middle]
    local = unit_rays(xy, parameters.focal_px[:, middle], observations.pixel_aspect)
    rotation, translation = parameters.rotation[:, middle], parameters.translation[:, middle]
    ray = torch.einsum("bmji,bmj->bmi", rotation, local)
    return ray, camera_centres(rotation, translation)


def points_at(ray: Tensor, centre: Tensor, inverse_depth: Tensor) -> Float[Tensor, "*s 4"]:
    """Homogeneous points of unit length at an inverse depth on rays from camera centres, all in the world.

    Args:
        ray, centre: (… 3).
        inverse_depth: (… 1).
    """
    point = torch.cat([ray + inverse_depth * centre, inverse_depth], -1)
    return point / point.norm(dim=-1, keepdim=True)
