"""EuRoC csv: "ns, x, y, z, qw, qx, qy, qz, ..." body-to-world (evo `tools/file_interface.py`)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectory.errors import CinetrajError
from trajectory.io._build import some_valid
from trajectory.io._eight import by_header, starts
from trajectory.io._format import Format, Match, Probe
from trajectory.io._marker import marker
from trajectory.io._poses import quat_from_rotations
from trajectory.io._stamped import Layout, made, read_stamped
from trajectory.io._text import number, spell
from trajectory.model import Trajectory

_HEADER = "#timestamp, p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m], q_RS_w [], q_RS_x [], q_RS_y [], q_RS_z []"
_LAYOUT = Layout(words="ns, x, y, z, qw, qx, qy, qz, ...", counts=range(8, 65), unit="ns", quat_wxyz=(4, 5, 6, 7))


def _read(path: Path) -> Trajectory:
    conventions = {
        "pose": "world_from_body, the body taken as the camera",
        "quaternion": "wxyz",
        "axes": "those of the body: apply the body-from-camera calibration for camera axes",
    }
    return made(path, "euroc", read_stamped(path, _LAYOUT), conventions)


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
    named = by_header(probe)
    if named is not None:
        return Match(evidence="its header names EuRoC's columns", sure=True) if named == "euroc" else None
    first = number(probe.rows[0][0])
    ns = any("timestamp" in comment.lower() for comment in probe.comments) or (first is not None and first > 1e15)
    order = starts(probe)
    if ns and order == "wxyz":
        return Match(evidence="comma-separated with nanosecond time stamps, near the identity as w first", sure=True)
    if order == "xyzw":
        return (
            None
            if probe.columns == 8
            else Match(evidence="comma-separated, but near the identity as w last", sure=False)
        )
    unit = "nanosecond time stamps" if ns else f"{probe.columns} columns, time unit not said"
    return Match(evidence=f"comma-separated with {unit}, but no header names the order of the quaternion", sure=False)


FORMAT = Format(
    name="euroc",
    summary="EuRoC csv: nanoseconds, position, quaternion wxyz of the body; frames without a pose are left out",
    target="data.csv",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"time", "scale"}),
)
