"""Inverse depth of what a camera sees, exact at any point of its picture."""

import numpy as np
from jaxtyping import Float

from sfm.synthetic.detail import clip
from sfm.synthetic.raster import NEAR_M, Camera
from sfm.synthetic.surfaces import Scene, Solid, Surface


def surfaces_of(scene: Scene, movers: tuple[Solid, ...] = ()) -> tuple[Surface, ...]:
    """All faces of a scene, and of what moves in it."""
    return (*scene.shell, *(surface for solid in (*scene.solids, *movers) for surface in solid.surfaces))


def pixel_centres(image_hw: tuple[int, int]) -> Float[np.ndarray, "hw 2"]:
    """Positions (x, y) of a frame's pixels, row by row."""
    x, y = np.meshgrid(np.arange(image_hw[1]) + 0.5, np.arange(image_hw[0]) + 0.5)
    return np.column_stack([x.ravel(), y.ravel()])


def inverse_depth(
    surfaces: tuple[Surface, ...], camera: Camera, xy_px: Float[np.ndarray, "n 2"]
) -> Float[np.ndarray, " n"]:
    """1 / depth along the optical axis of the nearest surface at positions of the frame; 0 where there is none.

    1 / depth of a plane is linear in the picture, so each surface is three products a point; the nearest one wins.
    """
    x, y = np.ascontiguousarray(xy_px.T)
    nearest = np.zeros(len(x))
    for surface in surfaces:
        in_cam = camera.cam_from_world[:3, :3] @ np.stack([surface.u, surface.v, surface.origin], axis=1)
        in_cam[:, 2] += camera.cam_from_world[:3, 3]
        px_from_ab = camera.px_from_cam @ in_cam
        rows = tuple(tuple(float(value) for value in row) for row in px_from_ab)
        polygon = clip((0.0, 1.0, 0.0, 1.0), rows, camera.image_hw, NEAR_M)
        if not polygon or abs(np.linalg.det(in_cam)) < 1e-9 * np.abs(in_cam).max() ** 3:
            continue
        corners = np.column_stack([np.array(polygon), np.ones(len(polygon))]) @ px_from_ab.T
        window = corners[:, :2] / corners[:, 2:]
        (x0, y0), (x1, y1) = window.min(0) - 1e-6, window.max(0) + 1e-6
        near = np.flatnonzero((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))
        a, b, c = (row[0] * x[near] + row[1] * y[near] + row[2] for row in np.linalg.inv(px_from_ab))
        slack = 1e-9 * np.abs(c)
        hit = (c > nearest[near]) & (a >= -slack) & (a <= c + slack) & (b >= -slack) & (b <= c + slack)
        near, a, b, c = near[hit], a[hit], b[hit], c[hit]
        image = surface.texture.image
        if image.shape[2] == 4:
            row = np.clip(b / c * image.shape[0], 0, image.shape[0] - 1).astype(int)
            column = np.clip(a / c * image.shape[1], 0, image.shape[1] - 1).astype(int)
            solid = image[row, column, 3] > 127
            near, c = near[solid], c[solid]
        nearest[near] = c
    return nearest
