"""The size of the pictures that intrinsics are told in."""

from typing import Any

import numpy as np

from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

PARTS_HW = (1, 1)
"""`image_hw` of files that tell intrinsics as parts of a picture whose size they do not hold."""

IN_PARTS = "intrinsics are parts of a picture whose size is not known: {}--size WIDTH HEIGHT makes them pixels"
"""What a reader must know of such intrinsics; the command that takes the size goes before it."""

OFF_MIDDLE = 0.05
"""A principal point that is farther from the middle, in parts of the picture, speaks for a picture of another size."""

SIDE = 1000
"""Height of a picture of which only the shape is known."""


def in_parts(trajectory: Trajectory) -> bool:
    """Whether the intrinsics are parts of a picture of unknown size."""
    return trajectory.image_hw == PARTS_HW and trajectory.intrinsics_px is not None


def doubt_of_size(trajectory: Trajectory, image_hw: tuple[int, int]) -> str:
    """Why intrinsics in pixels of a picture of unknown size may not be for one of this size; "" where they may."""
    k = trajectory.intrinsics_px
    if k is None or trajectory.image_hw is not None or not trajectory.valid.any():
        return ""
    middle_hw = np.median(k[trajectory.valid][:, [1, 0], 2], axis=0)
    if (np.abs(middle_hw / np.array(image_hw) - 0.5) <= OFF_MIDDLE).all():
        return ""
    (high, wide), (height, width) = np.rint(2 * middle_hw).astype(int).tolist(), image_hw
    return (
        f"the file does not tell the size of its pictures: its intrinsics are taken for {width} x {height}, and their "
        f"principal point is the middle of {wide} x {high}; if they are for that, convert to native with "
        f"--size {wide} {high} first, and that file with --size {width} {height}"
    )


def with_square_pixels(trajectory: Trajectory) -> Trajectory:
    """Intrinsics in parts of a picture, in one of the shape that square pixels have: fx / width and fy / height are one
    focal length, so that their ratio is that of height and width. Nothing else is known of its size."""
    assert trajectory.intrinsics_px is not None
    k = trajectory.intrinsics_px[trajectory.valid]
    aspect = float(np.median(k[:, 1, 1] / k[:, 0, 0])) if len(k) else 1.0
    return resized(trajectory, (SIDE, max(1, round(SIDE * aspect))))


def with_view(trajectory: Trajectory, fov_deg: float) -> Trajectory:
    """A lens of a horizontal angle of view, with square pixels and its axis in the middle, where none is known."""
    if trajectory.intrinsics_px is not None:
        raise CinetrajError("the trajectory has intrinsics, and an angle of view would hide them; leave it out")
    if trajectory.image_hw is None:
        raise CinetrajError("an angle of view needs the size of the picture; say --size WIDTH HEIGHT")
    if not 0 < fov_deg < 180:
        raise CinetrajError(f"the angle of view is {fov_deg:g}, expected degrees between 0 and 180")
    height, width = trajectory.image_hw
    focal_px = width / 2 / np.tan(np.radians(fov_deg) / 2)
    k = np.array([[focal_px, 0, width / 2], [0, focal_px, height / 2], [0, 0, 1]])
    return trajectory.replace(intrinsics_px=np.tile(k, (len(trajectory), 1, 1)))


def resized(trajectory: Trajectory, image_hw: tuple[int, int]) -> Trajectory:
    """The same path of pictures of another size: intrinsics follow. Where the size was not known, it is said."""
    height, width = image_hw
    if height < 1 or width < 1:
        raise CinetrajError(f"the picture is {width} x {height}, expected a width and a height in pixels")
    changes: dict[str, Any] = {"image_hw": image_hw}
    if trajectory.image_hw is not None:
        down, across = height / trajectory.image_hw[0], width / trajectory.image_hw[1]
        if trajectory.intrinsics_px is not None:
            changes["intrinsics_px"] = np.array([across, down, 1.0])[:, None] * trajectory.intrinsics_px
        if trajectory.focal_sigma_px is not None:
            changes["focal_sigma_px"] = np.sqrt(across * down) * trajectory.focal_sigma_px
    return trajectory.replace(**changes)
