"""VideoX-Fun, Wan-Fun and ComfyUI camera control text: RealEstate10K's 19 columns with one stamp, 0, on every row.

Rows are frames in their order. The first line is passed over by the tool, and empty in its own files. Intrinsics are
fractions of the image, whose size the file does not hold: they are read as pixels of an image of 1 x 1, which
`image_hw` says. Source: VideoX-Fun `videox_fun/data/utils.py` (process_pose_file) and `asset/Pan_Left.txt`.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectory.errors import CinetrajError
from trajectory.io._build import k_from, make, pinhole, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, poses_from_matrices, require_finite, rotation_tokens
from trajectory.io._text import number, read_table, spell_rows
from trajectory.model import Trajectory

_LAYOUT = "0 fx fy cx cy 0 0 and 3x4 world-to-camera row by row, 19 numbers"


def _read(path: Path) -> Trajectory:
    table = read_table(path, columns=(19,), layout=_LAYOUT, titled=True)
    rows = Rows(path=path, lines=table.lines, tokens=rotation_tokens(table, 7))
    values = table.values
    require_finite(rows, values)
    moved = np.flatnonzero(values[:, 0] != values[0, 0])
    if len(moved):
        raise rows.error(int(moved[0]), f"has the stamp {values[moved[0], 0]:.17g}, expected one for all", "name re10k")
    conventions = {
        "pose": "cam_from_world",
        "matrix": "3x4 row-major",
        "axes": "opencv",
        "intrinsics": "fractions of the image, hence image_hw (1, 1)",
        "time": "the order of the rows: all have one stamp",
        "title": table.title,
    }
    poses = inverse(poses_from_matrices(rows, values[:, 7:].reshape(-1, 3, 4)))
    return make(
        path, "videox-fun", poses, image_hw=(1, 1), intrinsics_px=k_from(values[:, 1:5]), conventions=conventions
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "videox-fun")
    if trajectory.image_hw is None:
        raise CinetrajError("videox-fun needs image_hw, to write the intrinsics as fractions of the image; write tum")
    height, width = trajectory.image_hw
    n = len(trajectory)
    fractions = pinhole(trajectory, "videox-fun") / np.array([width, height, width, height])
    matrix = inverse(trajectory.world_from_cam)[:, :3].reshape(-1, 12)
    return {path: ("\n" + spell_rows(np.column_stack([np.zeros(n), fractions, np.zeros((n, 2)), matrix]))).encode()}


def _sniff(probe: Probe) -> Match | None:
    return Match(evidence="19 columns, one stamp for all rows", sure=True) if one_stamp(probe) else None


def one_stamp(probe: Probe) -> bool:
    """Whether all of several rows of 19 columns have the same stamp, which then is none."""
    if probe.kind != "text" or probe.commas or probe.columns != 19 or len(probe.rows) < 2:
        return False
    return len({number(row[0]) for row in probe.rows}) == 1


FORMAT = Format(
    name="videox-fun",
    summary="VideoX-Fun / Wan-Fun camera text: as re10k with the stamp 0 on every row",
    target="camera_control.txt",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
)
