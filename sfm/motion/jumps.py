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
LEAST_ZOOM = 0.06
"""The same of the log of the focal length: a picture that is cut to a closer crop (a punch-in) is no lens that zooms.
Lenses that do stay below 0.03."""
CATCHES_UP, SAME_AXIS = 10.0, 0.8
"""Up to so many times the turn beside it, and about an axis whose cosine with that one's is more, a turn catches up."""
LEAST_RATE = 10.0
"""Frames a second."""
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
    step = np.linalg.norm(np.diff(centre, axis=0), axis=1) / np.nanmedian(depth)
    step, anew = _paced(step, seen, time_s), _shown_anew(poses, seen)
    found = anew[_alone(step[anew], LEAST_DEPTHS)]
    if not len(found):
        return None
    longest = found[int(np.argmax(step[found]))]
    return int(seen[longest + 1]), float(step[longest])


def turns_at_once(poses: FramePoses, time_s: Float[np.ndarray, " n"]) -> list[tuple[int, float]]:
    """The frames that turns within one frame lead to, and their angles in degrees, in order.

    Where frames were dropped or shown again a camera that pans seems to stand and to catch up: some times the turn
    beside it, about the same axis, is none. At rates below `LEAST_RATE`, and where images are only numbered, a camera
    may do so.
    """
    seen = _in_quick_order(poses, time_s)
    if not len(seen):
        return []
    rotation = poses.rotation[seen]
    turn = Rotation.from_matrix(rotation[1:] @ rotation[:-1].transpose(0, 2, 1)).as_rotvec(degrees=True)
    step, anew = np.linalg.norm(turn, axis=1), _shown_anew(poses, seen)
    paced = _paced(step, seen, time_s)[anew]
    turn, step, leads_to = turn[anew], step[anew], seen[anew + 1]
    found: list[tuple[int, float]] = []
    for k in _alone(paced, LEAST_DEG):
        beside = max((*turn[max(k - 1, 0) : k], *turn[k + 1 : k + 2]), key=np.linalg.norm, default=np.zeros(3))
        size = float(np.linalg.norm(beside))
        along = float(beside @ turn[k]) > SAME_AXIS * size * step[k]
        if not (along and step[k] <= CATCHES_UP * size):
            found.append((int(leads_to[k]), float(step[k])))
    return found


def zooms_at_once(poses: FramePoses, time_s: Float[np.ndarray, " n"]) -> list[tuple[int, float]]:
    """The frames that zooms within one frame lead to, and by how many times they enlarge, in order.

    At rates below `LEAST_RATE`, and where images are only numbered, a lens may do so.
    """
    seen = _in_quick_order(poses, time_s)
    if not len(seen):
        return []
    step, anew = np.diff(np.log(poses.focal_px[seen])), _shown_anew(poses, seen)
    found = anew[_alone(_paced(np.abs(step), seen, time_s)[anew], LEAST_ZOOM)]
    return [(int(seen[k + 1]), float(np.exp(step[k]))) for k in found]


def _in_quick_order(poses: FramePoses, time_s: Float[np.ndarray, " n"]) -> Int[np.ndarray, " k"]:
    """The frames that have a pose; none where they are few, or so far apart that a camera may do anything between."""
    seen = np.flatnonzero(poses.valid)
    return seen[:0] if len(seen) < FEWEST or np.median(np.diff(time_s)) > 1.0 / LEAST_RATE else seen


def _shown_anew(poses: FramePoses, seen: Int[np.ndarray, " k"]) -> Int[np.ndarray, " s"]:
    """Numbers of the steps to another picture: a frame that repeats the one before has its pose to the last digit.

    Where all frames are shown twice a camera that pans would else rest beside each of its steps, and all would jump.
    """
    values = (poses.rotation[seen], poses.translation[seen], poses.focal_px[seen])
    return np.flatnonzero(sum((np.diff(each, axis=0) != 0).reshape(len(seen) - 1, -1).any(1) for each in values))


def _paced(
    step: Float[np.ndarray, " s"], seen: Int[np.ndarray, " k"], time_s: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " s"]:
    """Each step by the share of the usual intervals that it spans."""
    return step / (np.diff(time_s[seen]) / np.median(np.diff(time_s)))


def _alone(step: Float[np.ndarray, " s"], least: float) -> Int[np.ndarray, " j"]:
    """Numbers of the steps that exceed those beside them by so many times, and by at least so much."""
    beside = np.concatenate([step[1:2], step, step[-2:-1]])
    usual = np.maximum(beside[:-2], beside[2:]) if len(step) > 1 else np.zeros(len(step))
    return np.flatnonzero((step > STANDS_OUT * usual) & (step - usual > least))
