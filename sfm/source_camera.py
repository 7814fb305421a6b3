"""The camera in pixels of the source on the outside, of the working size on the inside."""

from dataclasses import replace

import numpy as np

from sfm.contract import Frames
from trajectory.model import Trajectory


def with_camera(frames: Frames, *, focal_px: float | None, fov_deg: float | None, pixel_aspect: float | None) -> Frames:
    """The frames with the focal length and pixel shape that the user gave, at the working size.

    focal_px: fy in pixels of the source. fov_deg: horizontal field of view. None keeps what the file says.
    """
    aspect = frames.pixel_aspect if pixel_aspect is None else pixel_aspect
    working_px = frames.focal_px
    to_working = frames.hw[0] / frames.source_hw[0]
    if focal_px is not None:
        working_px = focal_px * to_working
    elif fov_deg is not None:
        focal_x_px = frames.source_hw[1] / 2 / np.tan(np.deg2rad(fov_deg) / 2)
        working_px = float(focal_x_px * aspect * to_working)
    return replace(frames, pixel_aspect=aspect, focal_px=working_px)


def in_source_pixels(trajectory: Trajectory, source_hw: tuple[int, int]) -> Trajectory:
    """The same trajectory with intrinsics in pixels of the source picture instead of the working size."""
    if trajectory.intrinsics_px is None or trajectory.image_hw is None:
        return trajectory.replace(image_hw=source_hw)
    rows, columns = (source_hw[k] / trajectory.image_hw[k] for k in (0, 1))
    sigma = trajectory.focal_sigma_px
    return trajectory.replace(
        intrinsics_px=np.diag([columns, rows, 1.0]) @ trajectory.intrinsics_px,
        focal_sigma_px=None if sigma is None else sigma * np.sqrt(rows * columns),
        image_hw=source_hw,
    )
