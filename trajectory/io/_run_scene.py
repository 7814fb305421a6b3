"""What the folder of a run tells of the scene: its film (run.json), and the points that `--save` left there."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from trajectory.errors import ReadError
from trajectory.io import _json
from trajectory.io._build import numbered_frames
from trajectory.io._scene import Cloud, Scene
from trajectory.io.colmap import read_cloud
from trajectory.media import is_video
from trajectory.model import Trajectory
from trajectory.run_names import COLMAP_FOLDER, POINTS_FILE, RUN_FILE

_PLY = np.dtype([("at", "<f4", 3), ("colour", "u1", 3)])
"""A point of our own PLY files: `sfm.runs.saved.ply_bytes`."""


def run_scene(folder: Path, trajectory: Trajectory) -> Scene:
    """The scene of a trajectory that lies in `folder`, which need be no run: then only its film may be known."""
    origin = trajectory.provenance
    source = "" if origin is None or origin.source is None else origin.source
    scene = Scene(movie=source if is_video(source) else "")
    file = folder / RUN_FILE
    if not file.is_file():
        return scene
    scene = replace(scene, cloud=_cloud(folder, trajectory))
    record = _json.as_object(file, "the document", _json.load(file))
    video, shots = record.get("video"), record.get("shots")
    shot: Any = cast("list[Any]", shots)[0] if isinstance(shots, list) and shots else {}
    if not isinstance(video, dict) or not isinstance(shot, dict):
        return scene
    first, last, count = (
        _whole(cast("dict[str, Any]", video).get(key)) for key in ("first_index", "last_index", "frames")
    )
    step = max(1, round((last - first) / (count - 1))) if count > 1 else 1
    return replace(scene, first=first + step * _whole(cast("dict[str, Any]", shot).get("start")), step=step)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def _cloud(folder: Path, trajectory: Trajectory) -> Cloud | None:
    """Points with their tracks where the run has its COLMAP model, else without."""
    if (folder / COLMAP_FOLDER).is_dir():
        cloud, numbers = read_cloud(folder / COLMAP_FOLDER)
        if cloud is not None:
            rows = np.searchsorted(np.array(numbered_frames(trajectory)), numbers[cloud.frame])
            return replace(cloud, frame=rows.astype(np.int64))
    file = folder / POINTS_FILE
    return _ply(file) if file.is_file() else None


def _ply(path: Path) -> Cloud | None:
    head, found, body = path.read_bytes().partition(b"end_header\n")
    ours = b"binary_little_endian" in head and head.count(b"property float") == 3 and head.count(b"uchar") == 3
    if not found or not ours or head.count(b"property") != 6 or len(body) % _PLY.itemsize:
        raise ReadError(path, "is no PLY file of a run", remedy="estimate the clip again, or move it away")
    rows = np.frombuffer(body, _PLY)
    none = np.zeros(0, np.int64)
    at = rows["at"].astype(np.float64)
    if not len(rows) or not np.isfinite(at).all():
        return None
    return Cloud(in_world=at, colour=rows["colour"], point=none, frame=none, xy_px=np.zeros((0, 2)))
