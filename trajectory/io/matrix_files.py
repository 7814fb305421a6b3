"""One 4x4 camera-to-world matrix a file: 7-Scenes `frame-000000.pose.txt`, ScanNet `pose/0.txt`; metres, OpenCV axes.

Frames whose matrix is not finite (ScanNet's -inf) or whose file is missing have no pose. ScanNet's intrinsics are
beside its folder pose/; 7-Scenes has none in its files. Sources: the README of 7-Scenes (Shotton et al. 2013, section
"data"), ScanNet `SensReader/python/SensorData.py` (export_poses, export_intrinsics).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError
from trajectory.io._build import gap_fields, make, numbered_frames, on_grid, one_k, scatter, some_valid
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, with_holes
from trajectory.io._text import decode, number, read_bytes, spell_rows, split
from trajectory.model import Trajectory


@final
@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where a tool puts its matrices.

    Attributes:
        folder: that holds them, below the scene; "" for the scene itself. file: their names, with the frame number.
        written: the name of a frame's file. intrinsics: files of a 4x4 K beside `folder`, the first that is there.
    """

    name: str
    folder: str
    file: re.Pattern[str]
    written: str
    intrinsics: tuple[str, ...] = ()


_SEVEN_SCENES = _Layout(
    name="7scenes", folder="", file=re.compile(r"frame-(\d{6})\.pose\.txt"), written="frame-{:06d}.pose.txt"
)
_SCANNET = _Layout(
    name="scannet",
    folder="pose",
    file=re.compile(r"(\d{1,9})\.txt"),
    written="{}.txt",
    intrinsics=("intrinsic/intrinsic_color.txt", "intrinsic_color.txt"),
)


def _matrix(path: Path) -> Float[np.ndarray, "4 4"]:
    """Four rows of four; what is not finite says that there is no pose."""
    rows = [split(line) for line in decode(path, read_bytes(path)).splitlines() if line.strip()]
    values = [[number(token) for token in row] for row in rows]
    if [len(row) for row in values] != [4] * 4 or any(value is None for row in values for value in row):
        raise ReadError(path, "is no 4x4 matrix of numbers", remedy="name the right folder or format")
    return np.array(values, dtype=np.float64)


def _folder(layout: _Layout, path: Path) -> Path:
    inner = path / layout.folder if layout.folder else path
    folder = inner if inner.is_dir() else path
    if not folder.is_dir():
        raise ReadError(path, "is no folder, expected that of the matrices", remedy="name the folder")
    return folder


def _read(layout: _Layout, path: Path) -> Trajectory:
    folder = _folder(layout, path)
    found = sorted((int(m[1]), entry) for entry in folder.iterdir() if (m := layout.file.fullmatch(entry.name)))
    if not found:
        wanted = f"{layout.written.format(0)}, {layout.written.format(1)}, ..."
        raise ReadError(folder, f"has no files {wanted}", remedy="name the folder that holds them")
    frames = np.array([frame for frame, _ in found])
    if len(set(frames.tolist())) < len(frames):
        raise ReadError(folder, "a frame number is there twice", remedy="keep one file per frame")
    matrices = np.array([_matrix(entry) for _, entry in found])
    poses = with_holes(Rows(path=folder, labels=[entry.name for _, entry in found]), matrices)
    time_s, slot = on_grid(folder, frames)
    valid, reason = gap_fields(slot, len(time_s), "no file")
    conventions = {"pose": "world_from_cam", "matrix": "4x4", "axes": "opencv"}
    return make(
        path,
        layout.name,
        scatter(poses, slot, len(time_s)),
        time_s=time_s,
        valid=valid,
        reason=reason,
        intrinsics_px=_intrinsics(layout, folder, len(time_s)),
        scale="metric",
        conventions=conventions,
    )


def _intrinsics(layout: _Layout, folder: Path, frames: int) -> Float[np.ndarray, "n 3 3"] | None:
    file = next((folder.parent / name for name in layout.intrinsics if (folder.parent / name).is_file()), None)
    if file is None:
        return None
    k = _matrix(file)[:3, :3]
    if not np.isfinite(k).all():
        raise ReadError(file, "is not finite", remedy="remove it, or copy it again")
    return np.tile(k, (frames, 1, 1))


def _encode(layout: _Layout, trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    keep = some_valid(trajectory, layout.name)
    folder = path / layout.folder if layout.folder else path
    numbers = numbered_frames(trajectory)
    files: dict[Path, bytes] = {}
    if layout.intrinsics and trajectory.intrinsics_px is not None:
        k = np.eye(4)
        k[:3, :3] = one_k(trajectory, layout.name)
        files[path / layout.intrinsics[0]] = spell_rows(k).encode()
    for row in keep.tolist():
        name = layout.written.format(numbers[int(row)])
        files[folder / name] = spell_rows(trajectory.world_from_cam[int(row)]).encode()
    return files


def _sniff(layout: _Layout, probe: Probe) -> Match | None:
    if probe.kind != "folder":
        return None
    folder = probe.path / layout.folder
    inside = layout.folder and folder.is_dir()
    names = {entry.name for entry in folder.iterdir()} if inside else probe.names
    if layout.folder and not inside and probe.path.name != layout.folder:
        return None
    found = sorted(name for name in names if layout.file.fullmatch(name))
    return Match(evidence=f"{found[0]}, one matrix a file", sure=True) if found else None


FORMAT = (
    Format(
        name="7scenes",
        summary="7-Scenes folder of frame-000000.pose.txt: 4x4 camera-to-world a file, metres",
        target="seq-01/",
        read=partial(_read, _SEVEN_SCENES),
        encode=partial(_encode, _SEVEN_SCENES),
        sniff=partial(_sniff, _SEVEN_SCENES),
        keeps=frozenset({"gaps"}),
        metric=True,
    ),
    Format(
        name="scannet",
        summary="ScanNet folder pose/ of 0.txt: 4x4 camera-to-world a file, metres; intrinsic/ beside it",
        target="scene0000_00/",
        read=partial(_read, _SCANNET),
        encode=partial(_encode, _SCANNET),
        sniff=partial(_sniff, _SCANNET),
        keeps=frozenset({"gaps", "intrinsics"}),
        metric=True,
    ),
)
