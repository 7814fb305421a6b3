"""What reaches the sensor while the shutter is open: everything is drawn here, and read row by row through the lens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from sfm.geometry.radial_lens import pinhole_px
from sfm.synthetic.inverse_depth import inverse_depth, pixel_centres, surfaces_of
from sfm.synthetic.movers import Mover
from sfm.synthetic.raster import Camera, draw
from sfm.synthetic.spec import ClipSpec
from sfm.synthetic.surfaces import Scene, Solid

_MARGIN_PX = 16
"""Cubic sampling reads two pixels beyond the outermost one, and rows of a band look beyond it by what they move."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Take:
    """A scene, and camera and movers at every time at which it is drawn.

    Attributes:
        frame_time: by frame, moment of the exposure, and band of rows that is read together, in frames: when the
            middle row of the band sees the scene. What the camera does while a band is read is undone row by row; what
            movers do is not, so they go on by steps of some pixels from band to band.
        cameras: pinholes, by the flattened `frame_time`, as the times of the movers are.
        cameras_at: the camera at any times in frames.
    """

    spec: ClipSpec
    scene: Scene
    frame_time: Float[np.ndarray, "n subs bands"]
    cameras: tuple[Camera, ...]
    cameras_at: Callable[[Float[np.ndarray, " n"]], tuple[Camera, ...]]
    movers: tuple[Mover, ...]

    def solids(self, number: int) -> tuple[Solid, ...]:
        """The movers at one of the times."""
        time_s = float(self.frame_time.flat[number]) / self.spec.fps
        return tuple(mover.solid(number, time_s) for mover in self.movers)


def exposed(take: Take, frame: int) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]:
    """The mean of what is seen while the shutter is open, and how much of each pixel belongs to movers."""
    _, subs, bands = take.frame_time.shape
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    for sub in range(subs):
        parts = [_seen(take, (frame, sub, band)) for band in range(bands)]
        seen.append((np.concatenate([part for part, _ in parts]), np.concatenate([mask for _, mask in parts])))
    if subs == 1:
        return seen[0]
    mean = np.mean(np.stack([picture for picture, _ in seen]).astype(np.float32), axis=0)
    return np.rint(mean).astype(np.uint8), np.mean([mask for _, mask in seen], axis=0).astype(np.uint8)


def seen_inverse_depth(take: Take, frame: int) -> Float[np.ndarray, "h w"]:
    """1 / depth of what is seen, movers too, in the middle of the exposure; in reference depths."""
    _, subs, bands = take.frame_time.shape
    rows: list[np.ndarray] = []
    for band in range(bands):
        at = (frame, subs // 2, band)
        places, canvas = _places(take, at)
        surfaces = surfaces_of(take.scene, take.solids(_number(take, at)))
        rows.append(inverse_depth(surfaces, canvas, places.reshape(-1, 2)).reshape(places.shape[:2]))
    return np.concatenate(rows) * take.scene.reference_depth


def row_time(spec: ClipSpec) -> Float[np.ndarray, " h"]:
    """When each row sees the scene, against the middle of the frame; in frames."""
    h = spec.image_hw[0]
    return spec.rolling_shutter * ((np.arange(h) + 0.5) / h - 0.5)


def band_time(spec: ClipSpec, bands: int) -> Float[np.ndarray, " bands"]:
    """The same for the middle of each of the bands."""
    return np.array([rows.mean() for rows in np.array_split(row_time(spec), bands)])


def _number(take: Take, at: tuple[int, int, int]) -> int:
    return int(np.ravel_multi_index(at, take.frame_time.shape))


def _seen(take: Take, at: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    fog_per_m, number = take.spec.fog / take.scene.reference_depth, _number(take, at)
    if take.spec.radial == 0 and take.spec.rolling_shutter == 0:
        return draw(take.scene, take.solids(number), take.cameras[number], fog_per_m=fog_per_m)
    places, canvas = _places(take, at)
    picture, mask = draw(take.scene, take.solids(number), canvas, fog_per_m=fog_per_m)
    x, y = (places[..., axis].astype(np.float32) - np.float32(0.5) for axis in (0, 1))
    return cv2.remap(picture, x, y, cv2.INTER_CUBIC), cv2.remap(mask, x, y, cv2.INTER_LINEAR)


def _places(take: Take, at: tuple[int, int, int]) -> tuple[Float[np.ndarray, "rows w 2"], Camera]:
    """Where each pixel of a band looks in the picture of its camera, a pinhole whose frame is wide enough for them."""
    spec, camera = take.spec, take.cameras[_number(take, at)]
    (h, w), (frame, sub, band) = camera.image_hw, at
    rows = np.array_split(np.arange(h), take.frame_time.shape[2])[band]
    xy = pixel_centres(camera.image_hw).reshape(h, w, 2)[rows]
    places = pinhole_px(xy, camera.image_hw, camera.focal_px, spec.radial)
    if spec.radial == 0 and spec.rolling_shutter == 0:
        return places, camera
    outside = max(-pinhole_px(np.zeros(2), (h, w), camera.focal_px, spec.radial).min(), 0.0)
    pad = int(np.ceil(outside)) + _MARGIN_PX
    canvas = camera._replace(image_hw=(h + 2 * pad, w + 2 * pad))
    if spec.rolling_shutter == 0:
        return places + pad, canvas
    surfaces = surfaces_of(take.scene, take.solids(_number(take, at)))
    # Depth at the same pixel of the band's own camera: a row is off it by a pixel or two, where depth is the same.
    depth = inverse_depth(surfaces, canvas, (places + pad).reshape(-1, 2)).reshape(places.shape[:2])
    moment = take.frame_time[frame, sub, band] - band_time(spec, take.frame_time.shape[2])[band]
    for k, row in enumerate(take.cameras_at(moment + row_time(spec)[rows])):
        rays = pinhole_px(xy[k], (h, w), row.focal_px, spec.radial)
        places[k] = moved_px(rays, depth[k], row, camera)
    return places + pad, canvas


def moved_px(
    xy_px: Float[np.ndarray, "n 2"], inverse_depth: Float[np.ndarray, " n"], source: Camera, target: Camera
) -> Float[np.ndarray, "n 2"]:
    """Where points at pixels of one pinhole, with their inverse depth in it, are in another one; NaN behind that."""
    h, w = source.image_hw
    rays = np.column_stack([(xy_px - [w / 2, h / 2]) / source.focal_px, np.ones(len(xy_px))])
    rotation = target.cam_from_world[:3, :3] @ source.cam_from_world[:3, :3].T
    shift = target.cam_from_world[:3, 3] - rotation @ source.cam_from_world[:3, 3]
    seen = rays @ rotation.T + inverse_depth[:, None] * shift
    z = np.where(seen[:, 2:] > 1e-9, seen[:, 2:], np.nan)
    return seen[:, :2] / z * target.focal_px + [target.image_hw[1] / 2, target.image_hw[0] / 2]
