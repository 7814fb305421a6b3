"""Record3D `metadata.json`: poses (n 7) qx qy qz qw x y z, camera-to-world, metres, and one K, column by column.

Camera axes are ARKit's, which are OpenGL's (y up, z back); the world stays. Source: nerfstudio
`nerfstudio/process_data/record3d_utils.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from trajectory.errors import ReadError
from trajectory.io import _json
from trajectory.io._build import make, one_k, require_dense, size_of
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, opengl_from_opencv, poses_from_quat, quat_from_rotations
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    document = _json.as_object(path, "the document", _json.load(path))
    items = _json.as_list(path, "poses", document.get("poses"))
    values = np.array([_json.as_numbers(path, f"poses[{i}]", item, 7) for i, item in enumerate(items)])
    tokens = [[repr(value) for value in row[:4]] for row in values.tolist()]
    labels = [f"poses[{i}]" for i in range(len(items))]
    arkit = poses_from_quat(Rows(path=path, labels=labels, tokens=tokens), values[:, [3, 0, 1, 2]], values[:, 4:])
    fields: dict[str, Any] = {}
    if "K" in document:
        k = np.array(_json.as_numbers(path, "K", document["K"], 9)).reshape(3, 3).T
        if not np.allclose(k[2], (0, 0, 1)):
            raise ReadError(path, f"K has the last row {k[2]}, expected 0 0 1", remedy="is it stored row by row?")
        fields["intrinsics_px"] = np.tile(k, (len(arkit), 1, 1))
    if {"h", "w"} <= set(document):
        height, width = (_json.as_number(path, key, document[key]) for key in ("h", "w"))
        if not (1 <= height < 2**31 and 1 <= width < 2**31):
            raise ReadError(path, f"the image size is {width:g} x {height:g}", remedy="repair w and h")
        fields["image_hw"] = (int(height), int(width))
    conventions = {"pose": "world_from_cam", "quaternion": "xyzw", "axes": "opengl"}
    return make(path, "record3d", opengl_from_opencv(arkit), scale="metric", conventions=conventions, **fields)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "record3d")
    arkit = opengl_from_opencv(trajectory.world_from_cam)
    quat_xyzw = quat_from_rotations(arkit[:, :3, :3])[:, [1, 2, 3, 0]]
    height, width = size_of(trajectory, "record3d")
    document = {
        "w": width,
        "h": height,
        "K": one_k(trajectory, "record3d").T.ravel().tolist(),
        "poses": np.column_stack([quat_xyzw, arkit[:, :3, 3]]).tolist(),
    }
    return {path: _json.dump(document)}


def _sniff(probe: Probe) -> Match | None:
    poses, k = probe.entries.get("poses"), probe.entries.get("K")
    if isinstance(poses, list) and poses and isinstance(k, list) and len(cast("list[Any]", k)) == 9:
        first = cast("list[Any]", poses)[0]
        if isinstance(first, list) and len(cast("list[Any]", first)) == 7:
            return Match(evidence="poses of seven numbers and a K of nine", sure=True)
    return None


FORMAT = Format(
    name="record3d",
    summary="Record3D metadata.json: quaternion xyzw and position, camera-to-world in ARKit axes, metres",
    target="metadata.json",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "image_hw"}),
    metric=True,
)
