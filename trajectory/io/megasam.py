"""MegaSaM `*_droid.npz` and `*_sgd_cvd_hr.npz`: cam_c2w, one K (intrinsic), images, depths.

Source: mega-sam `camera_tracking_scripts/test_demo.py` and `cvd_opt/cvd_opt.py`. At most 1000 frames are written there.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from trajectory.io._arrays import median_depths, no_array, npz_array, npz_bytes, npz_shapes, numbers
from trajectory.io._build import k_from, make, one_camera, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, poses_from_matrices
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    shapes = npz_shapes(path)
    if "cam_c2w" not in shapes:
        raise no_array(path, "cam_c2w")
    matrix = numbers(path, "cam_c2w", npz_array(path, "cam_c2w"), (None, 4, 4))
    poses = poses_from_matrices(Rows(path=path), matrix)
    n = len(poses)
    intrinsics_px = None
    if "intrinsic" in shapes:
        k = numbers(path, "intrinsic", npz_array(path, "intrinsic"), (3, 3))
        intrinsics_px = np.tile(k, (n, 1, 1))
    images, depths = shapes.get("images", ()), shapes.get("depths", ())
    image_hw = next(((s[1], s[2]) for s in (images, depths) if len(s) >= 3 and min(s[1:3]) > 0), None)
    scene_depth = median_depths(path, "depths", frames=n) if "depths" in shapes else None
    conventions = {"pose": "world_from_cam", "matrix": "4x4", "axes": "opencv", "scene_depth": "median of depths"}
    return make(
        path,
        "megasam",
        poses,
        image_hw=image_hw,
        intrinsics_px=intrinsics_px,
        scene_depth=scene_depth,
        conventions=conventions,
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "megasam")
    arrays: dict[str, np.ndarray] = {"cam_c2w": trajectory.world_from_cam}
    if trajectory.intrinsics_px is not None:
        arrays["intrinsic"] = k_from(one_camera(trajectory, "megasam")[None])[0]
    return {path: npz_bytes(arrays)}


def encode_scene(
    trajectory: Trajectory, images: UInt8[np.ndarray, "n h w 3"], depths: Float32[np.ndarray, "n h w"]
) -> bytes:
    """The file with pictures and depth maps, as MegaSaM writes it; K is that of the size of the pictures.

    Args:
        trajectory: every frame has a pose, all have one K.
        images: sRGB.
        depths: along the optical axis, in the unit of the positions; NaN where unknown.
    """
    require_dense(trajectory, "megasam")
    hw = images.shape[1:3]
    k = k_from(one_camera(trajectory, "megasam")[None])[0]
    own = trajectory.image_hw or hw
    k[:2] *= np.array([[hw[1] / own[1]], [hw[0] / own[0]]])
    return npz_bytes({"images": images, "depths": depths, "intrinsic": k, "cam_c2w": trajectory.world_from_cam})


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "npz" and "cam_c2w" in probe.arrays:
        return Match(evidence="an array cam_c2w", sure=True)
    return None


FORMAT = Format(
    name="megasam",
    summary="MegaSaM npz: cam_c2w, one K; scene depth from its depth maps",
    target="scene_droid.npz",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics"}),
)
