"""HY-WorldPlay and WBench pose JSON: {"0": {"extrinsic": 4x4, "K": 3x3}, ...}, one entry a latent.

A latent is four frames: pose i is frame 4i of a video of 4n - 3 frames. `extrinsic` is camera-to-world in OpenCV axes,
whatever its name. The tool takes the image to be twice as large as the principal point.
Source: HY-WorldPlay `hyvideo/generate.py` (pose_to_input).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float, Int

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import _json
from trajectory.io._build import make, numbered_frames, pinhole, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, poses_from_matrices
from trajectory.model import Trajectory

FRAMES = 4
"""Frames in a latent, but for the first, which is one frame."""
_SIZE_HW = (1080, 1920)
"""Image size of the tool's own files."""


def _read(path: Path) -> Trajectory:
    document = _json.as_object(path, "the document", _json.load(path))
    keys = sorted((key for key in document if key.isdecimal() and key.isascii() and len(key) < 9), key=int)
    if not keys or len(keys) != len(document) or [int(key) for key in keys] != list(range(len(keys))):
        raise ReadError(path, 'its keys are not "0", "1", ...', remedy="name the right file or format")
    entries = {key: _json.as_object(path, key, document[key]) for key in keys}
    matrix = [
        _json.as_matrix(path, f"{key}.extrinsic", each.get("extrinsic"), (4,), 4) for key, each in entries.items()
    ]
    k = [_json.as_matrix(path, f"{key}.K", each.get("K"), (3,), 3) for key, each in entries.items()]
    tokens = [[repr(value) for row in each[:3] for value in row[:3]] for each in matrix]
    poses = poses_from_matrices(Rows(path=path, labels=keys, tokens=tokens), np.array(matrix))
    return from_latents(path, "hy-worldplay", poses, np.array(k))


def from_latents(path: Path, name: str, poses: Float[np.ndarray, "n 4 4"], k: Float[np.ndarray, "n 3 3"]) -> Trajectory:
    """The trajectory of poses that stand for every fourth frame."""
    width, height = (2 * k[0, :2, 2]).tolist()
    sized = bool((k[:, :2, 2] == k[0, :2, 2]).all()) and 1 <= width < 2**31 and 1 <= height < 2**31
    return make(
        path,
        name,
        poses,
        time_s=FRAMES * np.arange(len(poses), dtype=np.float64),
        image_hw=(round(height), round(width)) if sized else None,
        intrinsics_px=k,
        conventions={
            "pose": "world_from_cam",
            "matrix": "4x4",
            "axes": "opencv",
            "time": f"one pose a latent: pose i is frame {FRAMES}i of {FRAMES * len(poses) - FRAMES + 1}",
        },
    )


def latents(trajectory: Trajectory, name: str) -> Int[np.ndarray, " m"]:
    """Rows of the trajectory at frames 0, 4, 8, ..., which must be all that the clip has but what lies between."""
    require_dense(trajectory, name)
    frames = np.array(numbered_frames(trajectory))
    frames -= frames[0]
    if bool((np.diff(frames) == FRAMES).all()):
        return np.arange(len(frames))
    if bool((np.diff(frames) == 1).all()) and frames[-1] % FRAMES == 0:
        return np.arange(0, len(frames), FRAMES)
    raise CinetrajError(
        f"{name} holds the poses of every fourth frame of a clip of 4n + 1 frames, this trajectory has {len(frames)}; "
        "write as many evenly: --resample 81, or another 4n + 1"
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    rows = latents(trajectory, "hy-worldplay")
    if trajectory.image_hw is None:
        raise CinetrajError("hy-worldplay needs image_hw, to know where the centre of the image is; write tum")
    height, width = trajectory.image_hw
    fractions = pinhole(trajectory, "hy-worldplay")[rows] / np.array([width, height, width, height])
    if bool((np.abs(fractions[:, 2:] - 0.5) > 0.01).any()):
        raise CinetrajError(
            "hy-worldplay takes the centre of the image as the principal point, and this one is elsewhere; "
            "crop the clip around it, or write worldstereo"
        )
    poses = trajectory.world_from_cam[rows].tolist()
    document: dict[str, Any] = {}
    for i, (fx, fy, _, _) in enumerate(fractions.tolist()):
        k = [[fx * _SIZE_HW[1], 0.0, _SIZE_HW[1] / 2], [0.0, fy * _SIZE_HW[0], _SIZE_HW[0] / 2], [0.0, 0.0, 1.0]]
        document[str(i)] = {"extrinsic": poses[i], "K": k}
    return {path: _json.dump(document)}


def _sniff(probe: Probe) -> Match | None:
    first = probe.entries.get("0")
    if isinstance(first, dict) and {"extrinsic", "K"} <= set(cast("dict[str, Any]", first)):
        return Match(evidence='extrinsic and K under "0"', sure=True)
    return None


FORMAT = Format(
    name="hy-worldplay",
    summary="HY-WorldPlay / WBench pose JSON: camera-to-world under extrinsic, one pose for four frames",
    target="pose.json",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
    stride=FRAMES,
)
