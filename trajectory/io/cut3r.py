"""CUT3R: a folder `camera/` of 000000.npz, ... with pose (4x4, camera-to-world) and intrinsics (3x3) per frame.

Source: CUT3R `demo.py`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectory.errors import ReadError
from trajectory.io._arrays import npz_array, npz_bytes, npz_shapes, numbers
from trajectory.io._build import gap_fields, make, numbered_frames, on_grid, scatter, some_valid
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, with_holes
from trajectory.model import Trajectory

_NAME = re.compile(r"(\d{1,9})\.npz")


def _read(path: Path) -> Trajectory:
    folder = path / "camera" if (path / "camera").is_dir() else path
    if not folder.is_dir():
        raise ReadError(path, "is no folder, expected CUT3R's folder camera/", remedy="name the folder")
    found = sorted((int(m[1]), entry) for entry in folder.iterdir() if (m := _NAME.fullmatch(entry.name)))
    if not found or len({frame for frame, _ in found}) < len(found):
        raise ReadError(folder, "has no files 000000.npz, 000001.npz, ...", remedy="name CUT3R's folder camera/")
    poses: list[np.ndarray] = []
    cameras: list[np.ndarray] = []
    for _, entry in found:
        poses.append(numbers(entry, "pose", npz_array(entry, "pose"), (4, 4)))
        if "intrinsics" in npz_shapes(entry):
            cameras.append(numbers(entry, "intrinsics", npz_array(entry, "intrinsics"), (3, 3)))
    rows = Rows(path=folder, labels=[entry.name for _, entry in found])
    rigid = with_holes(rows, np.array(poses))
    time_s, slot = on_grid(folder, np.array([frame for frame, _ in found]))
    valid, reason = gap_fields(slot, len(time_s), "no file in camera/")
    k = scatter(np.array(cameras), slot, len(time_s)) if len(cameras) == len(found) else None
    return make(
        path,
        "cut3r",
        scatter(rigid, slot, len(time_s)),
        time_s=time_s,
        valid=valid,
        reason=reason,
        intrinsics_px=k,
        conventions={"pose": "world_from_cam", "matrix": "4x4", "axes": "opencv"},
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    numbers_ = numbered_frames(trajectory)
    files: dict[Path, bytes] = {}
    for row in some_valid(trajectory, "cut3r").tolist():
        arrays = {"pose": trajectory.world_from_cam[row]}
        if trajectory.intrinsics_px is not None:
            arrays["intrinsics"] = trajectory.intrinsics_px[row]
        files[path / "camera" / f"{numbers_[row]:06d}.npz"] = npz_bytes(arrays)
    return files


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "folder":
        return None
    inner = probe.path / "camera"
    inside = "camera" in probe.names and inner.is_dir()
    folder, names = (inner, [entry.name for entry in inner.iterdir()]) if inside else (probe.path, probe.names)
    first = min((name for name in names if _NAME.fullmatch(name)), default="")
    return Match(evidence="numbered npz files", sure=True) if first and _may_be_a_frame(folder / first) else None


def _may_be_a_frame(path: Path) -> bool:
    """Whether a file holds a pose, or cannot be read; numbered clips are npz files too, each with a path of its own."""
    try:
        return "pose" in npz_shapes(path)
    except ReadError:
        return True


FORMAT = Format(
    name="cut3r",
    summary="CUT3R folder camera/ of one npz a frame: pose and intrinsics",
    target="cut3r/",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"gaps", "intrinsics", "zoom"}),
)
