"""A shot that pans, moves and zooms before known points, and where its frames see them: what exports must keep."""

import numpy as np
from scipy.spatial.transform import Rotation

from trajectory.io import Cloud, Scene
from trajectory.model import Trajectory

HW = (360, 640)
FPS = 24.0


def film(*, frames: int = 9, off_middle: bool = False, aspect: float = 1.0, missing: bool = False) -> Trajectory:
    """All its motions are large enough that a wrong axis, order or sign moves points by many pixels."""
    at = np.linspace(0, 1, frames)
    poses = np.tile(np.eye(4), (frames, 1, 1))
    angles = np.stack([25 * at, 10 * at - 4, -8 * at], axis=1)
    poses[:, :3, :3] = Rotation.from_euler("YXZ", angles, degrees=True).as_matrix()
    poses[:, :3, 3] = np.stack([at, -0.3 * at, 0.8 * at**2], axis=1)
    k = np.tile(np.eye(3), (frames, 1, 1))
    k[:, 0, 0] = 500 + 300 * at
    k[:, 1, 1] = k[:, 0, 0] * aspect
    k[:, 0, 2], k[:, 1, 2] = HW[1] / 2 + 17.25 * off_middle, HW[0] / 2 - 9.5 * off_middle
    valid = np.ones(frames, bool)
    valid[3:5] = not missing
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(frames) / FPS,
        valid=valid,
        intrinsics_px=k,
        image_hw=HW,
        scene_depth=np.full(frames, 4.5),
    )


def points(count: int = 12) -> np.ndarray:
    """In the world, all before the camera."""
    return np.random.default_rng(5).uniform((-1.5, -1.5, 3.5), (3, 1.5, 6), (count, 3))


def scene(trajectory: Trajectory) -> Scene:
    """The points with a sighting in each frame that has a pose."""
    place = points()
    xy = pixels(trajectory, place)
    frame = np.repeat(np.flatnonzero(trajectory.valid), len(place))
    return Scene(
        cloud=Cloud(
            in_world=place,
            colour=(40 * np.arange(len(place) * 3).reshape(-1, 3) % 256).astype(np.uint8),
            point=np.tile(np.arange(len(place)), int(trajectory.valid.sum())),
            frame=frame,
            xy_px=xy[trajectory.valid].reshape(-1, 2),
        )
    )


def pixels(trajectory: Trajectory, place: np.ndarray) -> np.ndarray:
    """Where each frame sees each point: n, m, 2; NaN without a pose."""
    out = np.full((len(trajectory), len(place), 2), np.nan)
    assert trajectory.intrinsics_px is not None
    for i in np.flatnonzero(trajectory.valid):
        in_cam = (place - trajectory.positions[i]) @ trajectory.rotations[i]
        seen = in_cam @ trajectory.intrinsics_px[i].T
        assert (seen[:, 2] > 0).all()
        out[i] = seen[:, :2] / seen[:, 2:]
    return out
