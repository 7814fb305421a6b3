"""CamI2V camera_data: "fx fy cx cy 0 0" in pixels and 3x4 world-to-camera, 18 columns, no time stamps.

Camera-control presets of VideoX-Fun are found in these columns too, with intrinsics as parts of the picture: a
principal point within the first pixel is none in pixels. They are read as pixels of an image of 1 x 1 (`image_hw`).
Source: CamI2V `evaluation/glomap_evaluation.py`.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectory.io._build import gap_fields, k_from, make, noted, pinhole, require_dense, scatter
from trajectory.io._claims import refuse_claims
from trajectory.io._eight import by_header
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, finite_rows, inverse, poses_from_matrices, require_finite, rotation_tokens
from trajectory.io._text import read_table, spell_rows
from trajectory.model import Trajectory

_LAYOUT = "fx fy cx cy 0 0 and 3x4 world-to-camera row by row, 18 numbers"


def _read(path: Path) -> Trajectory:
    table = read_table(path, columns=(18,), layout=_LAYOUT, titled=True, spare="last")
    refuse_claims(path, (table.title, *table.comments), direction="world-to-camera")
    rows = Rows(path=path, lines=table.lines, tokens=rotation_tokens(table, 6))
    require_finite(rows, table.values[:, :6])
    kept, lost = finite_rows(rows, table.values[:, 6:])
    n = len(table.values)
    poses = inverse(poses_from_matrices(rows.only(kept), table.values[kept, 6:].reshape(-1, 3, 4)))
    valid, reason = gap_fields(kept, n, "no pose in its row")
    parts = bool((table.values[:, 2:4] <= 1).all())
    said = ["intrinsics of at most 1 are taken for parts of the picture"] if parts else []
    conventions = {
        "pose": "cam_from_world",
        "matrix": "3x4 row-major",
        "axes": "opencv",
        **noted(*table.notes, *lost, *said),
    }
    return make(
        path,
        "cami2v",
        scatter(poses, kept, n),
        valid=valid,
        reason=reason,
        image_hw=(1, 1) if parts else None,
        intrinsics_px=k_from(table.values[:, :4]),
        conventions=conventions,
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "cami2v")
    matrix = inverse(trajectory.world_from_cam)[:, :3].reshape(-1, 12)
    rows = np.column_stack([pinhole(trajectory, "cami2v"), np.zeros((len(matrix), 2)), matrix])
    return {path: spell_rows(rows).encode()}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.commas or probe.columns != 18 or by_header(probe) is not None:
        return None
    return Match(evidence="18 columns", sure=True)


FORMAT = Format(
    name="cami2v",
    summary="CamI2V camera_data text: intrinsics in pixels, 3x4 world-to-camera",
    target="camera_data.txt",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
)
