"""Draws textured rectangles: exact in geometry, smooth at edges, filtered so that nothing shimmers.

Every rectangle is an exact homography of its texture (`cv2.warpPerspective`). Its edges get the
share of each pixel that they cover, so an edge moves by fractions of a pixel as it should;
faces that share an edge are averaged by their shares, so no crack can open. Rectangles that run
away from the camera are cut into pieces that each read the texture at the size that fits.
"""

from math import hypot
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from sfm.synthetic.detail import Part, cut
from sfm.synthetic.fog import fogged
from sfm.synthetic.order import back_to_front
from sfm.synthetic.surfaces import Scene, Solid, Surface

NEAR_M = 0.05


class Camera(NamedTuple):
    """One frame's camera: pixel centres at half-integers, the image plane 0..w by 0..h."""

    cam_from_world: np.ndarray
    focal_px: float
    image_hw: tuple[int, int]

    @property
    def px_from_cam(self) -> Float[np.ndarray, "3 3"]:
        h, w = self.image_hw
        return np.array([[self.focal_px, 0, w / 2], [0, self.focal_px, h / 2], [0, 0, 1.0]])

    @property
    def centre(self) -> Float[np.ndarray, " 3"]:
        return -self.cam_from_world[:3, :3].T @ self.cam_from_world[:3, 3]


class Piece(NamedTuple):
    """Part of a surface, warped: pixels, and the share of each that it covers (None: all of them)."""

    x0: int
    y0: int
    pixels: np.ndarray
    share: np.ndarray | None


def draw(
    scene: Scene, movers: tuple[Solid, ...], camera: Camera, *, fog_per_m: float = 0.0
) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]:
    """The picture (RGB) and how much of each pixel belongs to movers (0..255)."""
    h, w = camera.image_hw
    canvas = np.full((h, w, 3), 90, np.uint8)
    weight = np.zeros((h, w), np.float32)
    moving = np.zeros((h, w), np.float32)
    for surface in _visible(scene.shell, camera, closed=False):
        for piece in _pieces(surface, camera, fog_per_m):
            _add(canvas, weight, piece, 0, 0)
    solids = [solid for solid in (*scene.solids, *movers) if _in_view(solid, camera)]
    bounds = np.array([solid.bounds for solid in solids]).reshape(-1, 2, 3)
    for number in back_to_front(bounds, camera.centre):
        solid = solids[number]
        surfaces = _visible(solid.surfaces, camera, closed=solid.closed)
        pieces = [piece for surface in surfaces for piece in _pieces(surface, camera, fog_per_m)]
        if pieces:
            _paint(canvas, moving, pieces, moves=solid.moving)
    return canvas, np.rint(moving * 255).astype(np.uint8)


def _paint(canvas: np.ndarray, moving: np.ndarray, pieces: list[Piece], *, moves: bool) -> None:
    """Draw one solid over the picture: its faces joined first, then laid over what is behind."""
    x0, y0 = min(p.x0 for p in pieces), min(p.y0 for p in pieces)
    x1 = max(p.x0 + p.pixels.shape[1] for p in pieces)
    y1 = max(p.y0 + p.pixels.shape[0] for p in pieces)
    if len(pieces) == 1:
        layer, weight = pieces[0].pixels[..., :3], pieces[0].share
    else:
        layer, weight = np.zeros((y1 - y0, x1 - x0, 3), np.uint8), np.zeros((y1 - y0, x1 - x0), np.float32)
        for piece in pieces:
            _add(layer, weight, piece, x0, y0)
        np.minimum(weight, 1.0, out=weight)
    behind = canvas[y0:y1, x0:x1]
    if weight is None:
        behind[:] = layer
        moving[y0:y1, x0:x1] = float(moves)
        return
    behind[:] = cv2.blendLinear(behind, np.ascontiguousarray(layer), 1.0 - weight, weight)
    mask = moving[y0:y1, x0:x1]
    mask *= 1.0 - weight
    if moves:
        mask += weight


def _add(canvas: np.ndarray, weight: np.ndarray, piece: Piece, x0: int, y0: int) -> None:
    """Average a piece into a picture of pieces that share edges but do not overlap."""
    h, w = piece.pixels.shape[:2]
    rows, columns = slice(piece.y0 - y0, piece.y0 - y0 + h), slice(piece.x0 - x0, piece.x0 - x0 + w)
    pixels = piece.pixels[..., :3]
    if piece.share is None:
        canvas[rows, columns] = pixels
        weight[rows, columns] = 1.0
        return
    target, have = canvas[rows, columns], weight[rows, columns]
    target[:] = cv2.blendLinear(target, np.ascontiguousarray(pixels), have, piece.share)
    have += piece.share


def _in_view(solid: Solid, camera: Camera) -> bool:
    low, high = solid.bounds
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    return bool(_inside_frustum(corners[None], camera)[0])


def _inside_frustum(corners: np.ndarray, camera: Camera) -> np.ndarray:
    """False where all corners of a thing are beyond one side of the view."""
    p = corners @ camera.cam_from_world[:3, :3].T + camera.cam_from_world[:3, 3]
    h, w = camera.image_hw
    x, y, z = p[..., 0] * camera.focal_px, p[..., 1] * camera.focal_px, p[..., 2]
    out = np.stack([z < NEAR_M, x < -w / 2 * z, x > w / 2 * z, y < -h / 2 * z, y > h / 2 * z])
    return np.asarray(~out.all(-1).any(0))


def _visible(surfaces: tuple[Surface, ...], camera: Camera, *, closed: bool) -> list[Surface]:
    corners = np.array([surface.corners for surface in surfaces])
    keep = _inside_frustum(corners, camera)
    if closed:
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 0])
        keep &= ((corners[:, 0] - camera.centre) * normal).sum(1) > 0
    return [surface for surface, good in zip(surfaces, keep, strict=True) if good]


def _pieces(surface: Surface, camera: Camera, fog_per_m: float) -> list[Piece]:
    axes = np.stack([surface.u, surface.v, surface.origin], axis=1)
    in_cam = camera.cam_from_world[:3, :3] @ axes
    in_cam[:, 2] += camera.cam_from_world[:3, 3]
    px_from_ab = camera.px_from_cam @ in_cam
    if abs(np.linalg.det(in_cam)) < 1e-9 * np.abs(in_cam).max() ** 3:
        return []  # seen exactly from the side
    ab_from_px = np.linalg.inv(px_from_ab)
    s0, t0, s1, t1 = surface.part
    h, w = surface.texture.image.shape[:2]
    texel_from_ab = np.array([[(s1 - s0) * w, 0, s0 * w], [0, (t1 - t0) * h, t0 * h], [0, 0, 1.0]])
    texel_from_px = texel_from_ab @ ab_from_px
    pieces = [
        _warp(surface, camera, ab_from_px, texel_from_px, part)
        for part in cut(px_from_ab, texel_from_px, (h, w), camera.image_hw, NEAR_M)
    ]
    if fog_per_m == 0:
        return pieces
    # Each surface on its own, since at an edge the fog before either side counts by the share of that side.
    rays_from_px = np.linalg.inv(camera.px_from_cam)
    return [p._replace(pixels=fogged(p.pixels, (p.x0, p.y0), ab_from_px[2], rays_from_px, fog_per_m)) for p in pieces]


def _warp(surface: Surface, camera: Camera, ab_from_px, texel_from_px, part: Part) -> Piece:
    h, w = camera.image_hw
    px, level = np.array(part.px), part.level
    x0, y0 = np.maximum(np.floor(px.min(0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(px.max(0)).astype(int) + 1, (w, h))
    image = surface.texture.level(*level)
    i, j = level
    # Pixel and texel centres lie at half-integers, cv2 counts them from zero.
    to_level = np.array([[0.5**i, 0, -0.5], [0, 0.5**j, -0.5], [0, 0, 1.0]])
    to_px = np.array([[1.0, 0, x0 + 0.5], [0, 1.0, y0 + 0.5], [0, 0, 1.0]])
    pixels = cv2.warpPerspective(
        image,
        to_level @ texel_from_px @ to_px,
        (int(x1 - x0), int(y1 - y0)),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    share = _share(ab_from_px, part.rect, px, (x0, y0, x1, y1))
    if image.shape[2] == 4:
        alpha = pixels[..., 3] * np.float32(1 / 255)
        share = alpha if share is None else share * alpha
    return Piece(int(x0), int(y0), pixels, share)


def _share(ab_from_px: np.ndarray, rect, px: np.ndarray, window) -> np.ndarray | None:
    """How much of each pixel lies inside of the rectangle; None where that is all of every pixel."""
    x0, y0, x1, y1 = (float(edge) for edge in window)
    xs: np.ndarray | None = None
    ys: np.ndarray | None = None
    mx, my = px.mean(0).tolist()
    lines = ab_from_px.tolist()
    result: np.ndarray | None = None
    for axis in (0, 1):
        strip: np.ndarray | None = None
        for value in rect[2 * axis : 2 * axis + 2]:
            a, b, c = (p - value * q for p, q in zip(lines[axis], lines[2], strict=True))
            norm = hypot(a, b)
            if norm < 1e-15:
                continue
            norm = norm if a * mx + b * my + c >= 0 else -norm
            a, b, c = a / norm, b / norm, c / norm
            if min(a * (x0 + 0.5), a * (x1 - 0.5)) + min(b * (y0 + 0.5), b * (y1 - 0.5)) + c >= 0.5:
                continue
            if xs is None or ys is None:
                xs = np.arange(x0 + 0.5, x1, dtype=np.float32)
                ys = np.arange(y0 + 0.5, y1, dtype=np.float32)
            inside = np.add.outer(ys * np.float32(b) + np.float32(c + 0.5), xs * np.float32(a))
            np.minimum(np.maximum(inside, 0, out=inside), 1, out=inside)
            strip = inside if strip is None else np.maximum(strip + inside - 1, 0)
        if strip is not None:
            result = strip if result is None else result * strip
    return result
