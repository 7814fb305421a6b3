"""RealEstate10K and CameraCtrl: a URL line, then "us fx fy cx cy 0 0" and 3x4 world-to-camera, 19 columns.

Intrinsics are fractions of the image, whose size the file does not hold: they are read as pixels of an image of
1 x 1, which `image_hw` says. Source: CameraCtrl `cameractrl/data/dataset.py`. Camera-control presets (VideoX-Fun,
Wan-Fun-Camera) have the same columns with every stamp 0: their poses are counted.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trajectory.errors import CinetrajError
from trajectory.io._build import gap_fields, k_from, make, noted, pinhole, scatter, some_valid
from trajectory.io._claims import refuse_claims
from trajectory.io._clock import clock
from trajectory.io._columns import clock_of
from trajectory.io._eight import by_header
from trajectory.io._format import Format, Match, Probe
from trajectory.io._marker import marked, marker
from trajectory.io._poses import Rows, finite_rows, inverse, poses_from_matrices, require_finite, rotation_tokens
from trajectory.io._text import read_table, spell
from trajectory.io.videox_fun import one_stamp
from trajectory.model import Trajectory

_LAYOUT = "us fx fy cx cy 0 0 and 3x4 world-to-camera row by row, 19 numbers"


def _read(path: Path) -> Trajectory:
    table = read_table(path, columns=(19,), layout=_LAYOUT, titled=True, spare="last")
    rows = Rows(path=path, lines=table.lines, tokens=rotation_tokens(table, 7))
    values = table.values
    require_finite(rows, values[:, :7])
    kept, lost = finite_rows(rows, values[:, 7:])
    n = len(values)
    comments = (table.title, *table.comments)
    refuse_claims(path, comments, direction="world-to-camera")
    fields: dict[str, Any] = marked(comments)
    axis = clock(rows, values[:, 0], habit="us", named=clock_of(comments), ours=bool(fields))
    fields.setdefault("time_source", axis.source)
    poses = inverse(poses_from_matrices(rows.only(kept), values[kept, 7:].reshape(-1, 3, 4)))
    valid, reason = gap_fields(kept, n, "no pose in its row")
    conventions: dict[str, Any] = {
        "pose": "cam_from_world",
        "matrix": "3x4 row-major",
        "axes": "opencv",
        "intrinsics": "fractions of the image, hence image_hw (1, 1)",
        "title": table.title,
        **noted(*table.notes, *lost, *axis.notes),
    }
    return make(
        path,
        "re10k",
        scatter(poses, kept, n),
        time_s=axis.time_s,
        valid=valid,
        reason=reason,
        image_hw=(1, 1),
        intrinsics_px=k_from(values[:, 1:5]),
        conventions=conventions,
        **fields,
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    keep = some_valid(trajectory, "re10k")
    if trajectory.image_hw is None:
        raise CinetrajError("re10k needs image_hw, to write the intrinsics as fractions of the image; write tum")
    height, width = trajectory.image_hw
    fractions = pinhole(trajectory, "re10k")[keep] / np.array([width, height, width, height])
    stamps_us = [round(value * 1e6) for value in trajectory.time_s[keep].tolist()]
    if len(set(stamps_us)) < len(stamps_us):
        raise CinetrajError("two frames are less than a microsecond apart, and re10k counts microseconds; write native")
    matrix = inverse(trajectory.world_from_cam[keep])[:, :3].reshape(-1, 12)
    rows = np.column_stack([fractions, np.zeros((len(keep), 2)), matrix]).tolist()
    lines = [" ".join([str(us), *map(spell, row)]) for us, row in zip(stamps_us, rows, strict=True)]
    return {path: ("\n".join([marker(trajectory), *lines]) + "\n").encode()}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.commas or probe.columns != 19 or by_header(probe) is not None or one_stamp(probe):
        return None
    return Match(evidence="19 columns", sure=True)


FORMAT = Format(
    name="re10k",
    summary="RealEstate10K / CameraCtrl text: microseconds, intrinsics as fractions, 3x4 world-to-camera",
    target="pose_re10k.txt",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"time", "intrinsics", "zoom", "scale"}),
)
