"""VGGT and lingbot-map npz: extrinsic (n 3 4), intrinsic (n 3 3), depth; a batch of one is allowed.

VGGT and VGGT-Omega write world-to-camera, lingbot-map camera-to-world, all under the same names. The encoding of the
poses (`pose_enc`) tells them apart, or `pose_enc_list`, which lingbot-map takes out, or the depth maps; where they
cannot, both names are given and nothing is guessed.
Sources: VGGT `demo_gradio.py`, VGGT-Omega `pose_enc.py`, lingbot-map `demo.py` (postprocess).
"""

from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from trajectory.io._arrays import median_depths, members, no_array, npz_array, npz_bytes, npz_shapes, numbers, unbatched
from trajectory.io._build import make, require_dense
from trajectory.io._direction import Direction, direction_by_depth, direction_by_encoding
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, with_holes
from trajectory.model import Trajectory


def _read(name: str, pose: Direction, path: Path) -> Trajectory:
    shapes = npz_shapes(path)
    if "extrinsic" not in shapes:
        raise no_array(path, "extrinsic")
    extrinsic = unbatched(npz_array(path, "extrinsic"))
    sides = 4 if extrinsic.shape[1:] == (4, 4) else 3
    stored = with_holes(Rows(path=path), numbers(path, "extrinsic", extrinsic, (None, sides, 4)))
    poses = inverse(stored) if pose == "cam_from_world" else stored
    n = len(poses)
    intrinsics_px = None
    if "intrinsic" in shapes:
        intrinsics_px = numbers(path, "intrinsic", unbatched(npz_array(path, "intrinsic")), (n, 3, 3))
    depth = shapes.get("depth", ())
    image_hw = (depth[1], depth[2]) if len(depth) >= 3 and depth[0] == n and min(depth[1:3]) > 0 else None
    return make(
        path,
        name,
        poses,
        image_hw=image_hw,
        intrinsics_px=intrinsics_px,
        scene_depth=median_depths(path, "depth", frames=n) if depth else None,
        conventions={"pose": pose, "matrix": "3x4", "axes": "opencv", "scene_depth": "median of depth"},
    )


def _encode(name: str, pose: Direction, trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, name)
    poses = trajectory.world_from_cam
    arrays = {"extrinsic": np.ascontiguousarray((inverse(poses) if pose == "cam_from_world" else poses)[:, :3])}
    if trajectory.intrinsics_px is not None:
        arrays["intrinsic"] = trajectory.intrinsics_px
    return {path: npz_bytes(arrays)}


def _sniff(pose: Direction, probe: Probe) -> Match | None:
    if probe.kind != "npz" or "extrinsic" not in probe.arrays:
        return None
    found, by = _direction(probe)
    words = {"cam_from_world": "world-to-camera", "world_from_cam": "camera-to-world"}[pose]
    if found is None:
        return Match(evidence=f"an array extrinsic, if it is {words}, which its depths do not tell", sure=False)
    return Match(evidence=f"an array extrinsic, {words} by {by}", sure=True) if found == pose else None


@lru_cache(maxsize=1)
def _direction(probe: Probe) -> tuple[Direction | None, str]:
    """The direction of the poses, and what tells it: decoded once for both formats that ask."""
    path = probe.path
    encoded = direction_by_encoding(path, poses="extrinsic")
    if encoded is not None:
        return encoded, "its pose_enc"
    if "pose_enc_list.npy" in members(path):
        return "cam_from_world", "its pose_enc_list, which lingbot-map takes out"
    return direction_by_depth(path, poses="extrinsic", intrinsics="intrinsic", depth="depth"), "its depths"


def _another_name(probe: Probe) -> Match | None:
    return None  # the same bytes as VGGT, which answers for both


def _format(name: str, summary: str, pose: Direction, target: str) -> Format:
    return Format(
        name=name,
        summary=summary,
        target=target,
        read=partial(_read, name, pose),
        encode=partial(_encode, name, pose),
        sniff=_another_name if name == "vggt-omega" else partial(_sniff, pose),
        keeps=frozenset({"intrinsics", "zoom"}),
    )


FORMAT = (
    _format(
        "vggt",
        "VGGT npz: extrinsic (world-to-camera) and intrinsic per frame; told from lingbot-map by its depths",
        "cam_from_world",
        "predictions.npz",
    ),
    _format(
        "vggt-omega",
        "VGGT-Omega npz: as vggt; read as vggt where no format is named",
        "cam_from_world",
        "predictions_omega.npz",
    ),
    _format(
        "lingbot-map",
        "lingbot-map npz: extrinsic is camera-to-world; told from vggt by its depths",
        "world_from_cam",
        "predictions_lingbot.npz",
    ),
)
