"""camera_extrinsics.json of ReCamMaster and InfCam: frame0.cam01 = "[r] [r] [r] [x y z 1]", several cameras in a file.

The text holds the transpose of camera-to-world, in centimetres; camera axes are Unreal's (x forward, y right, z up).
What the world's axes are differs, and shows in the determinant: that is the formats' business.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

import numpy as np
from jaxtyping import Float

from trajectory.errors import CinetrajError, ReadError
from trajectory.frames import AXES_FROM_OPENCV
from trajectory.io import _json
from trajectory.io._build import gap_fields, make, numbered_frames, on_grid, scatter, some_valid
from trajectory.io._cameras import chosen
from trajectory.io._format import Probe
from trajectory.io._poses import Rows, poses_from_matrices
from trajectory.io._probe import split_part
from trajectory.io._text import number, spell
from trajectory.model import Trajectory

_CM = 100.0
_FRAME = re.compile(r"frame(\d{1,9})")
_CAMERA = re.compile(r"cam\d\d")

_UNREAL_FROM_OPENCV = np.eye(4)
_UNREAL_FROM_OPENCV[:3, :3] = np.array(AXES_FROM_OPENCV["unreal"])


@final
@dataclass(frozen=True, kw_only=True)
class Axes:
    """One tool's meaning of the matrices.

    Attributes:
        name: of the format.
        left_handed_world: the world's axes are Unreal's too, so that matrices have determinant +1; they are renamed
            as the camera's are. Else the world is right-handed already, matrices have determinant -1, and it stays.
    """

    name: str
    left_handed_world: bool

    @property
    def opencv_from_world(self) -> Float[np.ndarray, "4 4"]:
        """What renames the world's axes."""
        return _UNREAL_FROM_OPENCV.T if self.left_handed_world else np.eye(4)


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
    """The frames by their keys, and the names of all cameras."""
    document = _json.as_object(path, "the document", _json.load(path))
    frames = {key: _json.as_object(path, key, value) for key, value in document.items() if _FRAME.fullmatch(key)}
    cameras = sorted({name for frame in frames.values() for name in frame})
    if not frames or not cameras:
        raise ReadError(path, "has no frame0, frame1, ... with cameras", remedy="name the right file or format")
    return frames, cameras


def read_one(axes: Axes, path: Path) -> Trajectory:
    """The camera that the path names after '#', or the only one."""
    path, part = split_part(path)
    frames, cameras = _frames(path)
    camera = part or (cameras[0] if len(cameras) == 1 else "")
    chosen(path, {name: [] for name in cameras}, camera)
    return _camera(axes, path, frames, camera)


def names(path: Path) -> tuple[str, ...]:
    """The cameras of a file."""
    return tuple(_frames(split_part(path)[0])[1])


def read_every(axes: Axes, path: Path) -> dict[str, Trajectory]:
    """All cameras of a file by name."""
    frames, cameras = _frames(path)
    return {camera: _camera(axes, path, frames, camera) for camera in cameras}


def _camera(axes: Axes, path: Path, frames: Mapping[str, dict[str, Any]], camera: str) -> Trajectory:
    numbers = sorted((int(key[5:]), key) for key, frame in frames.items() if camera in frame)
    if len({value for value, _ in numbers}) < len(numbers):
        raise ReadError(path, "a frame number is listed twice", remedy="keep one entry per frame")
    parsed = [_parse(path, f"{key}.{camera}", frames[key][camera]) for _, key in numbers]
    stored = np.array([matrix for matrix, _ in parsed]).transpose(0, 2, 1)
    stored[:, :3, 3] /= _CM
    tokens = [digits for _, digits in parsed]
    rows = Rows(path=path, labels=[key for _, key in numbers], tokens=tokens)
    poses = poses_from_matrices(rows, axes.opencv_from_world @ stored @ _UNREAL_FROM_OPENCV)
    time_s, slot = on_grid(path, np.array([value for value, _ in numbers]))
    valid, reason = gap_fields(slot, len(time_s), "no pose in the file")
    return make(
        path,
        axes.name,
        scatter(poses, slot, len(time_s)),
        time_s=time_s,
        valid=valid,
        reason=reason,
        scale="metric",
        conventions={
            "pose": "world_from_cam, transposed",
            "axes": "unreal, renamed to opencv" if axes.left_handed_world else "unreal cameras in a right-handed world",
            "unit": "cm",
            "camera": camera,
        },
    )


def encode_one(axes: Axes, trajectory: Trajectory, path: Path) -> dict[Path, bytes]:
    """A file of one camera, cam01 or what the path names after '#'."""
    path, part = split_part(path)
    return encode_every(axes, {part or "cam01": trajectory}, path)


def encode_every(axes: Axes, trajectories: Mapping[str, Trajectory], path: Path) -> dict[Path, bytes]:
    """A file of several cameras. Names that are not cam01, cam02, ... are replaced by these, in their order."""
    if not 0 < len(trajectories) < 100:
        raise CinetrajError(f"{axes.name} holds 1 to 99 cameras, these are {len(trajectories)}")
    named = all(_CAMERA.fullmatch(name) for name in trajectories)
    document: dict[int, dict[str, str]] = {}
    for i, (name, trajectory) in enumerate(trajectories.items(), start=1):
        camera = name if named or len(trajectories) == 1 else f"cam{i:02d}"
        keep = some_valid(trajectory, axes.name)
        numbers = numbered_frames(trajectory)
        stored = axes.opencv_from_world.T @ trajectory.world_from_cam[keep] @ _UNREAL_FROM_OPENCV.T
        stored[:, :3, 3] *= _CM
        for row, matrix in zip(keep.tolist(), stored.transpose(0, 2, 1).tolist(), strict=True):
            text = " ".join("[" + " ".join(map(spell, line)) + "]" for line in matrix)
            document.setdefault(numbers[int(row)], {})[camera] = text
    return {path: _json.dump({f"frame{number}": document[number] for number in sorted(document)})}


def determinant(probe: Probe) -> float | None:
    """That of the first matrix of a file of this layout; None for any other file."""
    for key, value in probe.entries.items():
        if not _FRAME.fullmatch(key) or not isinstance(value, dict):
            return None
        named = cast("dict[str, Any]", value)
        if named and all(isinstance(text, str) and "[" in text for text in named.values()):
            try:
                matrix, _ = _parse(probe.path, key, next(iter(named.values())))
            except ReadError:
                return 1.0  # the reader says what is wrong
            with np.errstate(all="ignore"):
                return float(np.linalg.det(np.array(matrix)[:3, :3]))
        return None
    return None
