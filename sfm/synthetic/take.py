"""What reaches the sensor while the shutter is open: everything is drawn here, and read through the lens."""

from dataclasses import dataclass
from typing import final

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from sfm.synthetic.inverse_depth import inverse_depth, pixel_centres, surfaces_of
from sfm.synthetic.lens import pinhole_px
from sfm.synthetic.movers import Mover
from sfm.synthetic.raster import Camera, draw
from sfm.synthetic.spec import ClipSpec
from sfm.synthetic.surfaces import Scene, Solid

_MARGIN_PX = 4
"""Cubic sampling reads two pixels beyond the outermost one."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Take:
    """A scene, and camera and movers at every time at which it is drawn.

    Attributes:
        frame_time: by frame and moment of the exposure, in frames.
        cameras: pinholes, by the flattened `frame_time`, as the times of the movers are.
    """

    spec: ClipSpec
    scene: Scene
    frame_time: Float[np.ndarray, "n subs"]
    cameras: tuple[Camera, ...]
    movers: tuple[Mover, ...]

    def solids(self, number: int) -> tuple[Solid, ...]:
        """The movers at one of the times."""
        time_s = float(self.frame_time.flat[number]) / self.spec.fps
        return tuple(mover.solid(number, time_s) for mover in self.movers)


def exposed(take: Take, frame: int) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]:
    """The mean of what is seen while the shutter is open, and how much of each pixel belongs to movers."""
    count = take.frame_time.shape[1]
    seen = [_seen(take, frame * count + sub) for sub in range(count)]
    if count == 1:
        return seen[0]
    mean = np.mean(np.stack([picture for picture, _ in seen]).astype(np.float32), axis=0)
    return np.rint(mean).astype(np.uint8), np.mean([mask for _, mask in seen], axis=0).astype(np.uint8)


def seen_inverse_depth(take: Take, frame: int) -> Float[np.ndarray, "h w"]:
    """1 / depth of what is seen, movers too, in the middle of the exposure; in reference depths."""
    count = take.frame_time.shape[1]
    number = frame * count + count // 2
    places, canvas = _places(take, number)
    found = inverse_depth(surfaces_of(take.scene, take.solids(number)), canvas, places.reshape(-1, 2))
    return found.reshape(places.shape[:2]) * take.scene.reference_depth


def _seen(take: Take, number: int) -> tuple[np.ndarray, np.ndarray]:
    fog_per_m = take.spec.fog / take.scene.reference_depth
    if take.spec.radial == 0:
        return draw(take.scene, take.solids(number), take.cameras[number], fog_per_m=fog_per_m)
    places, canvas = _places(take, number)
    picture, mask = draw(take.scene, take.solids(number), canvas, fog_per_m=fog_per_m)
    at = (places - 0.5).astype(np.float32)
    return cv2.remap(picture, at, None, cv2.INTER_CUBIC), cv2.remap(mask, at, None, cv2.INTER_LINEAR)


def _places(take: Take, number: int) -> tuple[Float[np.ndarray, "h w 2"], Camera]:
    """Where each pixel looks in the picture of a pinhole, and that pinhole, its frame wide enough for all of them."""
    camera = take.cameras[number]
    h, w = camera.image_hw
    places = pinhole_px(pixel_centres(camera.image_hw), camera.image_hw, camera.focal_px, take.spec.radial)
    if take.spec.radial == 0:
        return places.reshape(h, w, 2), camera
    beyond = max(-places.min(), (places - [w, h]).max(), 0.0)
    pad = int(np.ceil(beyond)) + _MARGIN_PX
    canvas = camera._replace(image_hw=(h + 2 * pad, w + 2 * pad))
    return (places + pad).reshape(h, w, 2), canvas
