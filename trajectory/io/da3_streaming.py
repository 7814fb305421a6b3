"""DA3-streaming: camera_poses.txt with 4x4 camera-to-world row by row, intrinsic.txt with fx fy cx cy beside it.

Source: Depth Anything 3 `da3_streaming/da3_streaming.py`.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectory.errors import ReadError
from trajectory.io._build import k_from, pinhole, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._text import read_table, spell_rows
from trajectory.io.kitti import DA3_STREAMING, read_rows
from trajectory.model import Trajectory


def _intrinsics_path(path: Path) -> Path:
    """The tool's name beside the tool's name; beside another one a name of its own, for others may lie there too."""
    return path.with_name("intrinsic.txt" if path.name == DA3_STREAMING else f"{path.stem}_intrinsic.txt")


def _read(path: Path) -> Trajectory:
    trajectory = read_rows(path, "da3-streaming")
    beside = _intrinsics_path(path)
    if not beside.is_file():
        beside = path.with_name("intrinsic.txt")
    if not beside.is_file():
        return trajectory
    values = read_table(beside, columns=(4,), layout="fx fy cx cy").values
    if len(values) not in (1, len(trajectory)) or not np.isfinite(values).all():
        raise ReadError(beside, f"holds {len(values)} cameras for {len(trajectory)} poses", remedy="copy it again")
    return trajectory.replace(intrinsics_px=k_from(np.broadcast_to(values, (len(trajectory), 4))))


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "da3-streaming")
    files: dict[Path, bytes] = {}
    if trajectory.intrinsics_px is not None:
        files[_intrinsics_path(path)] = spell_rows(pinhole(trajectory, "da3-streaming")).encode()
    files[path] = spell_rows(trajectory.world_from_cam.reshape(-1, 16)).encode()
    return files


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.commas or probe.columns not in (12, 16) or probe.path.name != DA3_STREAMING:
        return None
    return Match(evidence=f"{probe.columns} columns and the name {DA3_STREAMING}", sure=True)


FORMAT = Format(
    name="da3-streaming",
    summary="DA3-streaming camera_poses.txt: 4x4 camera-to-world a line, with intrinsic.txt beside it",
    target=f"streaming/{DA3_STREAMING}",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
)
