"""EuRoC csv: "ns, x, y, z, qw, qx, qy, qz, ..." body-to-world (evo `tools/file_interface.py`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trajectory.errors import CinetrajError
from trajectory.io._build import make, require_increasing, some_valid
from trajectory.io._format import Format, Match, Probe
from trajectory.io._marker import marked, marker
from trajectory.io._poses import Rows, poses_from_quat, quat_from_rotations, require_finite
from trajectory.io._text import number, read_table, spell
from trajectory.model import Trajectory

_HEADER = "#timestamp, p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m], q_RS_w [], q_RS_x [], q_RS_y [], q_RS_z []"


def _read(path: Path) -> Trajectory:
    table = read_table(path, columns=tuple(range(8, 65)), layout="ns, x, y, z, qw, qx, qy, qz, ...", titled=True)
    rows = Rows(path=path, lines=table.lines, tokens=[row[4:8] for row in table.tokens])
    values = table.values[:, :8]
    require_finite(rows, values)
    time_s = values[:, 0] / 1e9
    require_increasing(rows, time_s)
    poses = poses_from_quat(rows, values[:, 4:8], values[:, 1:4])
    conventions = {
        "pose": "world_from_body, the body taken as the camera",
        "quaternion": "wxyz",
        "axes": "those of the body: apply the body-from-camera calibration for camera axes",
    }
    fields: dict[str, Any] = {"time_source": "seconds", **marked(table.comments)}
    return make(path, "euroc", poses, time_s=time_s, conventions=conventions, **fields)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    keep = some_valid(trajectory, "euroc")
    stamps_ns = [round(value * 1e9) for value in trajectory.time_s[keep].tolist()]
    if len(set(stamps_ns)) < len(stamps_ns):
        raise CinetrajError("two frames are less than a nanosecond apart, and euroc counts nanoseconds; write native")
    quat = quat_from_rotations(trajectory.rotations[keep])
    rows = np.column_stack([trajectory.positions[keep], quat]).tolist()
    lines = [",".join([str(ns), *map(spell, row)]) for ns, row in zip(stamps_ns, rows, strict=True)]
    return {path: ("\n".join([_HEADER, f"# {marker(trajectory)}", *lines]) + "\n").encode()}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or not probe.commas or probe.columns < 8:
        return None
    first = number(probe.rows[0][0])
    named = any("timestamp" in comment.lower() for comment in probe.comments)
    if named or (first is not None and first > 1e15):
        return Match(evidence="comma-separated with nanosecond time stamps", sure=True)
    return Match(evidence=f"comma-separated with {probe.columns} columns, time unit not said", sure=False)


FORMAT = Format(
    name="euroc",
    summary="EuRoC csv: nanoseconds, position, quaternion wxyz of the body; frames without a pose are left out",
    target="data.csv",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"time", "scale"}),
)
