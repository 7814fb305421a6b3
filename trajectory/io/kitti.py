"""KITTI odometry: 3x4 camera-to-world row by row, one pose a line, or with the frame number before it (13 columns).

Also whole 4x4 matrices (16 columns), as Replica's traj.txt and DA3-streaming have them.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from trajectory.io._build import gap_fields, make, noted, on_grid, require_dense, require_increasing, scatter
from trajectory.io._claims import refuse_claims
from trajectory.io._eight import by_header
from trajectory.io._format import Format, Match, Probe
from trajectory.io._guess import FOUR_BY_FOUR, ROW_BY_ROW, matrices
from trajectory.io._poses import Rows, finite_rows, poses_from_matrices, rotation_tokens
from trajectory.io._text import number, read_table, spell_rows
from trajectory.model import Trajectory

DA3_STREAMING = "camera_poses.txt"
"""The name of DA3-streaming's file, which has 16 columns too, and intrinsics beside it."""
_CONVENTIONS = {"pose": "world_from_cam", "matrix": "3x4 row-major", "axes": "opencv"}


def read_rows(path: Path, format_name: str) -> Trajectory:
    """Poses of 12 or 16 columns, or of 13 with frame numbers, whose gaps become frames that are not valid."""
    table = read_table(
        path,
        columns=(12, 13, 16),
        layout="3x4 camera-to-world, row by row (12), frame number before it (13), 4x4 (16)",
        titled=True,
        spare="last",
    )
    refuse_claims(path, (table.title, *table.comments), direction="camera-to-world")
    numbered = table.values.shape[1] == 13
    start = int(numbered)
    rows = Rows(path=path, lines=table.lines, tokens=rotation_tokens(table, start))
    kept, lost = finite_rows(rows, table.values[:, start:])
    matrix = table.values[kept, start:].reshape(len(kept), -1, 4)
    poses = scatter(poses_from_matrices(rows.only(kept), matrix), kept, len(table.values))
    conventions = {**_CONVENTIONS, **noted(*table.notes, *lost)}
    time, slot = np.arange(len(poses), dtype=np.float64), np.arange(len(poses))
    if numbered:
        time, slot = on_grid(path, _frames(rows, table.values[:, 0]))
        conventions["frame_numbers"] = "first column"
    valid, reason = gap_fields(slot[kept], len(time), "no pose in the file")
    return make(
        path,
        format_name,
        scatter(poses, slot, len(time)),
        time_s=time,
        valid=valid,
        reason=reason,
        conventions=conventions,
    )


def _frames(rows: Rows, column: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    wrong = ~((column == np.round(column)) & (np.abs(column) <= 1e15))
    if wrong.any():
        raise rows.error(
            int(np.argmax(wrong)), "the first of 13 columns is no frame number", "name the format with --format"
        )
    require_increasing(rows, column)
    return column.astype(np.int64)


def _read(path: Path) -> Trajectory:
    return read_rows(path, "kitti")


def encode_rows(format_name: str, trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    """12 columns; refused where a frame has no pose, for a row has no place for a gap."""
    require_dense(trajectory, format_name)
    return {path: spell_rows(trajectory.world_from_cam[:, :3].reshape(-1, 12)).encode()}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.columns not in (12, 13, 16) or by_header(probe) is not None:
        return None
    if probe.path.name == DA3_STREAMING:
        return None
    first = [number(row[0]) for row in probe.rows]
    if probe.columns == 13 and any(value is None or value % 1 > 0 for value in first):
        return None
    count = 16 if probe.columns == 16 else 12
    table = np.array([[number(token) or 0.0 for token in row[-count:]] for row in probe.rows])
    found = matrices(table)
    if found not in ("", ROW_BY_ROW, FOUR_BY_FOUR) or (probe.commas and not found):
        return None  # tables of other things have as many columns, and matrices are laid out in other ways
    return Match(evidence=f"{probe.columns} columns", sure=True)


FORMAT = Format(
    name="kitti",
    summary="KITTI odometry text: 3x4 matrix a line; frame numbers before it and 4x4 are read too; no place for gaps",
    target="poses.txt",
    read=_read,
    encode=partial(encode_rows, "kitti"),
    sniff=_sniff,
)
