"""A small scene without estimating: a wall of two depths, and the path of a camera before it."""

import numpy as np

from sfm.structure import PointTracks, Structure
from trajectory.model import Trajectory

N, HW, CELL, SOURCE_HW = 5, (20, 30), 4, (40, 60)


def trajectory() -> Trajectory:
    poses = np.tile(np.eye(4), (N, 1, 1))
    poses[:, 0, 3] = np.linspace(0.0, 0.4, N)
    k = np.array([[50.0, 0, 30], [0, 50.0, 20], [0, 0, 1]])
    return Trajectory(
        world_from_cam=poses,
        time_s=np.arange(N) / 8,
        valid=np.ones(N, bool),
        image_hw=SOURCE_HW,
        intrinsics_px=np.tile(k, (N, 1, 1)),
    )


def structure() -> Structure:
    """A wall at depth 1, whose left half is at 2; four points of it are seen where the cameras see them."""
    shape = (N, HW[0] // CELL, HW[1] // CELL)
    depth = np.ones(shape, np.float32)
    depth[:, :, :3] = 2.0
    depth[:, 0, 0] = np.nan
    moving = np.zeros(shape, bool)
    moving[:, 2:4, 4:6] = True
    points = np.array([[0.0, 0, 1], [0.1, 0, 1], [0.2, 0.1, 2], [0, -0.1, 2]])
    point, frame = (each.ravel() for each in np.meshgrid(np.arange(4), np.arange(N), indexing="ij"))
    offset = points[point] - trajectory().positions[frame]
    xy_px = 25.0 * offset[:, :2] / offset[:, 2:] + (14.5, 9.5)
    return Structure(
        image_hw=HW,
        cell_px=CELL,
        depth=depth,
        depth_sigma_log=0.05 * depth,
        moving=moving,
        points=points,
        colour=np.arange(12, dtype=np.uint8).reshape(4, 3),
        tracks=PointTracks(point=point, frame=frame, xy_px=xy_px.astype(np.float32)),
    )
