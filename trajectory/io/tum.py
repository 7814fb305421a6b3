"""TUM RGB-D: "time x y z qx qy qz qw" per pose, camera-to-world, seconds (evo `tools/file_interface.py`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trajectory.io._build import make, require_increasing, some_valid
from trajectory.io._eight import weigh
from trajectory.io._format import Format, Match, Probe
from trajectory.io._marker import marked, marker
from trajectory.io._poses import Rows, poses_from_quat, quat_from_rotations, require_finite
from trajectory.io._text import read_table, spell_rows
from trajectory.model import Trajectory

_LAYOUT = "time x y z qx qy qz qw"


def _read(path: Path) -> Trajectory:
    table = read_table(path, columns=(8,), layout=_LAYOUT)
    rows = Rows(path=path, lines=table.lines, tokens=[row[4:] for row in table.tokens])
    require_finite(rows, table.values)
    require_increasing(rows, table.values[:, 0])
    poses = poses_from_quat(rows, table.values[:, [7, 4, 5, 6]], table.values[:, 1:4])
    fields: dict[str, Any] = {"time_source": "seconds", **marked(table.comments)}
    conventions = {"pose": "world_from_cam", "quaternion": "xyzw", "axes": "opencv"}
    return make(path, "tum", poses, time_s=table.values[:, 0], conventions=conventions, **fields)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    keep = some_valid(trajectory, "tum")
    quat = quat_from_rotations(trajectory.rotations[keep])[:, [1, 2, 3, 0]]
    rows = np.column_stack([trajectory.time_s[keep], trajectory.positions[keep], quat])
    head = f"# timestamp tx ty tz qx qy qz qw (camera-to-world, OpenCV axes)\n# {marker(trajectory)}\n"
    return {path: (head + spell_rows(rows)).encode()}


def _sniff(probe: Probe) -> Match | None:
    verdict = weigh(probe)
    if verdict is None or verdict.name == "monst3r":
        return None
    return Match(evidence=verdict.tum, sure=verdict.name == "tum")


FORMAT = Format(
    name="tum",
    summary="TUM RGB-D text: time, position, quaternion xyzw; frames without a pose are left out",
    target="trajectory_tum.txt",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"time", "scale"}),
)
