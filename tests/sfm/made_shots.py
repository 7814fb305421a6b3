"""Estimates without estimating, for the tests of run folders, their pictures and batches."""

import numpy as np

from sfm.runs.estimate import Estimate, ShotEstimate
from sfm.types import Status
from trajectory.model import Trajectory


def trajectory(n: int = 5) -> Trajectory:
    """A straight path; its second frame has no pose."""
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, 0, 3] = np.arange(n)
    valid = np.ones(n, bool)
    valid[1] = False
    return Trajectory(world_from_cam=poses, time_s=np.arange(n) / 10, valid=valid)


def shot(start: int = 0, *, status: Status = "ok") -> ShotEstimate:
    """Five frames from `start` on."""
    found = None if status == "failed" else trajectory()
    return ShotEstimate(
        start=start,
        stop=start + 5,
        start_s=start / 10,
        end_s=start / 10 + 0.4,
        status=status,
        reason="" if status == "ok" else "no texture",
        motion_model=None if found is None else "full",
        trajectory=found,
        registered=0 if found is None else 4,
        statistics={"tracks": 12},
        seconds={"motion_models": 0.5},
        notes=(),
        picture={"frame": np.array(2), "rgb": np.zeros((20, 30, 3), np.uint8)},
    )


def estimate(*shots: ShotEstimate) -> Estimate:
    """The clip of these shots."""
    return Estimate(
        source="clip.mp4",
        backend="auto",
        shots=shots,
        config={"seed": 0},
        versions={"numpy": "2"},
        seed=0,
        seconds={"decode": 0.1, "total": 0.7},
        video={"frames": 5},
        notes=(),
    )
