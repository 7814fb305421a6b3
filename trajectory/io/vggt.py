"""VGGT predictions npz: extrinsic (n 3 4) world-to-camera, intrinsic (n 3 3), depth; a batch of one is allowed."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trajectory.io._arrays import median_depths, no_array, npz_array, npz_bytes, npz_shapes, numbers
from trajectory.io._build import make, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, poses_from_matrices
from trajectory.model import Trajectory


def _unbatched(value: np.ndarray) -> np.ndarray:
    return value[0] if value.ndim == 4 and value.shape[0] == 1 else value


def _read(path: Path) -> Trajectory:
    shapes = npz_shapes(path)
    if "extrinsic" not in shapes:
        raise no_array(path, "extrinsic")
    extrinsic = _unbatched(npz_array(path, "extrinsic"))
    sides = 4 if extrinsic.shape[1:] == (4, 4) else 3
    poses = inverse(poses_from_matrices(Rows(path=path), numbers(path, "extrinsic", extrinsic, (None, sides, 4))))
    n = len(poses)
    intrinsics_px = None
    if "intrinsic" in shapes:
        intrinsics_px = numbers(path, "intrinsic", _unbatched(npz_array(path, "intrinsic")), (n, 3, 3))
    depth = shapes.get("depth", ())
    image_hw = (depth[1], depth[2]) if len(depth) >= 3 and depth[0] == n and min(depth[1:3]) > 0 else None
    return make(
        path,
        "vggt",
        poses,
        image_hw=image_hw,
        intrinsics_px=intrinsics_px,
        scene_depth=median_depths(path, "depth", frames=n) if depth else None,
        conventions={"pose": "cam_from_world", "matrix": "3x4", "axes": "opencv", "scene_depth": "median of depth"},
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "vggt")
    arrays = {"extrinsic": inverse(trajectory.world_from_cam)[:, :3]}
    if trajectory.intrinsics_px is not None:
        arrays["intrinsic"] = trajectory.intrinsics_px
    return {path: npz_bytes(arrays)}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "npz" and "extrinsic" in probe.arrays:
        return Match(evidence="an array extrinsic", sure=True)
    return None


FORMAT = Format(
    name="vggt",
    summary="VGGT npz: extrinsic (world-to-camera) and intrinsic per frame",
    target="predictions.npz",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
)
