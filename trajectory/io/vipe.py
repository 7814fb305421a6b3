"""ViPE `pose/NAME.npz`: data (n 4 4) camera-to-world and inds; `intrinsics/NAME.npz`: data fx fy cx cy and inds.

Frames that are not in inds have no pose. Wide-angle cameras have five columns (MEI: fx fy cx cy k1), or a line
"INDEX: TYPE" that is no PINHOLE in `intrinsics/NAME_camera.txt`; no K describes them, so none is given, and the
provenance says so. Sources: ViPE `vipe/utils/io.py`, `vipe/utils/cameras.py`.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from trajectory.errors import CinetrajError, ReadError
from trajectory.io._arrays import npz_array, npz_bytes, npz_shapes, numbers
from trajectory.io._build import (
    gap_fields,
    k_from,
    make,
    numbered_frames,
    on_grid,
    pinhole,
    require_increasing,
    scatter,
    some_valid,
)
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, with_holes
from trajectory.io._text import decode, read_bytes
from trajectory.model import Trajectory


def _inds(path: Path, count: int) -> Int[np.ndarray, " n"]:
    inds = npz_array(path, "inds")
    if inds.shape != (count,) or inds.dtype.kind not in "iu":
        raise ReadError(
            path,
            f"array 'inds' is {inds.dtype} of shape {inds.shape}, expected {count} integers",
            remedy="copy it again",
        )
    frames = inds.astype(np.int64)
    if np.any(np.abs(frames) > 10**12):
        raise ReadError(path, "array 'inds' holds no frame numbers", remedy="copy it again")
    require_increasing(Rows(path=path), frames.astype(np.float64))
    return frames


def _lens(path: Path) -> str:
    """The types of the cameras that are no pinholes, "" where all are."""
    shape = npz_shapes(path).get("data", ())
    if shape[1:] == (5,):
        return "MEI"
    beside = path.with_name(f"{path.stem}_camera.txt")
    if not beside.is_file():
        return ""
    types = {line.partition(":")[2].strip() for line in decode(beside, read_bytes(beside)).splitlines() if line.strip()}
    return ", ".join(sorted(types - {"PINHOLE"}))


def _intrinsics(path: Path, frames: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n 3 3"]:
    data = numbers(path, "data", npz_array(path, "data"), (None, 4))
    known = {int(frame): row for frame, row in zip(_inds(path, len(data)), data, strict=True)}
    missing = [int(frame) for frame in frames if int(frame) not in known]
    if missing:
        raise ReadError(path, f"has no intrinsics for frame {missing[0]}", remedy="remove it, or copy it again")
    return k_from(np.array([known[int(frame)] for frame in frames]))


def _read(path: Path) -> Trajectory:
    if not {"data", "inds"} <= set(npz_shapes(path)):
        raise ReadError(path, "lacks the arrays data and inds", remedy="name the file in ViPE's folder pose/")
    matrix = numbers(path, "data", npz_array(path, "data"), (None, 4, 4))
    frames = _inds(path, len(matrix))
    poses = with_holes(Rows(path=path, labels=[f"frame {frame}" for frame in frames]), matrix)
    time_s, slot = on_grid(path, frames)
    valid, reason = gap_fields(slot, len(time_s), "not in inds")
    beside = path.parent.parent / "intrinsics" / path.name
    conventions = {"pose": "world_from_cam", "matrix": "4x4", "axes": "opencv"}
    k = None
    if path.parent.name == "pose" and beside.is_file():
        lens = _lens(beside)
        if lens:
            conventions["intrinsics"] = f"left out: the camera is {lens}, which no K describes"
        else:
            k = _intrinsics(beside, frames)
    return make(
        path,
        "vipe",
        scatter(poses, slot, len(time_s)),
        time_s=time_s,
        valid=valid,
        reason=reason,
        intrinsics_px=None if k is None else scatter(k, slot, len(time_s)),
        conventions=conventions,
    )


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    keep = some_valid(trajectory, "vipe")
    inds = np.array(numbered_frames(trajectory), dtype=np.int64)[keep]
    files: dict[Path, bytes] = {}
    if trajectory.intrinsics_px is not None:
        if path.parent.name != "pose":
            where = path.parent / "pose" / path.name
            raise CinetrajError(f"vipe keeps intrinsics beside a folder pose/, and {path} lies in none; write {where}")
        cameras = pinhole(trajectory, "vipe")[keep]
        files[path.parent.parent / "intrinsics" / path.name] = npz_bytes({"data": cameras, "inds": inds})
    files[path] = npz_bytes({"data": trajectory.world_from_cam[keep], "inds": inds})
    return files


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "npz" and "inds" in probe.arrays and probe.arrays.get("data", ())[1:] == (4, 4):
        return Match(evidence="arrays data (n, 4, 4) and inds", sure=True)
    return None


FORMAT = Format(
    name="vipe",
    summary="ViPE pose npz: data and inds, with intrinsics/NAME.npz beside the folder pose/",
    target="pose/NAME.npz",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"gaps", "intrinsics", "zoom"}),
)
