"""From points to pixels and back: residuals, viewing rays, camera centres, and which observation stands for a track."""

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.geometry.arrays import Array, lengths, library_of, unit
from sfm.geometry.problem import Observations, Parameters

MIN_DEPTH = 1e-3
LEAST_DEPTH = 0.1
"""A camera that is nearer to a point than this, in units of its depth in the camera that it was cut in, tells nothing
of it."""
BEYOND_INFINITY = -0.05
"""Least inverse distance, in units of the median one: noise may push a far point beyond infinity, but not farther."""
FAR_PX = 1e4
"""Residual of a point behind the camera."""


def points_in_camera(parameters: Parameters) -> Float[np.ndarray, "b m n 3"]:
    """Homogeneous points in camera axes: R X + w t."""
    direction, w = parameters.point[..., :3], parameters.point[..., 3]
    b, n = parameters.zoom.shape
    rotated = direction @ parameters.rotation.reshape(b, 3 * n, 3).swapaxes(1, 2)
    return rotated.reshape(b, -1, n, 3) + w[:, :, None, None] * parameters.translation[:, None]


def residuals(
    observations: Observations, parameters: Parameters
) -> tuple[Float[np.ndarray, "b m n 2"], Bool[np.ndarray, "b m n"]]:
    """Residual vectors in pixels, and which points lie in front of the camera."""
    x = points_in_camera(parameters)
    z = x[..., 2]
    real = parameters.point[..., 3] > BEYOND_INFINITY * lengths(parameters.point[..., :3])
    front = (z > MIN_DEPTH) & real[:, :, None]
    safe = np.where(front, z, 1.0)
    focal = parameters.focal_px[:, None, :]
    u = focal / observations.pixel_aspect * x[..., 0] / safe - observations.xy_px[..., 0]
    v = focal * x[..., 1] / safe - observations.xy_px[..., 1]
    return np.where(front[..., None], np.stack([u, v], -1), FAR_PX), front


def unit_rays(
    xy_px: Float[np.ndarray, "... 2"], focal_px: Float[np.ndarray, "..."] | float, pixel_aspect: float
) -> Float[np.ndarray, "... 3"]:
    """Unit rays in camera axes of pixels.

    Args:
        xy_px: relative to the principal point.
        focal_px: fy, broadcast against the leading axes of `xy_px`.
        pixel_aspect: pixel width over height.
    """
    x, y = xy_px[..., 0] * pixel_aspect / focal_px, xy_px[..., 1] / focal_px
    return unit(np.stack([x, y, np.ones_like(x)], -1))


def straightened(
    place_px: Float[np.ndarray, "*s 2"], focal_px: Float[np.ndarray, "*s"] | float, kappa: float
) -> tuple[Float[np.ndarray, "*s 2"], Float[np.ndarray, "*s 1"]]:
    """Places without the bend κ of the lens, x (1 + κ |x|²) with x in focal lengths, and by how much lengths grow."""
    bend = kappa * ((place_px / np.asarray(focal_px)[..., None]) ** 2).sum(-1, keepdims=True)
    return place_px * (1.0 + bend), 1.0 + 2.0 * bend


def camera_centres(rotation: Array, translation: Array) -> Array:
    """Where cameras stand in the world, −RᵀT, from poses camera from world: (… 3 3) and (… 3) of numpy or torch."""
    if rotation.ndim == 2:
        return -rotation.T @ translation
    return -library_of(rotation).einsum("...ji,...j->...i", rotation, translation)


def translations(rotation: Float[np.ndarray, "n 3 3"], centre: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
    """Translations camera from world of cameras that stand at `centre`: −R c, the inverse of `camera_centres`."""
    return -np.einsum("nij,nj->ni", rotation, centre)


def middle_observation(observations: Observations) -> Int[np.ndarray, " m"]:
    """For each track the frame in the middle of those that see it: its ray stands for the track."""
    seen = observations.weight > 0
    return (np.cumsum(seen, 1) * 2 > seen.sum(1, keepdims=True)).argmax(1)


def middle_rays(
    observations: Observations, parameters: Parameters
) -> tuple[Float[np.ndarray, "b m 3"], Float[np.ndarray, "b m 3"]]:
    """Unit rays in the world of the middle observation of each track, and the camera centres behind them."""
    middle = middle_observation(observations)
    xy = observations.xy_px[np.arange(len(middle)), middle]
    local = unit_rays(xy, parameters.focal_px[:, middle], observations.pixel_aspect)
    rotation, translation = parameters.rotation[:, middle], parameters.translation[:, middle]
    return np.einsum("bmji,bmj->bmi", rotation, local), camera_centres(rotation, translation)


def points_at(
    ray: Float[np.ndarray, "*s 3"], centre: Float[np.ndarray, "*s 3"], inverse_depth: Float[np.ndarray, "*s 1"]
) -> Float[np.ndarray, "*s 4"]:
    """Homogeneous points of unit length at an inverse depth on rays from camera centres, all in the world."""
    return unit(np.concatenate([ray + inverse_depth * centre, inverse_depth], -1))
