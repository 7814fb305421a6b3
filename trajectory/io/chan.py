"""Nuke `.chan`: "frame tx ty tz rx ry rz vfov" a row, tabs between; degrees, y up, the camera looks along -z.

The order of rotations is not in the file. Here it is ZXY, by custom that of Nuke's cameras until it is changed: first
about z, then x, then y, R = Ry Rx Rz. vfov is the vertical angle of view, which not every file has. It is all that is
told of the lens: a picture of 1920 x 1080 with square pixels is taken, which a note says. Source: Blender's add-on
`io_anim_nuke_chan` (export_nuke_chan.py: "Y up", `angle_y`; import_nuke_chan.py).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from trajectory.frames import from_axes, to_axes
from trajectory.io._build import (
    gap_fields,
    k_from,
    make,
    noted,
    numbered_frames,
    numbered_grid,
    pinhole,
    scatter,
    size_of,
    some_valid,
)
from trajectory.io._film import absences, euler_deg, sized
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, require_finite, rigid
from trajectory.io._text import read_table, spell
from trajectory.model import Trajectory

_LAYOUT = "frame tx ty tz rx ry rz, and the vertical angle of view: 7 or 8 numbers"
_ORDER: Final = "YXZ"
"""scipy's word for R = Ry Rx Rz."""
_TAKEN_HW = (1080, 1920)


def _read(path: Path) -> Trajectory:
    table = read_table(path, columns=(7, 8), layout=_LAYOUT, spare="last")
    rows = Rows(path=path, lines=table.lines, tokens=table.tokens)
    values = table.values
    require_finite(rows, values)
    frame = values[:, 0]
    wrong = np.flatnonzero(
        (frame != np.round(frame)) | (np.abs(frame) > 2**31) | (np.diff(frame, prepend=-np.inf) <= 0)
    )
    if len(wrong):
        raise rows.error(int(wrong[0]), "its frame is no whole number that grows", "sort the rows, each frame once")
    rotation = Rotation.from_euler(_ORDER, values[:, [5, 4, 6]], degrees=True).as_matrix()
    poses = from_axes(rigid(rotation, values[:, 1:4]), "opengl")
    time_s, slot = numbered_grid(path, frame.astype(np.int64))
    n = len(time_s)
    valid, reason = gap_fields(slot, n, "no row in the file")
    k = scatter(k_from(_pinhole(rows, values[:, 7])), slot, n) if values.shape[1] == 8 else None
    taken = "the file tells the vertical angle of view alone: K is that of a 1920 x 1080 picture with square pixels"
    return make(
        path,
        "chan",
        scatter(poses, slot, n),
        time_s=time_s,
        valid=valid,
        reason=reason,
        image_hw=None if k is None else _TAKEN_HW,
        intrinsics_px=k,
        conventions={
            "pose": "world_from_cam",
            "axes": "opengl",
            "rotation": "degrees, ZXY",
            **noted(*table.notes, *([] if k is None else [taken])),
        },
    )


def _pinhole(rows: Rows, vfov_deg: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 4"]:
    wrong = np.flatnonzero(~((vfov_deg > 0) & (vfov_deg < 180)))
    if len(wrong):
        row = int(wrong[0])
        raise rows.error(row, f"its angle of view is {vfov_deg[row]:g}", "expected degrees between 0 and 180")
    height, width = _TAKEN_HW
    focal = 0.5 * height / np.tan(np.radians(vfov_deg) / 2)
    return np.stack([focal, focal, np.full_like(focal, width / 2), np.full_like(focal, height / 2)], axis=1)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    trajectory = sized(trajectory)
    keep = some_valid(trajectory, "chan")
    numbers = numbered_frames(trajectory)
    poses = to_axes(trajectory.world_from_cam[keep], "opengl")
    about_yxz = euler_deg(poses[:, :3, :3], _ORDER)
    columns = [poses[:, :3, 3], about_yxz[:, [1, 0, 2]]]
    if trajectory.intrinsics_px is not None:
        height, _ = size_of(trajectory, "chan")
        columns.append(np.degrees(2 * np.arctan(height / 2 / pinhole(trajectory, "chan")[keep, 1:2])))
    table: list[list[float]] = np.concatenate(columns, axis=1).tolist()
    lines = ["\t".join([str(numbers[int(row)]), *map(spell, values)]) for row, values in zip(keep, table, strict=True)]
    return {path: ("\n".join(lines) + "\n").encode()}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.path.suffix.lower() != ".chan" or probe.columns not in (7, 8):
        return None
    return Match(evidence="the suffix .chan, 7 or 8 columns", sure=True)


FORMAT = Format(
    name="chan",
    summary="Nuke .chan text: frame, position, rotation in degrees (ZXY), vertical angle of view; y up",
    target="camera.chan",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"gaps", "zoom"}),
    lacks=absences,
)
