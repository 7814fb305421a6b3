"""Poses as one array of an npz file: DA3, pi3, MapAnything, WorldMirror, GEN3C, VerseCrafter and CamProbe.

They differ by the names of their arrays, by direction and by axes, which the table `_LAYOUTS` holds. A batch of one is
allowed. `extrinsics` alone has two meanings: DA3 writes (n 3 4) world-to-camera with intrinsics, VerseCrafter's Blender
add-on (n 4 4) camera-to-world in Blender's axes. Shape and name decide; where they do not, nothing is guessed.

Sources: Depth Anything 3 `utils/export/npz.py`; Pi3 README and `demo_gradio.py`; the READMEs of MapAnything and
HunyuanWorld-Mirror; GEN3C `gen3c_multiview.py`; VerseCrafter `blender_addon/operators.py`; CamProbe `motions/*.npz`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, final

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError
from trajectory.io._arrays import median_depths, no_array, npz_array, npz_bytes, npz_shapes, numbers, unbatched
from trajectory.io._build import make, require_dense
from trajectory.io._direction import Direction, direction_by_depth
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, opengl_from_opencv, with_holes
from trajectory.model import Scale, Trajectory

_BLENDER_FROM_OPENCV = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""World axes: Blender's x right, y forward, z up from OpenCV's x right, y down, z forward."""


@final
@dataclass(frozen=True, kw_only=True)
class _Layout:
    """The arrays of one tool.

    Attributes:
        poses, intrinsics, depth: names of the arrays; "" where the tool has none.
        pose: direction of the matrices. rows: 3 or 4, how many rows of each are written.
        blender: axes of camera and world are Blender's, else OpenCV's.
        company: arrays of which one must be there to be sure. alone: no other array is there.
    """

    name: str
    summary: str
    target: str
    poses: str
    pose: Direction
    rows: Literal[3, 4] = 4
    intrinsics: str = ""
    depth: str = ""
    blender: bool = False
    scale: Scale = "arbitrary"
    company: tuple[str, ...] = ()
    alone: bool = False


_LAYOUTS = (
    _Layout(
        name="da3",
        summary="Depth Anything 3 results.npz: extrinsics (n 3 4) world-to-camera, intrinsics, depth",
        target="results.npz",
        poses="extrinsics",
        pose="cam_from_world",
        rows=3,
        intrinsics="intrinsics",
        depth="depth",
        company=("intrinsics", "depth"),
    ),
    _Layout(
        name="pi3",
        summary="Pi3 / Pi3X npz: camera_poses (n 4 4) camera-to-world",
        target="predictions_pi3.npz",
        poses="camera_poses",
        pose="world_from_cam",
        intrinsics="intrinsics",
    ),
    _Layout(
        name="mapanything",
        summary="MapAnything npz: camera_poses (n 4 4) camera-to-world and intrinsics, metres",
        target="mapanything.npz",
        poses="camera_poses",
        pose="world_from_cam",
        intrinsics="intrinsics",
        scale="metric",
        company=("cam_trans", "cam_quats"),
    ),
    _Layout(
        name="worldmirror",
        summary="HunyuanWorld-Mirror npz: camera_poses (n 4 4) camera-to-world and camera_intrs",
        target="worldmirror.npz",
        poses="camera_poses",
        pose="world_from_cam",
        intrinsics="camera_intrs",
        depth="depth",
        company=("camera_intrs",),
    ),
    _Layout(
        name="gen3c",
        summary="GEN3C --npz_path: w2cs_all (n 4 4) world-to-camera and Ks_all",
        target="gen3c.npz",
        poses="w2cs_all",
        pose="cam_from_world",
        intrinsics="Ks_all",
    ),
    _Layout(
        name="versecrafter",
        summary="VerseCrafter custom_camera_trajectory.npz: extrinsics (n 4 4), camera-to-world in Blender's axes",
        target="custom_camera_trajectory.npz",
        poses="extrinsics",
        pose="world_from_cam",
        blender=True,
        alone=True,
    ),
    _Layout(
        name="camprobe",
        summary="CamProbe motions npz: R, t and T (n 4 4) camera-to-world",
        target="motions/NAME.npz",
        poses="T",
        pose="world_from_cam",
    ),
)


def _without_batch(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[1:] if len(shape) == 4 and shape[0] == 1 else shape


def _read(layout: _Layout, path: Path) -> Trajectory:
    shapes = npz_shapes(path)
    if layout.poses not in shapes:
        raise no_array(path, layout.poses)
    matrix = unbatched(npz_array(path, layout.poses))
    rows = 4 if matrix.shape[1:] == (4, 4) else layout.rows
    stored = with_holes(Rows(path=path), numbers(path, layout.poses, matrix, (None, rows, 4)))
    if layout.name == "camprobe":
        _require_agreement(path, stored)
    poses = _to_opencv(layout, stored)
    n = len(poses)
    intrinsics_px = None
    if layout.intrinsics in shapes:
        k = unbatched(npz_array(path, layout.intrinsics))
        if k.shape in ((3, 3), (1, 3, 3)):  # of one camera for all frames
            k = np.broadcast_to(k, (n, 3, 3))
        intrinsics_px = numbers(path, layout.intrinsics, k, (n, 3, 3))
    depth = _without_batch(shapes.get(layout.depth, ()))
    image_hw = (depth[1], depth[2]) if len(depth) >= 3 and depth[0] == n and min(depth[1:3]) > 0 else None
    return make(
        path,
        layout.name,
        poses,
        image_hw=image_hw,
        intrinsics_px=intrinsics_px,
        scene_depth=median_depths(path, layout.depth, frames=n) if image_hw else None,
        scale=layout.scale,
        conventions={
            "pose": layout.pose,
            "matrix": f"{rows}x4",
            "axes": "blender, renamed to opencv" if layout.blender else "opencv",
        },
    )


def _require_agreement(path: Path, stored: Float[np.ndarray, "n 4 4"]) -> None:
    """CamProbe says everything twice: R and t must be those of T."""
    shapes = npz_shapes(path)
    known = ~np.isnan(stored[:, 0, 0])
    parts = (("R", stored[:, :3, :3]), ("t", stored[:, :3, 3]))
    for name, expected in parts:
        if name in shapes:
            value = numbers(path, name, npz_array(path, name), expected.shape)
            if not np.allclose(value[known], expected[known], rtol=1e-4, atol=1e-4):
                raise ReadError(path, f"its arrays {name} and T contradict each other", remedy="write it again")


def _to_opencv(layout: _Layout, stored: Float[np.ndarray, "n 4 4"]) -> Float[np.ndarray, "n 4 4"]:
    if layout.pose == "cam_from_world":
        return inverse(stored)
    return _BLENDER_FROM_OPENCV.T @ opengl_from_opencv(stored) if layout.blender else stored


def _encode(layout: _Layout, trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, layout.name)
    poses = trajectory.world_from_cam
    if layout.pose == "cam_from_world":
        poses = inverse(poses)
    elif layout.blender:
        poses = opengl_from_opencv(_BLENDER_FROM_OPENCV @ poses)
    arrays = {layout.poses: np.ascontiguousarray(poses[:, : layout.rows])}
    if layout.name == "camprobe":
        arrays |= {"R": np.ascontiguousarray(poses[:, :3, :3]), "t": np.ascontiguousarray(poses[:, :3, 3])}
    if layout.intrinsics and trajectory.intrinsics_px is not None:
        arrays[layout.intrinsics] = trajectory.intrinsics_px
    return {path: npz_bytes(arrays)}


def _sniff(layout: _Layout, probe: Probe) -> Match | None:
    shape = _without_batch(probe.arrays.get(layout.poses, ())) if probe.kind == "npz" else ()
    if shape[1:] not in ((3, 4), (4, 4)):
        return None
    names = set(probe.arrays)
    evidence = f"an array {layout.poses} {shape}"
    if {layout.intrinsics, layout.depth} <= names:
        found = direction_by_depth(probe.path, poses=layout.poses, intrinsics=layout.intrinsics, depth=layout.depth)
        if found not in (None, layout.pose):
            words = "camera-to-world" if found == "world_from_cam" else "world-to-camera"
            return Match(evidence=f"{evidence}, but its depths say {words}", sure=False)
    if layout.name == "camprobe":
        return Match(evidence=evidence, sure=True) if {"R", "t"} <= names else None
    if layout.poses == "extrinsics":
        return _sniff_extrinsics(layout, probe, shape, evidence)
    if layout.poses == "camera_poses":  # one meaning under three names: the company says which
        mine = next((one for one in _LAYOUTS if names & set(one.company) and one.poses == "camera_poses"), None)
        if layout.name != (mine.name if mine is not None else "pi3"):
            return None
    return Match(evidence=evidence, sure=True)


def _sniff_extrinsics(layout: _Layout, probe: Probe, shape: tuple[int, ...], evidence: str) -> Match | None:
    """DA3 or VerseCrafter: 3x4 is DA3's, VerseCrafter's has nothing beside it and a name of its own."""
    if layout.alone:
        if shape[1:] != (4, 4) or len(probe.arrays) > 1:
            return None
        named = probe.path.name == layout.target
        return Match(evidence=f"{evidence} alone" + (f" in {layout.target}" if named else ""), sure=named)
    company = sorted(set(layout.company) & set(probe.arrays))
    return Match(evidence=evidence + (f" beside {company[0]}" if company else ""), sure=shape[1:] == (3, 4))


FORMAT = tuple(
    Format(
        name=layout.name,
        summary=layout.summary,
        target=layout.target,
        read=partial(_read, layout),
        encode=partial(_encode, layout),
        sniff=partial(_sniff, layout),
        keeps=frozenset({"intrinsics", "zoom"}) if layout.intrinsics else frozenset(),
        metric=layout.scale == "metric",
    )
    for layout in _LAYOUTS
)
