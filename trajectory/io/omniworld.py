"""OmniWorld `camera/split_K.json`: focals, cx, cy, quats (wxyz) and trans, world-to-camera.

Source: OmniWorld `scripts/utils.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from trajectory.errors import ReadError
from trajectory.io import _json
from trajectory.io._build import k_from, make, pinhole, require_dense
from trajectory.io._eight import other_order
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, poses_from_quat, quat_from_rotations
from trajectory.model import Trajectory

_KEYS = ("focals", "cx", "cy", "quats", "trans")


def _per_frame(path: Path, name: str, value: Any, count: int) -> list[float]:
    if isinstance(value, list):
        return _json.as_numbers(path, name, cast("list[Any]", value), count)
    return [_json.as_number(path, name, value)] * count


def _read(path: Path) -> Trajectory:
    document = _json.as_object(path, "the document", _json.load(path))
    missing = [key for key in _KEYS if key not in document]
    if missing:
        raise ReadError(path, f"lacks {', '.join(missing)}", remedy="name the right file or format")
    quats = _json.as_list(path, "quats", document["quats"])
    trans = _json.as_list(path, "trans", document["trans"])
    if len(quats) != len(trans):
        raise ReadError(path, f"has {len(quats)} quats and {len(trans)} trans", remedy="write or copy it again")
    n = len(quats)
    quat_wxyz = np.array([_json.as_numbers(path, f"quats[{i}]", q, 4) for i, q in enumerate(quats)])
    translation = np.array([_json.as_numbers(path, f"trans[{i}]", t, 3) for i, t in enumerate(trans)])
    tokens = [[repr(value) for value in row] for row in quat_wxyz.tolist()]
    poses = inverse(poses_from_quat(Rows(path=path, tokens=tokens), quat_wxyz, translation))
    focal, cx, cy = (_per_frame(path, key, document[key], n) for key in ("focals", "cx", "cy"))
    intrinsics_px = k_from(np.column_stack([focal, focal, cx, cy]))
    conventions = {"pose": "cam_from_world", "quaternion": "wxyz", "axes": "opencv"}
    return make(path, "omniworld", poses, intrinsics_px=intrinsics_px, conventions=conventions)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "omniworld")
    cameras = pinhole(trajectory, "omniworld")
    if not np.allclose(cameras[:, 0], cameras[:, 1], rtol=1e-6) or np.ptp(cameras[:, 2:], axis=0).any():
        raise ReadError(path, "omniworld holds one focal a frame and one centre", remedy="write native or colmap")
    cam_from_world = inverse(trajectory.world_from_cam)
    document = {
        "focals": cameras[:, 0].tolist(),
        "cx": float(cameras[0, 2]),
        "cy": float(cameras[0, 3]),
        "quats": quat_from_rotations(cam_from_world[:, :3, :3]).tolist(),
        "trans": cam_from_world[:, :3, 3].tolist(),
    }
    return {path: _json.dump(document)}


def _sniff(probe: Probe) -> Match | None:
    if all(key in probe.entries for key in _KEYS):
        quats = probe.entries["quats"]
        first = cast("list[Any]", quats)[0] if isinstance(quats, list) and quats else None
        numbers = [
            value
            for value in cast("list[Any]", first if isinstance(first, list) else [])
            if isinstance(value, float | int)
        ]
        if len(numbers) == 4 and other_order(numbers, "wxyz"):
            return Match(evidence="focals, quats and trans, the first rotation near the identity as w last", sure=False)
        return Match(evidence="focals, quats and trans", sure=True)
    return None


FORMAT = Format(
    name="omniworld",
    summary="OmniWorld camera JSON: quaternion wxyz and translation, world-to-camera; focal per frame",
    target="split_0.json",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
)
