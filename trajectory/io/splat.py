"""cameras.json of 3D Gaussian Splatting: a list of {id, img_name, width, height, position, rotation, fx, fy}.

`position` and `rotation` are camera-to-world in OpenCV axes; the principal point is the centre of the image. Cameras
are ordered by the numbers in the names of their images, else as they are listed. Source: gaussian-splatting
`utils/camera_utils.py` (camera_to_JSON).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from trajectory.errors import CinetrajError
from trajectory.io import _json
from trajectory.io._build import gap_fields, k_from, make, numbered_frames, pinhole, scatter, size_of, some_valid
from trajectory.io._cameras import numbers_by_name, ordered
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, poses_from_matrices, printed
from trajectory.model import Trajectory

_KEYS = frozenset({"position", "rotation", "fx", "fy", "width", "height"})


def _read(path: Path) -> Trajectory:
    items = _json.as_list(path, "the document", _json.load(path))
    cameras = [_json.as_object(path, f"[{i}]", item) for i, item in enumerate(items)]
    matrix = np.array([_pose(path, f"[{i}]", camera) for i, camera in enumerate(cameras)])
    lens = np.array(
        [
            [_json.as_number(path, f"[{i}].{key}", camera.get(key)) for key in ("fx", "fy", "width", "height")]
            for i, camera in enumerate(cameras)
        ]
    )
    poses = poses_from_matrices(
        Rows(path=path, labels=[f"[{i}]" for i in range(len(items))], tokens=printed(matrix)), matrix
    )
    numbers = numbers_by_name([str(camera.get("img_name", "")) for camera in cameras])
    order, time_s, slot = ordered(path, numbers, len(cameras))
    valid, reason = gap_fields(slot, len(time_s), "not in the file")
    sizes = {(int(height), int(width)) for _, _, width, height in lens.tolist() if 1 <= min(width, height) < 2**31}
    k = k_from(np.column_stack([lens[:, :2], lens[:, 2:] / 2]))
    return make(
        path,
        "splat",
        scatter(poses[order], slot, len(time_s)),
        time_s=time_s,
        valid=valid,
        reason=reason,
        image_hw=sizes.pop() if len(sizes) == 1 else None,
        intrinsics_px=scatter(k[order], slot, len(time_s)),
        conventions={"pose": "world_from_cam", "axes": "opencv", "centre": "half the image"},
    )


def _pose(path: Path, where: str, camera: dict[str, Any]) -> Float[np.ndarray, "3 4"]:
    rotation = _json.as_matrix(path, f"{where}.rotation", camera.get("rotation"), (3,), 3)
    position = _json.as_numbers(path, f"{where}.position", camera.get("position"), 3)
    return np.column_stack([np.array(rotation), np.array(position)])


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    keep = some_valid(trajectory, "splat")
    height, width = size_of(trajectory, "splat")
    lenses = pinhole(trajectory, "splat")
    if bool((np.abs(lenses[keep, 2:] / (width, height) - 0.5) > 0.01).any()):
        raise CinetrajError("splat has no principal point but the centre of the image; write nerfstudio or colmap")
    numbers = numbered_frames(trajectory)
    document = [
        {
            "id": i,
            "img_name": f"frame_{numbers[row]:06d}",
            "width": width,
            "height": height,
            "position": trajectory.positions[row].tolist(),
            "rotation": trajectory.rotations[row].tolist(),
            "fy": float(lenses[row, 1]),
            "fx": float(lenses[row, 0]),
        }
        for i, row in enumerate(keep.tolist())
    ]
    return {path: _json.dump(document)}


def _sniff(probe: Probe) -> Match | None:
    first = probe.items[0] if probe.items else None
    if isinstance(first, dict) and set(cast("dict[str, Any]", first)) >= _KEYS:
        return Match(evidence="a list of cameras with position and rotation", sure=True)
    return None


FORMAT = Format(
    name="splat",
    summary="Gaussian Splatting cameras.json: position and rotation camera-to-world, frame numbers in img_name",
    target="cameras.json",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"gaps", "zoom", "image_hw"}),
)
