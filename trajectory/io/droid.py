"""DROID-SLAM and MegaSaM `reconstructions/NAME/poses.npy`: (n 7) x y z qx qy qz qw, world-to-camera.

With intrinsics.npy (n 4), images.npy, disps.npy and tstamps.npy beside it where they were saved. DROID-SLAM keeps the
intrinsics at an eighth of the size of the images, MegaSaM at their size: the images tell which, by where the centre
lies. Source: mega-sam `test_demo.py`, DROID-SLAM `demo.py` (save_reconstruction).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError
from trajectory.io._arrays import median_depths, npy_array, npy_bytes, npy_shape, numbers
from trajectory.io._build import (
    gap_fields,
    k_from,
    make,
    numbered_frames,
    numbered_grid,
    pinhole,
    require_dense,
    require_increasing,
    scatter,
)
from trajectory.io._eight import other_order
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, inverse, poses_from_quat, quat_from_rotations, with_holes
from trajectory.model import Trajectory


def read_poses(path: Path) -> tuple[Path, Float[np.ndarray, "n 4 4"]]:
    """The poses file and its poses, camera-to-world."""
    file = path / "poses.npy" if path.is_dir() else path
    values = numbers(file, "", npy_array(file), (None, 7))
    poses = with_holes(Rows(path=file), values, lambda rows, v: poses_from_quat(rows, v[:, [6, 3, 4, 5]], v[:, :3]))
    return file, inverse(poses)


def _image_hw(folder: Path, poses: int) -> tuple[int, int] | None:
    """Size of images.npy, stored as (n 3 h w) or (n h w 3)."""
    file = folder / "images.npy"
    shape = npy_shape(file) if file.is_file() else ()
    if len(shape) != 4 or shape[0] != poses or min(shape) <= 0:
        return None
    return (shape[2], shape[3]) if shape[1] == 3 else (shape[1], shape[2])


def _intrinsics(folder: Path, poses: int, image_hw: tuple[int, int] | None) -> tuple[Float[np.ndarray, "n 3 3"], str]:
    file = folder / "intrinsics.npy"
    values = numbers(file, "", npy_array(file), (None, 4))
    if len(values) != poses:
        raise ReadError(file, f"holds {len(values)} cameras for {poses} poses", remedy="copy the folder again")
    eighth = image_hw is not None and bool(np.median(values[:, 2]) < image_hw[1] / 4)
    return k_from(values * 8 if eighth else values), "times 8" if eighth else "as stored"


def _time(folder: Path, poses: int) -> tuple[Float[np.ndarray, " m"], np.ndarray]:
    """Frame numbers and the place of each pose among them; between keyframes nothing is missing."""
    file = folder / "tstamps.npy"
    if not file.is_file():
        return np.arange(poses, dtype=np.float64), np.arange(poses)
    stamps = numbers(file, "", npy_array(file), (poses,))
    require_increasing(Rows(path=file), stamps)
    if (stamps != np.round(stamps)).any() or np.abs(stamps).max() > 2**53:
        return stamps, np.arange(poses)
    return numbered_grid(file, stamps.astype(np.int64), keyframes=True)


def _read(path: Path) -> Trajectory:
    file, poses = read_poses(path)
    n, folder = len(poses), file.parent
    conventions = {"pose": "cam_from_world", "quaternion": "xyzw", "axes": "opencv"}
    image_hw = _image_hw(folder, n)
    intrinsics_px = None
    if (folder / "intrinsics.npy").is_file():
        intrinsics_px, conventions["intrinsics"] = _intrinsics(folder, n, image_hw)
    time_s, slot = _time(folder, n)
    count = len(time_s)
    valid, reason = gap_fields(slot, count, "no such frame in tstamps.npy")
    disps = next((folder / name for name in ("disps_up.npy", "disps.npy") if (folder / name).is_file()), None)
    depth = None if disps is None else median_depths(disps, None, frames=n, from_disparity=True)
    return make(
        path,
        "droid",
        scatter(poses, slot, count),
        time_s=time_s,
        valid=valid,
        reason=reason,
        image_hw=image_hw,
        intrinsics_px=None if intrinsics_px is None else scatter(intrinsics_px, slot, count),
        scene_depth=None if depth is None else scatter(depth, slot, count),
        conventions=conventions,
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "droid")
    file = path if path.suffix == ".npy" else path / "poses.npy"
    files: dict[Path, bytes] = {}
    if trajectory.intrinsics_px is not None:
        files[file.parent / "intrinsics.npy"] = npy_bytes(pinhole(trajectory, "droid"))
    index = trajectory.time_source == "index"
    stamps = trajectory.time_s if index else np.array(numbered_frames(trajectory), dtype=np.float64)
    files[file.parent / "tstamps.npy"] = npy_bytes(stamps)
    cam_from_world = inverse(trajectory.world_from_cam)
    quat_xyzw = quat_from_rotations(cam_from_world[:, :3, :3])[:, [1, 2, 3, 0]]
    files[file] = npy_bytes(np.column_stack([cam_from_world[:, :3, 3], quat_xyzw]))
    return files


def seven_columns(probe: Probe) -> frozenset[str] | None:
    """Names beside an (n, 7) poses.npy, or None where the probe shows no such file."""
    if probe.kind == "folder" and "poses.npy" in probe.names:
        shape, names = npy_shape(probe.path / "poses.npy"), probe.names
    elif probe.kind == "npy":
        shape = probe.arrays[""]
        names = frozenset(entry.name for entry in probe.path.parent.iterdir())
    else:
        return None
    return names if len(shape) == 2 and shape[1] == 7 else None


def _first(probe: Probe) -> list[float]:
    file = probe.path / "poses.npy" if probe.kind == "folder" else probe.path
    return npy_array(file)[:1].astype(np.float64).ravel().tolist() or [0.0] * 7


def _sniff(probe: Probe) -> Match | None:
    names = seven_columns(probe)
    if names is None:
        return None
    if other_order(_first(probe)[3:], "xyzw"):
        return Match(evidence="(n, 7) poses, the first near the identity as w first", sure=False)
    beside = sorted(names & {"disps.npy", "disps_up.npy", "tstamps.npy", "motion_prob.npy"})
    if beside and (probe.kind == "folder" or probe.path.name == "poses.npy"):
        return Match(evidence=f"(n, 7) poses beside {beside[0]}", sure=True)
    return Match(evidence="(n, 7) poses, but not whether world-to-camera", sure=False)


FORMAT = Format(
    name="droid",
    summary="DROID-SLAM / MegaSaM reconstructions folder or poses.npy: world-to-camera x y z qx qy qz qw",
    target="reconstruction/",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
)
