"""nerfstudio and instant-ngp `transforms.json`: camera-to-world in OpenGL axes (y up, z back)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from trajectory.io._format import Format, Match, Probe
from trajectory.io._transforms import encode_transforms, read_transforms
from trajectory.model import Trajectory


def _read(path: Path) -> Trajectory:
    return read_transforms(path / "transforms.json" if path.is_dir() else path, "nerfstudio")


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
    keeps=frozenset({"intrinsics", "zoom", "image_hw", "distortion"}),
)
