"""Nuke `.chan`: "frame tx ty tz rx ry rz vfov" a row, tabs between; degrees, y up, the camera looks along -z.

The order of rotations is not in the file, and it is the writing program's choice:

    chan        ZXY, by custom that of Nuke's cameras until it is changed: about z, then x, then y, R = Ry Rx Rz
    chan-xyz    XYZ, what Blender's exporter takes until it is changed: R = Rz Ry Rx

A file that turns about one axis alone means the same in both; any other is not guessed. vfov is the vertical angle of
view, which not every file has. It is all that is told of the lens: a picture of 1920 x 1080 with square pixels is
taken, which a note says. Source: Blender's add-on `io_anim_nuke_chan` (__init__.py: its rotation order;
export_nuke_chan.py: "Y up", `angle_y`).
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final, Literal

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
from trajectory.io._text import number, read_table, spell
from trajectory.model import Trajectory

_LAYOUT = "frame tx ty tz rx ry rz, and the vertical angle of view: 7 or 8 numbers"
_ORDERS: Final[Mapping[str, Literal["YXZ", "ZYX"]]] = {"chan": "YXZ", "chan-xyz": "ZYX"}
"""By format, scipy's words for R = Ry Rx Rz and R = Rz Ry Rx."""
_WORDS: Final = {"chan": "ZXY, as in Nuke", "chan-xyz": "XYZ, as Blender exports them"}
_SAME = np.radians(0.01)
"""Orders that differ by less do not matter."""
_TAKEN_HW = (1080, 1920)


def _columns(name: str) -> list[int]:
    """Where the angles of the format's order stand among rx, ry, rz."""
    return ["XYZ".index(axis) for axis in _ORDERS[name]]


def _turned(name: str, xyz_deg: Float[np.ndarray, "n 3"]) -> Rotation:
    return Rotation.from_euler(_ORDERS[name], xyz_deg[:, _columns(name)], degrees=True)


def _read(name: str, path: Path) -> Trajectory:
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
    poses = from_axes(rigid(_turned(name, values[:, 4:7]).as_matrix(), values[:, 1:4]), "opengl")
    time_s, slot = numbered_grid(path, frame.astype(np.int64))
    n = len(time_s)
    valid, reason = gap_fields(slot, n, "no row in the file")
    k = scatter(k_from(_pinhole(rows, values[:, 7])), slot, n) if values.shape[1] == 8 else None
    taken = "the file tells the vertical angle of view alone: K is that of a 1920 x 1080 picture with square pixels"
    return make(
        path,
        name,
        scatter(poses, slot, n),
        time_s=time_s,
        valid=valid,
        reason=reason,
        image_hw=None if k is None else _TAKEN_HW,
        intrinsics_px=k,
        conventions={
            "pose": "world_from_cam",
            "axes": "opengl",
            "rotation": f"degrees, R = {' '.join(f'R{axis.lower()}' for axis in _ORDERS[name])}",
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


def _encode(name: str, trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    trajectory = sized(trajectory)
    keep = some_valid(trajectory, name)
    numbers = numbered_frames(trajectory)
    poses = to_axes(trajectory.world_from_cam[keep], "opengl")
    columns = [poses[:, :3, 3], euler_deg(poses[:, :3, :3], _ORDERS[name])[:, np.argsort(_columns(name))]]
    if trajectory.intrinsics_px is not None:
        height, _ = size_of(trajectory, name)
        columns.append(np.degrees(2 * np.arctan(height / 2 / pinhole(trajectory, name)[keep, 1:2])))
    table: list[list[float]] = np.concatenate(columns, axis=1).tolist()
    lines = ["\t".join([str(numbers[int(row)]), *map(spell, values)]) for row, values in zip(keep, table, strict=True)]
    return {path: ("\n".join(lines) + "\n").encode()}


def _sniff(name: str, probe: Probe) -> Match | None:
    if probe.kind != "text" or probe.path.suffix.lower() != ".chan" or probe.columns not in (7, 8):
        return None
    values = [[number(token) or 0.0 for token in row[4:7]] for row in probe.rows]
    angles = np.nan_to_num(np.array(values, dtype=np.float64), posinf=0, neginf=0)
    apart = (_turned("chan", angles).inv() * _turned("chan-xyz", angles)).magnitude().max()
    if apart < _SAME:
        return Match(evidence="the suffix .chan, 7 or 8 columns", sure=True) if name == "chan" else None
    return Match(evidence=f"the suffix .chan, if its rotations are in the order {_WORDS[name]}", sure=False)


FORMAT = tuple(
    Format(
        name=name,
        summary=f"Nuke .chan text: frame, position, rotation in degrees ({words}), vertical angle of view; y up",
        target="camera.chan",
        read=partial(_read, name),
        encode=partial(_encode, name),
        sniff=partial(_sniff, name),
        keeps=frozenset({"gaps", "zoom"}),
        lacks=absences,
    )
    for name, words in _WORDS.items()
)
