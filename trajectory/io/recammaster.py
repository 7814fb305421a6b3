"""ReCamMaster `camera_extrinsics.json`: frame0.cam01 = "[r] [r] [r] [x y z 1]", Unreal axes, centimetres.

The text holds the transpose of camera-to-world. Unreal's world and camera are left-handed (x forward, y right, z up);
both are renamed to right, down, forward, which makes them right-handed. Relative motion then equals that of
ReCamMaster `inference_recammaster.py`, which renames the camera's axes and leaves the mirrored world.
One file holds several cameras: name one as camera_extrinsics.json#cam01.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from trajectory.errors import ReadError
from trajectory.frames import AXES_FROM_OPENCV
from trajectory.io import _json
from trajectory.io._build import gap_fields, make, numbered_frames, on_grid, scatter, some_valid
from trajectory.io._cameras import chosen
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, poses_from_matrices
from trajectory.io._probe import split_part
from trajectory.io._text import number, spell
from trajectory.model import Trajectory

_OPENCV_FROM_UNREAL = np.eye(4)
_OPENCV_FROM_UNREAL[:3, :3] = np.array(AXES_FROM_OPENCV["unreal"]).T
_CM = 100.0
_FRAME = re.compile(r"frame(\d{1,9})")


def _parse(path: Path, where: str, text: Any) -> tuple[list[list[float]], list[str]]:
    if not isinstance(text, str):
        raise ReadError(
            path, f"{where} is {_json.kind(text)}, expected a text of four rows", remedy="name the right file"
        )
    rows = [row.split() for row in re.findall(r"\[([^\[\]]*)\]", text)]
    values = [[number(token) for token in row] for row in rows]
    if [len(row) for row in values] != [4] * 4 and [len(row) for row in values] != [3, 3, 3, 4]:
        raise ReadError(path, f"{where} is no 4x4 matrix in four [rows]", remedy="name the right file or format")
    flat = [value for row in values for value in row]
    if any(value is None for value in flat):
        raise ReadError(path, f"{where} holds a word that is no number", remedy="repair it")
    # rows of three are the rotation without its column of zeros
    matrix = [[float(value or 0.0) for value in row] + [0.0] * (4 - len(row)) for row in values]
    return matrix, [token for row in rows[:3] for token in row[:3]]


def _frames(path: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Frames by their keys, and the names of the cameras in them."""
    document = _json.as_object(path, "the document", _json.load(path))
    frames = {key: _json.as_object(path, key, value) for key, value in document.items() if _FRAME.fullmatch(key)}
    cameras = sorted({name for frame in frames.values() for name in frame})
    if not frames or not cameras:
        raise ReadError(path, "has no frame0, frame1, ... with cameras", remedy="name the right file or format")
    return frames, cameras


def _cameras_in(path: Path) -> tuple[str, ...]:
    return tuple(_frames(split_part(path)[0])[1])


def _read(path: Path) -> Trajectory:
    path, part = split_part(path)
    frames, cameras = _frames(path)
    camera = part or (cameras[0] if len(cameras) == 1 else "")
    chosen(path, {name: [] for name in cameras}, camera)
    numbers = sorted((int(key[5:]), key) for key, frame in frames.items() if camera in frame)
    if len({value for value, _ in numbers}) < len(numbers):
        raise ReadError(path, "a frame number is listed twice", remedy="keep one entry per frame")
    parsed = [_parse(path, f"{key}.{camera}", frames[key][camera]) for _, key in numbers]
    transposed = np.array([matrix for matrix, _ in parsed])
    unreal = transposed.transpose(0, 2, 1)
    unreal[:, :3, 3] /= _CM
    tokens = [digits for _, digits in parsed]
    rows = Rows(path=path, labels=[key for _, key in numbers], tokens=tokens)
    poses = poses_from_matrices(rows, unreal)
    poses = _OPENCV_FROM_UNREAL @ poses @ _OPENCV_FROM_UNREAL.T
    time_s, slot = on_grid(path, np.array([value for value, _ in numbers]))
    valid, reason = gap_fields(slot, len(time_s), "no pose in the file")
    return make(
        path,
        "recammaster",
        scatter(poses, slot, len(time_s)),
        time_s=time_s,
        valid=valid,
        reason=reason,
        scale="metric",
        conventions={
            "pose": "world_from_cam, transposed",
            "axes": "unreal, renamed to opencv",
            "unit": "cm",
            "camera": camera,
        },
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    path, part = split_part(path)
    keep = some_valid(trajectory, "recammaster")
    numbers = numbered_frames(trajectory)
    unreal = _OPENCV_FROM_UNREAL.T @ trajectory.world_from_cam[keep] @ _OPENCV_FROM_UNREAL
    unreal[:, :3, 3] *= _CM
    document: dict[str, Any] = {}
    for row, matrix in zip(keep.tolist(), unreal.transpose(0, 2, 1).tolist(), strict=True):
        text = " ".join("[" + " ".join(map(spell, line)) + "]" for line in matrix)
        document[f"frame{numbers[row]}"] = {part or "cam01": text}
    return {path: _json.dump(document)}


def _sniff(probe: Probe) -> Match | None:
    for key, value in probe.entries.items():
        if not _FRAME.fullmatch(key) or not isinstance(value, dict):
            return None
        named = cast("dict[str, Any]", value)
        if named and all(isinstance(text, str) and "[" in text for text in named.values()):
            return Match(evidence=f"{key} with cameras as bracketed rows", sure=True)
        return None
    return None


FORMAT = Format(
    name="recammaster",
    summary="ReCamMaster / MultiCamVideo JSON: Unreal axes, centimetres; FILE#cam01 names the camera",
    target="camera_extrinsics.json",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"gaps"}),
    cameras=_cameras_in,
)
