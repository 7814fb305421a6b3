"""Stray Scanner folder: odometry.csv "timestamp, frame, x, y, z, qx, qy, qz, qw", camera_matrix.csv (3x3) beside it.

Camera-to-world in OpenCV axes, metres, seconds; K is for the video's 1920 x 1440. Older files have the last seven
columns only. Source: StrayVisualizer `stray_visualize.py`, which gives the inverse to Open3D as extrinsic.
"""

from pathlib import Path
from typing import Any

import numpy as np

from trajectory.errors import ReadError
from trajectory.io._build import make, require_increasing
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, poses_from_quat, require_finite
from trajectory.io._text import read_table
from trajectory.model import Trajectory

_FILE, _LENS = "odometry.csv", "camera_matrix.csv"
_SIZE_HW = (1440, 1920)


def _read(path: Path) -> Trajectory:
    file = path / _FILE if path.is_dir() else path
    table = read_table(file, columns=(7, 9), layout="timestamp, frame, x, y, z, qx, qy, qz, qw", titled=True)
    rows = Rows(path=file, lines=table.lines, tokens=[row[-4:] for row in table.tokens])
    require_finite(rows, table.values)
    poses = poses_from_quat(rows, table.values[:, [-1, -4, -3, -2]], table.values[:, -7:-4])
    fields: dict[str, Any] = {}
    if table.values.shape[1] == 9:
        require_increasing(rows, table.values[:, 0])
        fields |= {"time_s": table.values[:, 0], "time_source": "seconds"}
    lens = file.parent / _LENS
    if lens.is_file():
        k = read_table(lens, columns=(3,), layout="K row by row").values
        if k.shape != (3, 3) or not np.isfinite(k).all():
            raise ReadError(lens, "is no 3x3 matrix", remedy="copy it again, or remove it")
        fields |= {"intrinsics_px": np.tile(k, (len(poses), 1, 1)), "image_hw": _SIZE_HW}
    conventions = {"pose": "world_from_cam", "quaternion": "xyzw", "axes": "opencv"}
    return make(path, "stray-scanner", poses, scale="metric", conventions=conventions, **fields)


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "folder" and {_FILE, _LENS} <= probe.names:
        return Match(evidence=f"{_FILE} beside {_LENS}", sure=True)
    return None


FORMAT = Format(
    name="stray-scanner",
    summary="Stray Scanner folder: odometry.csv camera-to-world, metres, with camera_matrix.csv (read only)",
    target="stray/",
    read=_read,
    sniff=_sniff,
)
