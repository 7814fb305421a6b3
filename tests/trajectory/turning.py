"""A path that moves and turns evenly, for the tests of pictures."""

import numpy as np
from scipy.spatial.transform import Rotation

from trajectory.model import Trajectory


def moving(n: int = 20, *, turn_deg: float = 30.0, axis: int = 1, invalid: tuple[int, ...] = ()) -> Trajectory:
    """A move along x with a turn about one camera axis."""
    vectors = np.zeros((n, 3))
    vectors[:, axis] = np.linspace(0, turn_deg, n)
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(vectors, degrees=True).as_matrix()
    poses[:, 0, 3] = np.linspace(0, 2, n)
    valid = np.ones(n, bool)
    valid[list(invalid)] = False
    k = np.tile(np.array([[300.0, 0, 160], [0, 300.0, 90], [0, 0, 1]]), (n, 1, 1))
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(n) / 10,
        valid=valid,
        image_hw=(180, 320),
        intrinsics_px=k,
        focal_sigma_px=np.full(n, 5.0),
    )
