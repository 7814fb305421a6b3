"""nerfstudio and instant-ngp `transforms.json`: camera-to-world in OpenGL axes (y up, z back)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from trajectory.io._format import Format, Match, Probe
from trajectory.io._probe import split_part
from trajectory.io._transforms import cameras_in, encode_transforms, read_transforms
from trajectory.model import Trajectory


def _file(path: Path) -> Path:
    folder, part = split_part(path)
    if not folder.is_dir():
        return path
    return folder / ("transforms.json" + (f"#{part}" if part else ""))


def _read(path: Path) -> Trajectory:
    return read_transforms(_file(path), "nerfstudio")


def _cameras_in(path: Path) -> tuple[str, ...]:
    return cameras_in(_file(path))


def _encode(trajectory: Trajectory, path: Path) -> Mapping[Path, bytes]:
    return encode_transforms(
        trajectory, path, "nerfstudio", lambda number: {"file_path": f"images/frame_{number:06d}.png"}
    )


def first_frame(probe: Probe) -> dict[str, Any] | None:
    """The first entry of `frames` that carries a transform_matrix, or None."""
    frames = probe.entries.get("frames")
    if not isinstance(frames, list) or not frames:
        return None
    first = cast("list[Any]", frames)[0]
    return cast("dict[str, Any]", first) if isinstance(first, dict) and "transform_matrix" in first else None


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "folder" and "transforms.json" in probe.names and "trajectory.npz" not in probe.names:
        return Match(evidence="transforms.json in the folder", sure=True)
    first = first_frame(probe)
    if first is None or "monst3r_im_id" in first:
        return None
    return Match(evidence="frames with transform_matrix", sure=True)


FORMAT = Format(
    name="nerfstudio",
    summary="nerfstudio transforms.json: camera-to-world in OpenGL axes, intrinsics, frame numbers in the image names",
    target="transforms.json",
    read=_read,
    encode=_encode,
    sniff=_sniff,
    keeps=frozenset({"gaps", "intrinsics", "zoom", "image_hw", "distortion"}),
    cameras=_cameras_in,
)
