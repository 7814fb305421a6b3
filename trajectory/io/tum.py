"""TUM RGB-D: "time x y z qx qy qz qw" per pose, camera-to-world, seconds (evo `tools/file_interface.py`).

Stamps of another unit are known by their size (ORB-SLAM3 and others print nanoseconds) or by the header.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectory.io._build import some_valid
from trajectory.io._eight import weigh
from trajectory.io._format import Format, Match, Probe
from trajectory.io._marker import marker
from trajectory.io._poses import quat_from_rotations
from trajectory.io._stamped import Layout, made, read_stamped
from trajectory.io._text import spell_rows
from trajectory.model import Trajectory

_LAYOUT = Layout(words="time x y z qx qy qz qw", counts=(8,), unit="s")


def _read(path: Path) -> Trajectory:
    conventions = {"pose": "world_from_cam", "quaternion": "xyzw", "axes": "opencv"}
    return made(path, "tum", read_stamped(path, _LAYOUT), conventions)


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
