"""TartanAir pose files: "x y z qx qy qz qw" in NED axes (x forward, y right, z down), camera-to-world, metres.

Camera and world axes are renamed alike (right, down, forward), so that an identity stays one.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectory.frames import AXES_FROM_OPENCV
from trajectory.io._build import make, noted, require_dense
from trajectory.io._claims import refuse_claims
from trajectory.io._eight import other_order
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import SLACK_MAX, Rows, poses_from_quat, quat_from_rotations, require_finite, rigid
from trajectory.io._text import number, read_table, spell_rows
from trajectory.model import Trajectory

_OPENCV_FROM_NED = np.array(AXES_FROM_OPENCV["ned"], dtype=np.float64).T

_NAME = re.compile(r"pose_(left|right|[lr]cam_(front|back|left|right|top|bottom))\.txt")
"""File names of TartanAir and of TartanAir V2."""


def _read(path: Path) -> Trajectory:
    table = read_table(path, columns=(7,), layout="x y z qx qy qz qw in NED axes", spare="last")
    refuse_claims(path, table.comments, direction="camera-to-world", axes="NED")
    rows = Rows(path=path, lines=table.lines, tokens=[row[3:] for row in table.tokens])
    require_finite(rows, table.values)
    ned = poses_from_quat(rows, table.values[:, [6, 3, 4, 5]], table.values[:, :3])
    rotation = _OPENCV_FROM_NED @ ned[:, :3, :3] @ _OPENCV_FROM_NED.T
    poses = rigid(rotation, ned[:, :3, 3] @ _OPENCV_FROM_NED.T)
    conventions = {
        "pose": "world_from_cam",
        "quaternion": "xyzw",
        "axes": "ned, renamed to opencv",
        **noted(*table.notes),
    }
    return make(path, "tartanair", poses, scale="metric", conventions=conventions)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "tartanair")
    rotation = _OPENCV_FROM_NED.T @ trajectory.rotations @ _OPENCV_FROM_NED
    position = trajectory.positions @ _OPENCV_FROM_NED
    return {path: spell_rows(np.column_stack([position, quat_from_rotations(rotation)[:, [1, 2, 3, 0]]])).encode()}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.commas or probe.columns != 7:
        return None
    if other_order([number(token) or 0.0 for token in probe.rows[0][3:]], "xyzw"):
        return Match(evidence="7 columns, the first rotation near the identity as w first", sure=False)
    if _NAME.fullmatch(probe.path.name):
        return Match(evidence=f"7 columns and the name {probe.path.name}", sure=True)
    if not _of_unit_length(probe):
        return None  # a time, a position and three angles have as many columns
    return Match(evidence="7 columns, but nothing says that its axes are NED", sure=False)


def _of_unit_length(probe: Probe) -> bool:
    """Whether the last four columns are a quaternion, but for few rows."""
    with np.errstate(all="ignore"):
        length = np.linalg.norm([[number(token) or 0.0 for token in row[3:]] for row in probe.rows], axis=1)
        return bool(np.median(np.abs(length - 1)) <= SLACK_MAX)


FORMAT = Format(
    name="tartanair",
    summary="TartanAir and TartanAir V2 text: position and quaternion xyzw in NED axes",
    target="pose_left.txt",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    metric=True,
)
