"""Paths that jump: what links two parts of a clip wrongly, or a cut that both sides share, shows as one step that no
camera makes."""

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from sfm.geometry.projection import camera_centres
from sfm.types import FramePoses

STANDS_OUT = 4.0
"""How much longer than the steps before and after it a jump is. A camera has mass: its speed changes over frames."""
LEAST_DEPTHS = 0.2
"""Scene depths that it exceeds them by; shaking hands and coarse poses stay below 0.03 in real clips."""
LEAST_DEG = 2.0
"""The same of a turn: on 300 real clips and changed ones it is below 1.0, where a part was cut out 2.5 to 15."""
FEWEST = 4


def jump(poses: FramePoses, time_s: Float[np.ndarray, " n"]) -> tuple[int, float] | None:
    """The frame that the longest jump leads to and its length in scene depths, None where the path has none.

    Steps are those between frames that have a pose, each by its share of the usual intervals that it spans: where
    images were chosen from many, or frames were dropped, a camera goes farther from one to the next.

    Args:
        poses: of the frames.
        time_s: of the frames, rising.
    """
    seen = np.flatnonzero(poses.valid)
    depth = poses.depth[seen]
    if not poses.translates or len(seen) < FEWEST or not np.isfinite(depth).any():
        return None
    centre = camera_centres(poses.rotation[seen], poses.translation[seen])
    return _longest(np.linalg.norm(np.diff(centre, axis=0), axis=1) / np.nanmedian(depth), seen, time_s, LEAST_DEPTHS)


def turned_at_once(poses: FramePoses, time_s: Float[np.ndarray, " n"]) -> tuple[int, float] | None:
    """As `jump`, of turns: the frame, and the angle in degrees."""
    seen = np.flatnonzero(poses.valid)
    if len(seen) < FEWEST:
        return None
    rotation = poses.rotation[seen]
    angle = Rotation.from_matrix(rotation[1:] @ rotation[:-1].transpose(0, 2, 1)).magnitude()
    return _longest(np.degrees(angle), seen, time_s, LEAST_DEG)


def _longest(
    step: Float[np.ndarray, " s"], seen: Int[np.ndarray, " k"], time_s: Float[np.ndarray, " n"], least: float
) -> tuple[int, float] | None:
    """The frame behind the step that most exceeds those beside it, and its size, where that is at least so much."""
    step = step / (np.diff(time_s[seen]) / np.median(np.diff(time_s)))
    beside = np.concatenate([step[1:2], step, step[-2:-1]])
    usual = np.maximum(beside[:-2], beside[2:])
    alone = np.where(step > STANDS_OUT * usual, step - usual, 0.0)
    longest = int(np.argmax(alone))
    return (int(seen[longest + 1]), float(step[longest])) if alone[longest] > least else None
