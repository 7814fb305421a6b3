"""What the path really causes in the picture: depth, and how much content moves beyond rotation and zoom."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.transform import Rotation

from sfm.geometry.radial_lens import pinhole_px
from sfm.synthetic.raster import NEAR_M, Camera
from sfm.synthetic.surfaces import Scene, Surface

REFERENCE_WIDTH = 640
FOLLOWED = (18, 32)
"""Rows and columns of the points of the first frame that are followed."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Displacement:
    """How far static content moves against the first frame, in pixels of a frame 640 wide.

    Each row is a frame; `rms` and `p90` over the points seen in both frames. static_*: no model;
    rotation_*: beyond the best rotation; zoom_*: beyond the best rotation and zoom, which is the
    residual parallax. A lens's distortion is left out. shared: share of the first frame's points still in view.
    """

    static_rms: Float[np.ndarray, " n"]
    static_p90: Float[np.ndarray, " n"]
    rotation_rms: Float[np.ndarray, " n"]
    rotation_p90: Float[np.ndarray, " n"]
    zoom_rms: Float[np.ndarray, " n"]
    zoom_p90: Float[np.ndarray, " n"]
    shared: Float[np.ndarray, " n"]


class Caster:
    """Rays against all static surfaces of a scene, vectorised."""

    def __init__(self, scene: Scene) -> None:
        surfaces: list[Surface] = [*scene.shell]
        for solid in scene.solids:
            surfaces += solid.surfaces
        self._surfaces = surfaces
        self._origin = np.array([s.origin for s in surfaces])
        u, v = np.array([s.u for s in surfaces]), np.array([s.v for s in surfaces])
        normal = np.cross(u, v)
        size = (normal**2).sum(1, keepdims=True)
        # a = (p - o) . dual_u and b = (p - o) . dual_v are the coordinates of a point of the plane.
        self._normal = normal
        self._dual_u, self._dual_v = np.cross(v, normal) / size, np.cross(normal, u) / size
        self._alpha = [i for i, s in enumerate(surfaces) if s.texture.image.shape[2] == 4]

    def distance(self, eye: Float[np.ndarray, " 3"], rays: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Multiples of each ray up to the first surface; inf where it meets none."""
        gap = self._origin - eye
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (gap * self._normal).sum(1)[:, None] / (self._normal @ rays.T)
            a = t * (self._dual_u @ rays.T) - (gap * self._dual_u).sum(1)[:, None]
            b = t * (self._dual_v @ rays.T) - (gap * self._dual_v).sum(1)[:, None]
            hit = (t > NEAR_M) & (a >= 0) & (a <= 1) & (b >= 0) & (b <= 1)
        for i in self._alpha:
            columns = np.flatnonzero(hit[i])
            if len(columns):
                image = self._surfaces[i].texture.image
                y = (b[i, columns] * (image.shape[0] - 1)).astype(int)
                x = (a[i, columns] * (image.shape[1] - 1)).astype(int)
                hit[i, columns] = image[y, x, 3] > 127
        return np.where(hit, t, np.inf).min(0)


def _grid(image_hw: tuple[int, int], shape: tuple[int, int]) -> Float[np.ndarray, "n 2"]:
    """Pixel positions in the middle of the cells of a grid."""
    y = (np.arange(shape[0]) + 0.5) * image_hw[0] / shape[0]
    x = (np.arange(shape[1]) + 0.5) * image_hw[1] / shape[1]
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def depth_map(
    caster: Caster, camera: Camera, shape: tuple[int, int], *, radial: float = 0.0
) -> Float[np.ndarray, "h w"]:
    """Depth along the optical axis of the static scene, at the middle of the cells of a grid over the picture."""
    px = pinhole_px(_grid(camera.image_hw, shape), camera.image_hw, camera.focal_px, radial)
    h, w = camera.image_hw
    in_cam = np.column_stack([(px - [w / 2, h / 2]) / camera.focal_px, np.ones(len(px))])
    rays = in_cam @ camera.cam_from_world[:3, :3]
    return caster.distance(camera.centre, rays).reshape(shape)


def displacement(caster: Caster, cameras: tuple[Camera, ...]) -> Displacement:
    """Follows a grid of points of the first frame through the clip, and fits rotation and zoom to each frame."""
    first = cameras[0]
    h, w = first.image_hw
    px = _grid(first.image_hw, FOLLOWED)
    depth = depth_map(caster, first, FOLLOWED).ravel()
    seen = np.isfinite(depth)
    rays = np.column_stack([(px - [w / 2, h / 2]) / first.focal_px, np.ones(len(px))])[seen]
    world = (rays * depth[seen, None]) @ first.cam_from_world[:3, :3] + first.centre
    scale = REFERENCE_WIDTH / w
    rows: list[list[float]] = []
    start = np.zeros(3), 0.0
    for camera in cameras:
        target, visible = _project(caster, camera, world)
        share = float(visible.sum() / len(px))
        if visible.sum() < 12:
            rows.append([np.nan] * 6 + [share])
            continue
        source, target = rays[visible], (target[visible] - [w / 2, h / 2])
        relative = camera.cam_from_world[:3, :3] @ first.cam_from_world[:3, :3].T
        start = _rotation_vector(relative), float(np.log(camera.focal_px / first.focal_px))
        static = np.linalg.norm(source[:, :2] * first.focal_px - target, axis=1)
        rotation = _fit(source, target, first.focal_px, start, zoom=False)
        zoom = _fit(source, target, first.focal_px, start, zoom=True)
        row: list[float] = []
        for error in (static, rotation, zoom):
            row += [float(np.sqrt((error**2).mean())) * scale, float(np.percentile(error, 90)) * scale]
        rows.append([*row, share])
    table = np.array(rows).T
    names = ("static_rms", "static_p90", "rotation_rms", "rotation_p90", "zoom_rms", "zoom_p90", "shared")
    return Displacement(**{name: table[i] for i, name in enumerate(names)})


def _project(caster: Caster, camera: Camera, world: np.ndarray) -> tuple[np.ndarray, Bool[np.ndarray, " n"]]:
    h, w = camera.image_hw
    in_cam = world @ camera.cam_from_world[:3, :3].T + camera.cam_from_world[:3, 3]
    z = np.where(in_cam[:, 2] > NEAR_M, in_cam[:, 2], np.nan)
    px = in_cam[:, :2] / z[:, None] * camera.focal_px + [w / 2, h / 2]
    visible = np.isfinite(z) & (px >= 0).all(1) & (px[:, 0] <= w) & (px[:, 1] <= h)
    rays = world[visible] - camera.centre
    visible[visible] = caster.distance(camera.centre, rays) > 1 - 1e-3
    return px, visible


def _rotation_vector(rotation: np.ndarray) -> np.ndarray:
    return Rotation.from_matrix(rotation).as_rotvec()


def _fit(source: np.ndarray, target: np.ndarray, focal_px: float, start, *, zoom: bool) -> np.ndarray:
    """Errors of the best homography K_t R K_0^-1 by least squares (Gauss-Newton from the true rotation)."""
    rotation, log_zoom = Rotation.from_rotvec(start[0]), start[1] if zoom else 0.0

    def residual(rotation: "Rotation", log_zoom: float) -> tuple[np.ndarray, np.ndarray]:
        turned = source @ rotation.as_matrix().T
        z = np.maximum(turned[:, 2:], 1e-3)
        return turned, focal_px * np.exp(log_zoom) * turned[:, :2] / z - target

    for _ in range(8):
        turned, error = residual(rotation, log_zoom)
        x, y, z = turned[:, 0], turned[:, 1], np.maximum(turned[:, 2], 1e-3)
        f = focal_px * np.exp(log_zoom)
        # Derivatives of f*x/z and f*y/z for a small turn w: dp = w x p.
        du = np.stack([-x * y / z**2, 1 + x**2 / z**2, -y / z], axis=1) * f
        dv = np.stack([-1 - y**2 / z**2, x * y / z**2, x / z], axis=1) * f
        jacobian = np.concatenate([du, dv])
        if zoom:
            jacobian = np.column_stack([jacobian, np.concatenate([x / z, y / z]) * f])
        step = np.linalg.lstsq(jacobian, -np.concatenate([error[:, 0], error[:, 1]]), rcond=None)[0]
        cost = (error**2).sum()
        for _ in range(8):  # a step that makes it worse is halved
            turned_more = Rotation.from_rotvec(step[:3]) * rotation
            zoomed_more = log_zoom + (float(step[3]) if zoom else 0.0)
            if (residual(turned_more, zoomed_more)[1] ** 2).sum() <= cost:
                rotation, log_zoom = turned_more, zoomed_more
                break
            step = step / 2
        else:
            break
        if np.abs(step).max() < 1e-9:
            break
    return np.linalg.norm(residual(rotation, log_zoom)[1], axis=1)
