"""Where the static content of a frame is in another one: exact, from the scene and the path."""

import numpy as np
from jaxtyping import Bool, Float, Int

from sfm.geometry.radial_lens import distorted, pinhole_px
from sfm.synthetic.clip import RenderedClip
from sfm.synthetic.inverse_depth import inverse_depth, pixel_centres, surfaces_of
from sfm.synthetic.raster import NEAR_M, Camera
from sfm.synthetic.surfaces import Surface
from sfm.synthetic.take import row_time

_SAME_DEPTH = 1e-3
_ROW_STEPS = 6


def flow(clip: RenderedClip, i: int, j: int) -> tuple[Float[np.ndarray, "h w 2"], Bool[np.ndarray, "h w"]]:
    """Motion in pixels of what each pixel of frame `i` shows of the static scene, and whether frame `j` shows it too.

    Lens and rolling shutter are in it, the swim of `melt` is not. Behind movers the flow is that of the scene; NaN is
    what comes to lie behind the camera. Not visible is what movers cover in either frame (`clip.moving`), what other
    content hides, and what left the frame.
    """
    spec, (h, w) = clip.spec, clip.spec.image_hw
    surfaces, middle = surfaces_of(clip.set_up.scene), np.array([w / 2, h / 2])
    source, target = _cameras(clip, i), _cameras(clip, j)
    xy = pixel_centres((h, w))
    rolls = spec.rolling_shutter > 0
    row = np.repeat(np.arange(h), w) if rolls else np.zeros(h * w, int)
    pinhole = _by_row(lambda k, at: pinhole_px(xy[at], (h, w), source[k].focal_px, spec.radial), row, (h * w, 2))
    depth = _depth(surfaces, source, row, pinhole)
    axes, centres, focal_px = _stacked(source)
    rays = np.column_stack([(pinhole - middle) / focal_px[row, None], np.ones(h * w)])
    in_world = np.einsum("nji,nj->ni", axes[row], rays)
    to_axes, to_centres, to_focal_px = _stacked(target)
    there = row
    for _ in range(_ROW_STEPS if rolls else 1):  # the row decides when a point is seen, and so its row
        seen = in_world + depth[:, None] * (centres[row] - to_centres[there])
        seen = np.einsum("nij,nj->ni", to_axes[there], seen)
        ahead = seen[:, 2] > NEAR_M * depth
        x = seen[:, :2] / np.where(ahead, seen[:, 2], np.nan)[:, None]
        shown = distorted(x, spec.radial) * to_focal_px[there, None] + middle
        last = there
        there = np.clip(np.nan_to_num(shown[:, 1]), 0, h - 1).astype(int) if rolls else there
    visible = (
        ahead & np.all(shown >= 0, axis=1) & np.all(shown < [w, h], axis=1) & (1 + 3 * spec.radial * (x**2).sum(1) > 0)
    )
    visible &= depth > 0
    at = np.flatnonzero(visible)
    nearest = _depth(surfaces, target, last[at], x[at] * to_focal_px[last[at], None] + middle)
    visible[at] = nearest <= depth[at] / seen[at, 2] * (1 + _SAME_DEPTH)
    column, line = shown[at].astype(int).T
    visible[at] &= ~clip.moving[j][line, column]
    return (shown - xy).reshape(h, w, 2), visible.reshape(h, w) & ~clip.moving[i]


def _cameras(clip: RenderedClip, frame: int) -> tuple[Camera, ...]:
    """The camera of a frame, or one for each row where the shutter rolls."""
    rows = row_time(clip.spec) if clip.spec.rolling_shutter > 0 else np.zeros(1)
    return clip.set_up.cameras(frame + rows)


def _stacked(cameras: tuple[Camera, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotations from the world, centres and focal lengths."""
    axes = np.stack([camera.cam_from_world[:3, :3] for camera in cameras])
    return axes, np.stack([camera.centre for camera in cameras]), np.array([camera.focal_px for camera in cameras])


def _by_row(found, row: Int[np.ndarray, " n"], shape: tuple[int, ...]) -> np.ndarray:
    """Values of points, found for those of each row together."""
    result = np.zeros(shape)
    for k in np.unique(row):
        at = np.flatnonzero(row == k)
        result[at] = found(int(k), at)
    return result


def _depth(
    surfaces: tuple[Surface, ...],
    cameras: tuple[Camera, ...],
    row: Int[np.ndarray, " n"],
    pinhole: Float[np.ndarray, "n 2"],
) -> Float[np.ndarray, " n"]:
    """Inverse depth of the scene at positions of each row's pinhole, which a distorted lens also has outside of it."""
    if not len(pinhole):
        return np.zeros(0)
    h, w = cameras[0].image_hw
    pad = max(int(np.ceil(max(-pinhole.min(), (pinhole - [w, h]).max()))), 0) + 1
    wide = [camera._replace(image_hw=(h + 2 * pad, w + 2 * pad)) for camera in cameras]
    return _by_row(lambda k, at: inverse_depth(surfaces, wide[k], pinhole[at] + pad), row, (len(pinhole),))
