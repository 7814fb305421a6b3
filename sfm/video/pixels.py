"""The camera in pixels of the source on the outside, of the working size on the inside."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sfm.config import NARROWEST_DEG, WIDEST_DEG
from sfm.types import Frames
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

SAME_ASPECT = 0.03
"""Aspect ratios (logarithms) that differ by less are one picture: networks round sizes to multiples of 8 or 16."""


def with_camera(frames: Frames, *, focal_px: float | None, fov_deg: float | None, pixel_aspect: float | None) -> Frames:
    """The frames with the focal length and pixel shape that the user gave, at the working size.

    Args:
        focal_px: fy in pixels of the source. fov_deg: horizontal field of view. None keeps what the file says.

    Raises:
        CinetrajError: no lens sees so much, or so little.
    """
    aspect = frames.pixel_aspect if pixel_aspect is None else pixel_aspect
    working_px = frames.focal_px
    to_working = working_scale(frames)
    if focal_px is not None:
        working_px = focal_px * to_working
    elif fov_deg is not None:
        focal_x_px = frames.source_hw[1] / 2 / np.tan(np.deg2rad(fov_deg) / 2)
        working_px = float(focal_x_px * aspect * to_working)
    if (focal_px is not None or fov_deg is not None) and working_px is not None:
        rows, columns = frames.source_hw
        seen_deg = 2 * float(np.degrees(np.arctan(max(rows, columns * aspect) / 2 / (working_px / to_working))))
        if not NARROWEST_DEG <= round(seen_deg, 6) <= WIDEST_DEG:
            told = f"focal length of {focal_px:g} pixels" if focal_px is not None else f"view of {fov_deg:g} degrees"
            size = f"{frames.source_hw[1]}x{frames.source_hw[0]}"
            raise CinetrajError(
                f"with a {told} a picture of {size} pixels sees {seen_deg:.3g} degrees; expected {NARROWEST_DEG:g} to "
                f"{WIDEST_DEG:g}: --focal counts in pixels of the source, --fov is the horizontal field of view"
            )
    return replace(frames, pixel_aspect=aspect, focal_px=working_px)


def working_scale(frames: Frames) -> float:
    """Working pixels for one of the source, over both sides alike: each is rounded for itself."""
    return float(np.sqrt(np.prod(np.divide(frames.hw, frames.source_hw))))


def same_shape(hw: tuple[int, int], other_hw: tuple[int, int], stretches: Iterable[float] = (1.0,)) -> bool:
    """Whether two sizes are of one picture, perhaps stretched sideways by one of some factors."""
    wider = hw[1] / hw[0] * other_hw[0] / other_hw[1]
    return bool(min(abs(np.log(wider / stretch)) for stretch in stretches) <= SAME_ASPECT)


def in_source_pixels(trajectory: Trajectory, source_hw: tuple[int, int]) -> Trajectory:
    """The same trajectory with intrinsics in pixels of the source picture instead of the working size.

    Backends count as OpenCV does, pixel centres being integers, so that the middle is at (width - 1) / 2; outside,
    the picture spans 0..width and its middle is at width / 2, as in COLMAP and the published formats.
    """
    if trajectory.intrinsics_px is None or trajectory.image_hw is None:
        return trajectory.replace(image_hw=source_hw)
    rows, columns = (source_hw[k] / trajectory.image_hw[k] for k in (0, 1))
    sigma = trajectory.focal_sigma_px
    source_from_working = np.array([[columns, 0, columns / 2], [0, rows, rows / 2], [0, 0, 1.0]])
    return trajectory.replace(
        intrinsics_px=source_from_working @ trajectory.intrinsics_px,
        focal_sigma_px=None if sigma is None else sigma * np.sqrt(rows * columns),
        image_hw=source_hw,
    )
