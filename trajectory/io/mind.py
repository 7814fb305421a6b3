"""MIND `action.json`: {"mark_time", "total_time", "data": [{"time", "camera_pos", "camera_rpy", "actor_pos", ...}]}.

Positions in centimetres and roll, pitch, yaw in degrees, of Unreal (x forward, y right, z up, left-handed): yaw turns
right, pitch looks up, roll is clockwise. First-person clips give the actor only, whose pose is not the camera's: they
are refused. Sources: the README of MIND; Unreal `FRotationMatrix` for the order of the angles.
"""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError
from trajectory.frames import from_axes
from trajectory.io import _json
from trajectory.io._build import gap_fields, make, on_grid, require_increasing, scatter
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, rigid
from trajectory.model import Trajectory

_CM = 100.0


def _read(path: Path) -> Trajectory:
    document = _json.as_object(path, "the document", _json.load(path))
    items = [
        _json.as_object(path, f"data[{i}]", item)
        for i, item in enumerate(_json.as_list(path, "data", document.get("data")))
    ]
    actor = next((i for i, item in enumerate(items) if not {"camera_pos", "camera_rpy"} <= set(item)), None)
    if actor is not None:
        raise ReadError(
            path,
            f"data[{actor}] has no camera_pos and camera_rpy, and the actor's pose is not the camera's",
            remedy="estimate the video beside it, and read that",
        )
    frames = np.array([_whole(path, f"data[{i}].time", item.get("time")) for i, item in enumerate(items)])
    labels = [f"data[{i}]" for i in range(len(items))]
    require_increasing(Rows(path=path, labels=labels), frames.astype(np.float64))
    position = np.array([_xyz(path, f"data[{i}].camera_pos", item["camera_pos"]) for i, item in enumerate(items)])
    angles = np.array([_xyz(path, f"data[{i}].camera_rpy", item["camera_rpy"]) for i, item in enumerate(items)])
    unreal = rigid(_rotations(np.radians(angles)), position / _CM)
    time_s, slot = on_grid(path, frames)
    valid, reason = gap_fields(slot, len(time_s), "no entry in data")
    return make(
        path,
        "mind",
        scatter(from_axes(unreal, "unreal"), slot, len(time_s)),
        time_s=time_s,
        valid=valid,
        reason=reason,
        scale="metric",
        conventions={
            "pose": "world_from_cam",
            "angles": "roll pitch yaw",
            "axes": "unreal, renamed to opencv",
            "unit": "cm",
        },
    )


def _whole(path: Path, where: str, value: Any) -> int:
    number = _json.as_number(path, where, value)
    if number != int(number) or abs(number) > 10**12:
        raise ReadError(path, f"{where} is {number:g}, expected a frame number", remedy="repair it")
    return int(number)


def _xyz(path: Path, where: str, value: Any) -> list[float]:
    given = _json.as_object(path, where, value)
    return [_json.as_number(path, f"{where}.{axis}", given.get(axis)) for axis in "xyz"]


def _rotations(rpy_rad: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3 3"]:
    """Columns are the camera's forward, right and up axes in Unreal's world (FRotationMatrix, whose rows they are)."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(rpy_rad).T, np.sin(rpy_rad).T
    forward = np.stack([cp * cy, cp * sy, sp], axis=1)
    right = np.stack([sr * sp * cy - cr * sy, sr * sp * sy + cr * cy, -sr * cp], axis=1)
    up = np.stack([-(cr * sp * cy + sr * sy), cy * sr - cr * sp * sy, cr * cp], axis=1)
    return np.stack([forward, right, up], axis=2)


def _sniff(probe: Probe) -> Match | None:
    if {"mark_time", "total_time", "data"} <= set(probe.entries):
        return Match(evidence="mark_time, total_time and data", sure=True)
    return None


FORMAT = Format(
    name="mind",
    summary="MIND action.json: the camera of third-person clips, Unreal axes, centimetres and degrees (read only)",
    target="action.json",
    read=_read,
    sniff=_sniff,
)
