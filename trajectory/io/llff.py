"""LLFF `poses_bounds.npy`: (n 17), a 3x5 matrix [R|t|height width focal] row by row, then the near and far bound.

Camera-to-world; the columns of R are the camera's down, right and back. The principal point is the centre of the image.
Images are those of the folder images/ in the order of their names. Bounds are not read. Source: the README of LLFF,
"Using your own poses without running COLMAP".
"""

from pathlib import Path

import numpy as np

from trajectory.errors import ReadError
from trajectory.io._arrays import npy_array, npy_shape, numbers
from trajectory.io._build import k_from, make
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, poses_from_matrices, with_holes
from trajectory.model import Trajectory

_FILE = "poses_bounds.npy"
_OPENCV_FROM_LLFF = np.array([[0.0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]])
"""OpenCV's right, down, forward from LLFF's down, right, back."""


def _read(path: Path) -> Trajectory:
    file = path / _FILE if path.is_dir() else path
    values = numbers(file, "", npy_array(file), (None, 17))
    matrix = values[:, :15].reshape(-1, 3, 5)
    poses = with_holes(
        Rows(path=file), matrix, lambda rows, m: poses_from_matrices(rows, m[:, :, :4] @ _OPENCV_FROM_LLFF)
    )
    height, width, focal = matrix[:, :, 4].T
    known = ~np.isnan(poses[:, 0, 0])
    if not ((height >= 1) & (width >= 1) & (height < 2**31) & (width < 2**31))[known].all():
        raise ReadError(file, "has images without a size", remedy="name the right file or format")
    size = matrix[known][:, :2, 4]
    one_size = bool((size == size[0]).all())
    conventions = {"pose": "world_from_cam", "matrix": "3x5", "axes": "down right back", "centre": "half the image"}
    return make(
        path,
        "llff",
        poses,
        image_hw=(round(float(size[0, 0])), round(float(size[0, 1]))) if one_size else None,
        intrinsics_px=k_from(np.column_stack([focal, focal, width / 2, height / 2])),
        conventions=conventions,
    )


def _sniff(probe: Probe) -> Match | None:
    file = probe.path / _FILE if probe.kind == "folder" and _FILE in probe.names else probe.path
    if probe.kind not in ("folder", "npy") or file.name != _FILE or npy_shape(file)[1:] != (17,):
        return None
    return Match(evidence=f"(n, 17) in {_FILE}", sure=True)


FORMAT = Format(
    name="llff",
    summary="LLFF poses_bounds.npy: 3x5 camera-to-world with down, right, back axes, size and focal length (read only)",
    target=_FILE,
    read=_read,
    sniff=_sniff,
)
