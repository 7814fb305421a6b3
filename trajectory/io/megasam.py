"""MegaSaM and WBench: MegaSaM's `*_droid.npz` and `*_sgd_cvd_hr.npz`: cam_c2w, one K (intrinsic), images, depths.

WBench's npz has stride and original_fps beside cam_c2w: its pose i is the frame i * stride of the clip, at
i * stride / original_fps seconds. At most 1000 frames are written by MegaSaM itself.
Sources: mega-sam `camera_tracking_scripts/test_demo.py`, `cvd_opt/cvd_opt.py`; WBench `tools/run_megasam.py`.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, UInt8

from trajectory.errors import ReadError
from trajectory.io._arrays import median_depths, no_array, npz_array, npz_bytes, npz_shapes, numbers
from trajectory.io._build import make, one_k, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, with_holes
from trajectory.model import Trajectory


def _seconds(path: Path, poses: int) -> Float[np.ndarray, " n"]:
    missing = {"stride", "original_fps"} - set(npz_shapes(path))
    if missing:
        raise ReadError(path, f"has no {' and no '.join(sorted(missing))}", remedy="name it megasam")
    stride, fps = (float(_scalar(path, name)) for name in ("stride", "original_fps"))
    if not (stride >= 1 and fps > 0 and np.isfinite(stride / fps)):
        raise ReadError(path, f"its stride is {stride:g} and its original_fps {fps:g}", remedy="name it megasam")
    return np.arange(poses) * stride / fps


def _scalar(path: Path, name: str) -> np.ndarray:
    value = npz_array(path, name)
    if value.size != 1 or value.dtype.kind not in "iuf":
        raise ReadError(path, f"{name} is no number", remedy="name it megasam, or write it again")
    return value.reshape(())


def _read(name: str, path: Path) -> Trajectory:
    shapes = npz_shapes(path)
    if "cam_c2w" not in shapes:
        raise no_array(path, "cam_c2w")
    matrix = numbers(path, "cam_c2w", npz_array(path, "cam_c2w"), (None, 4, 4))
    poses = with_holes(Rows(path=path), matrix)
    n = len(poses)
    clock: dict[str, Any] = {}
    if name == "wbench":
        clock = {"time_s": _seconds(path, n), "time_source": "seconds"}
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
        name,
        poses,
        **clock,
        image_hw=image_hw,
        intrinsics_px=intrinsics_px,
        scene_depth=scene_depth,
        conventions=conventions,
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "megasam")
    arrays: dict[str, np.ndarray] = {"cam_c2w": trajectory.world_from_cam}
    if trajectory.intrinsics_px is not None:
        arrays["intrinsic"] = one_k(trajectory, "megasam")
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
    k = one_k(trajectory, "megasam")
    own = trajectory.image_hw or hw
    k[:2] *= np.array([[hw[1] / own[1]], [hw[0] / own[0]]])
    return npz_bytes({"images": images, "depths": depths, "intrinsic": k, "cam_c2w": trajectory.world_from_cam})


def _sniff(name: str, probe: Probe) -> Match | None:
    if probe.kind != "npz" or "cam_c2w" not in probe.arrays:
        return None
    timed = {"stride", "original_fps"} <= set(probe.arrays)
    evidence = "an array cam_c2w" + (" with stride and original_fps" if timed else "")
    return Match(evidence=evidence, sure=True) if timed == (name == "wbench") else None


FORMAT = (
    Format(
        name="megasam",
        summary="MegaSaM npz: cam_c2w, one K; scene depth from its depth maps",
        target="scene_droid.npz",
        read=partial(_read, "megasam"),
        encode=_encode,
        sniff=partial(_sniff, "megasam"),
        keeps=frozenset({"intrinsics"}),
    ),
    Format(
        name="wbench",
        summary="WBench npz: as megasam, with stride and original_fps, which give seconds (read only)",
        target="wbench.npz",
        read=partial(_read, "wbench"),
        sniff=partial(_sniff, "wbench"),
    ),
)
