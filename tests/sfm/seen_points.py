"""How far a structure's points lie from where its tracks saw them, under the trajectory that it came with."""

import numpy as np

from sfm.types import BackendResult


def reprojection_px(result: BackendResult) -> np.ndarray:
    """Distance of each sighting from the projection of its point, pixels of the working size."""
    structure, trajectory = result.structure, result.trajectory
    assert structure is not None
    assert trajectory is not None
    assert structure.points is not None
    assert structure.tracks is not None
    assert trajectory.intrinsics_px is not None
    tracks = structure.tracks
    pose = trajectory.world_from_cam[tracks.frame]
    offset = structure.points[tracks.point] - pose[:, :3, 3]
    in_cam = np.einsum("oji,oj->oi", pose[:, :3, :3], offset)
    assert (in_cam[:, 2] > 0).all()
    seen = np.einsum("oij,oj->oi", trajectory.intrinsics_px[tracks.frame], in_cam)
    return np.linalg.norm(seen[:, :2] / seen[:, 2:] - tracks.xy_px, axis=1)
