"""LingBot-World folder: poses.npy (n 4 4) camera-to-world in OpenCV axes, intrinsics.npy (n 4) fx fy cx cy in pixels.

action.npy beside them is the generator's and is not read. An (n 4 4) array alone says neither its direction nor its
tool. Source: LingBot-World README and `cam_utils.py` (compute_relative_poses of camera-to-world matrices).
"""

from collections.abc import Mapping
from pathlib import Path

from trajectory.errors import ReadError
from trajectory.io._arrays import npy_array, npy_bytes, npy_shape, numbers
from trajectory.io._build import k_from, make, pinhole, require_dense
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, with_holes
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    file = path / "poses.npy" if path.is_dir() else path
    poses = with_holes(Rows(path=file), numbers(file, "", npy_array(file), (None, 4, 4)))
    beside = file.parent / "intrinsics.npy"
    k = None
    if beside.is_file():
        values = numbers(beside, "", npy_array(beside), (None, 4))
        if len(values) != len(poses):
            raise ReadError(beside, f"holds {len(values)} cameras for {len(poses)} poses", remedy="copy it again")
        k = k_from(values)
    conventions = {"pose": "world_from_cam", "matrix": "4x4", "axes": "opencv"}
    return make(path, "lingbot-world", poses, intrinsics_px=k, conventions=conventions)


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    require_dense(trajectory, "lingbot-world")
    file = path if path.suffix == ".npy" else path / "poses.npy"
    cameras = npy_bytes(pinhole(trajectory, "lingbot-world"))  # the generator reads both files
    return {file.parent / "intrinsics.npy": cameras, file: npy_bytes(trajectory.world_from_cam)}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "folder" and "poses.npy" in probe.names:
        file, names = probe.path / "poses.npy", probe.names
    elif probe.kind == "npy":
        file, names = probe.path, frozenset(entry.name for entry in probe.path.parent.iterdir())
    else:
        return None
    if npy_shape(file)[1:] != (4, 4):
        return None
    cameras = npy_shape(file.parent / "intrinsics.npy") if "intrinsics.npy" in names else ()
    if file.name == "poses.npy" and cameras[1:] == (4,):
        return Match(evidence="(n, 4, 4) poses beside intrinsics.npy (n, 4)", sure=True)
    evidence = "(n, 4, 4) matrices, but not whether camera-to-world; if world-to-camera, save them inverted"
    return Match(evidence=evidence, sure=False)


FORMAT = Format(
    name="lingbot-world",
    summary="LingBot-World folder: poses.npy (n 4 4) camera-to-world, intrinsics.npy fx fy cx cy",
    target="lingbot_world/",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom"}),
)
