"""SpatialVID annotation folder: poses.npy (n 7) x y z qx qy qz qw world-to-camera, intrinsics.npy fx fy cx cy.

Intrinsics below 2 are fractions of the image: they are read as pixels of an image of 1 x 1.
Source: SpatialVID `camera_pose_annotation/camera_tracking.py`.
"""

from pathlib import Path

import numpy as np

from trajectory.errors import ReadError
from trajectory.io._arrays import npy_array, numbers
from trajectory.io._build import k_from, make
from trajectory.io._format import Format, Match, Probe
from trajectory.io.droid import read_poses, seven_columns
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    file, poses = read_poses(path)
    conventions = {"pose": "cam_from_world", "quaternion": "xyzw", "axes": "opencv"}
    beside = file.parent / "intrinsics.npy"
    intrinsics_px, image_hw = None, None
    if beside.is_file():
        values = numbers(beside, "", npy_array(beside), (None, 4))
        if len(values) != len(poses):
            raise ReadError(beside, f"holds {len(values)} cameras for {len(poses)} poses", remedy="copy it again")
        intrinsics_px = k_from(values)
        if np.median(values[:, 2:]) < 2:
            image_hw, conventions["intrinsics"] = (1, 1), "fractions of the image, hence image_hw (1, 1)"
    return make(path, "spatialvid", poses, image_hw=image_hw, intrinsics_px=intrinsics_px, conventions=conventions)


def _sniff(probe: Probe) -> Match | None:
    names = seven_columns(probe)
    if names is None or names & {"disps.npy", "disps_up.npy", "tstamps.npy", "motion_prob.npy"}:
        return None
    if names & {"dyn_masks.npz", "instructions.json", "caption.json"}:
        return Match(evidence="(n, 7) poses beside the annotations of SpatialVID", sure=True)
    return Match(evidence="(n, 7) poses, but not whether world-to-camera", sure=False)


FORMAT = Format(
    name="spatialvid",
    summary="SpatialVID folder or poses.npy: world-to-camera x y z qx qy qz qw (read only)",
    target="poses.npy",
    read=_read,
    sniff=_sniff,
)
