"""How much memory a clip takes on the device, and what of it would fit."""

from sfm.backends.dense.fitting import LEVELS
from sfm.config import DenseConfig
from sfm.flow.pyramid import pyramid_bytes
from sfm.types import Frames
from trajectory.errors import CinetrajError

BYTES_PER_PLACE = 240
"""Of one patch in one keyframe that it is compared with: graph, flow, way back to its depth. Measured: 220."""
SIDE_STEP, LEAST_SIDE = 16, 128
GIB = 2**30


def needed_bytes(count: int, hw: tuple[int, int], config: DenseConfig) -> int:
    """At most so much is held for `count` frames, however fast the picture moves: were every one a keyframe."""
    places = 2 * (config.reach + config.loops) * (hw[0] // config.grid_px) * (hw[1] // config.grid_px)
    return count * (pyramid_bytes(hw, LEVELS) + BYTES_PER_PLACE * places)


def does_not_fit(frames: Frames, config: DenseConfig, available: int) -> CinetrajError:
    """The error for a clip that does not fit into `available` bytes, with the numbers that would."""
    count, hw = len(frames), frames.hw
    needed = needed_bytes(count, hw, config)
    usable = min(available, needed // 2)  # it did not fit, whatever the estimate says
    fewer = max(usable // needed_bytes(1, hw, config), 2)
    remedy = f"at most {fewer} frames at a time (--video.start-s, --video.stop-s)"
    side = _longest_side(count, hw, config, usable)
    if side is not None:
        remedy = f"--long-side {side}, or {remedy}"
    return CinetrajError(
        f"{frames.source}: {count} frames of {hw[1]}x{hw[0]} need up to {needed / GIB:.1f} GiB on the GPU, and "
        f"{available / GIB:.1f} GiB are to be had; what would fit: {remedy}, or --device cpu"
    )


def _longest_side(count: int, hw: tuple[int, int], config: DenseConfig, available: int) -> int | None:
    """The longest working size that fits; None where not even a tiny one does."""
    longest = max(hw)
    for side in range(longest // SIDE_STEP * SIDE_STEP, LEAST_SIDE - 1, -SIDE_STEP):
        smaller = round(hw[0] * side / longest), round(hw[1] * side / longest)
        if needed_bytes(count, smaller, config) <= available:
            return side
    return None
