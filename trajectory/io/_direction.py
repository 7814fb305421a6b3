"""Camera-to-world or world-to-camera? Depth maps tell, where the camera moves through a scene with relief.

VGGT and its kin also keep the encoding that the matrices were computed from, which is world-to-camera.
Points of one frame are laid into another by both readings of the poses; the right one finds the depths that the other
frame has (Furukawa and Hernández 2015, Multi-View Stereo, section 3.3: depth consistency). A camera that only turns or
slides along a wall changes no depth: then nothing is decided.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from trajectory.io._arrays import npz_array, npz_frames, npz_shapes, unbatched
from trajectory.io._poses import inverse, rigid

Direction = Literal["world_from_cam", "cam_from_world"]

_FRAMES = 8
_FRAMES_READ = 240
"""Depth maps are read up to this frame: enough motion, and seconds at most for an archive of gigabytes."""
_GRID = 48
_TIMES_BETTER = 3.0
"""The other reading must be this many times farther off: depths of networks err alike under both."""
_LEAST = 0.01
"""And by at least one per cent of the depth; below, the motion explains nothing."""
_WORST = 0.1
"""A reading that misses by more than a tenth of the depth is no evidence, however bad the other is."""


def direction_by_encoding(path: Path, *, poses: str) -> Direction | None:
    """By `pose_enc` (n 9), whose first three numbers are the translation of world-to-camera (VGGT `pose_enc.py`)."""
    shapes = npz_shapes(path)
    if not {poses, "pose_enc"} <= set(shapes):
        return None
    matrix, encoded = unbatched(npz_array(path, poses)), npz_array(path, "pose_enc")
    encoded = encoded[0] if encoded.ndim == 3 and encoded.shape[0] == 1 else encoded
    n = matrix.shape[0] if matrix.ndim else 0
    fits = n > 0 and matrix.shape[1:] in ((3, 4), (4, 4)) and encoded.shape == (n, 9)
    if not fits or matrix.dtype.kind not in "iuf" or encoded.dtype.kind not in "iuf":
        return None
    known = np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(encoded).all(axis=1)
    if not known.any():
        return None
    matrix, encoded = matrix[known], encoded[known]
    stored = rigid(matrix[:, :3, :3].astype(np.float64), matrix[:, :3, 3].astype(np.float64))
    with np.errstate(all="ignore"):
        misses = [float(np.abs(each[:, :3, 3] - encoded[:, :3]).max()) for each in (inverse(stored), stored)]
    camera_to_world, world_to_camera = misses
    size = float(np.abs(encoded[:, :3]).max())
    if not max(misses) > _LEAST * size or not min(misses) < _LEAST * max(misses):
        return None
    return "world_from_cam" if camera_to_world < world_to_camera else "cam_from_world"


def direction_by_depth(path: Path, *, poses: str, intrinsics: str, depth: str) -> Direction | None:
    """Which direction the poses of an npz file have, by the names of its arrays; None where depths do not tell."""
    shapes = npz_shapes(path)
    if not {poses, intrinsics, depth} <= set(shapes):
        return None
    matrix, k = (unbatched(npz_array(path, name)) for name in (poses, intrinsics))
    n = matrix.shape[0] if matrix.ndim else 0
    size = shapes[depth]
    fits = matrix.shape[1:] in ((3, 4), (4, 4)) and k.shape == (n, 3, 3) and n > 1
    fits = fits and matrix.dtype.kind in "iuf" and k.dtype.kind in "iuf"
    if not fits or len(size) < 3 or size[0] != n or 0 in size:
        return None
    known = np.flatnonzero(np.isfinite(matrix[:_FRAMES_READ]).all(axis=(1, 2)))  # lost frames are NaN
    if not len(known):
        return None
    wanted = known[np.unique(np.linspace(0, len(known) - 1, _FRAMES).astype(int))].tolist()
    depths = npz_frames(path, depth, wanted).reshape(len(wanted), size[1], size[2], -1)[..., 0].astype(np.float64)
    stored = rigid(matrix[wanted, :3, :3].astype(np.float64), matrix[wanted, :3, 3].astype(np.float64))
    return direction(stored, k[wanted].astype(np.float64), depths)


def direction(
    stored: Float[np.ndarray, "n 4 4"], k: Float[np.ndarray, "n 3 3"], depths: Float[np.ndarray, "n h w"]
) -> Direction | None:
    """Which reading of the poses lays the depths of one frame upon those of another."""
    with np.errstate(all="ignore"):  # numbers of damaged files overflow; what is not finite is left out
        if not (np.isfinite(stored).all() and np.isfinite(k).all() and (np.abs(np.linalg.det(k)) > 1e-9).all()):
            return None
        camera_to_world, world_to_camera = (_misses(poses, k, depths) for poses in (stored, inverse(stored)))
    if camera_to_world is None or world_to_camera is None:
        return None
    less, more = sorted((camera_to_world, world_to_camera))
    if less > _WORST or more < _LEAST or more < _TIMES_BETTER * less:
        return None
    return "world_from_cam" if camera_to_world < world_to_camera else "cam_from_world"


def _misses(
    world_from_cam: Float[np.ndarray, "n 4 4"], k: Float[np.ndarray, "n 3 3"], depths: Float[np.ndarray, "n h w"]
) -> float | None:
    """Median relative error of depths carried from the first frame to each other one; None without overlap."""
    h, w = depths.shape[1:]
    y, x = (axis.ravel() for axis in np.mgrid[0 : h : max(h // _GRID, 1), 0 : w : max(w // _GRID, 1)])
    z = depths[0, y, x]
    seen = np.isfinite(z) & (z > 0)
    rays = np.asarray(np.linalg.inv(k[0]) @ np.stack([x, y, np.ones_like(x)]), dtype=np.float64)
    in_world = np.asarray(world_from_cam[0, :3, :3] @ (rays * z)[:, seen] + world_from_cam[0, :3, 3:])
    errors: list[float] = []
    for pose, camera, depth in zip(world_from_cam[1:], k[1:], depths[1:], strict=True):
        in_cam = np.asarray(pose[:3, :3].T @ (in_world - pose[:3, 3:]), dtype=np.float64)
        u, v = np.rint((camera @ in_cam)[:2] / in_cam[2])
        inside = np.asarray((in_cam[2] > 0) & (u >= 0) & (u < w) & (v >= 0) & (v < h), dtype=bool)
        found = depth[v[inside].astype(int), u[inside].astype(int)]
        error = np.abs(np.log(in_cam[2, inside] / found))
        error = error[np.isfinite(error)]
        # a reading that throws the points out of the picture is off as well: they count as a miss of 100 per cent
        out = np.ones(max(int(seen.sum()) - len(error), 0)) if inside.sum() < seen.sum() / 4 else np.zeros(0)
        if len(error) + len(out):
            errors.append(float(np.median(np.concatenate([error, out]))))
    return float(np.median(errors)) if errors else None
