"""MotionCtrl camera poses: a JSON list of 12 numbers a frame, 3x4 world-to-camera row by row."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from trajectory.io import _json
from trajectory.io._build import make, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, poses_from_matrices
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    items = _json.as_list(path, "the document", _json.load(path))
    values = [_json.as_numbers(path, f"[{i}]", item, 12) for i, item in enumerate(items)]
    tokens = [[repr(value) for value in row] for row in values]
    matrix = np.array(values, dtype=np.float64).reshape(-1, 3, 4)
    poses = inverse(poses_from_matrices(Rows(path=path, tokens=tokens), matrix))
    conventions = {"pose": "cam_from_world", "matrix": "3x4 row-major", "axes": "opencv"}
    return make(path, "motionctrl", poses, conventions=conventions)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "motionctrl")
    rows = inverse(trajectory.world_from_cam)[:, :3].reshape(-1, 12)
    return {path: _json.dump(rows.tolist())}


def _sniff(probe: Probe) -> Match | None:
    items = probe.items
    if items and all(isinstance(item, list) and len(cast("list[Any]", item)) == 12 for item in items):
        return Match(evidence="a JSON list of 12 numbers a frame", sure=True)
    return None


FORMAT = Format(
    name="motionctrl",
    summary="MotionCtrl JSON: a list of 3x4 world-to-camera matrices",
    target="camera.json",
    read=_read,
    encode=_encode,
    sniff=_sniff,
)
