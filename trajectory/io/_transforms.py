"""transforms.json of nerfstudio and DataDoP: camera-to-world in OpenGL axes, intrinsics for all or per frame."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import _json, _lens
from trajectory.io._build import (
    gap_fields,
    make,
    noted,
    numbered_frames,
    pinhole,
    scatter,
    some_valid,
)
from trajectory.io._cameras import by_camera, chosen, numbers_by_name, ordered
from trajectory.io._claims import refuse_claims
from trajectory.io._poses import Rows, opengl_from_opencv, poses_from_matrices, printed
from trajectory.io._probe import split_part
from trajectory.model import Trajectory

_CONVENTION = re.compile("convention|coordinate|axes|axis|pose|direction", re.IGNORECASE)
"""Keys under which tools say in words what their poses mean."""
_K = ("fl_x", "fl_y", "cx", "cy")


def cameras_in(path: Path) -> tuple[str, ...]:
    """Names of the cameras in a document."""
    return tuple(_by_camera(_frames(path, _document(path))))


def read_transforms(path: Path, format_name: str) -> Trajectory:
    """Frames in the order of their image names, or of the file where names tell no order."""
    path, part = split_part(path)
    document = _document(path)
    everything = _frames(path, document)
    places = chosen(path, _by_camera(everything), part)
    frames = [everything[place] for place in places]
    matrix = np.array(
        [
            _json.as_matrix(path, f"frames[{i}].transform_matrix", frame.get("transform_matrix"), (3, 4), 4)[:3]
            for i, frame in zip(places, frames, strict=True)
        ]
    )
    for i, frame in zip(places, frames, strict=True):
        last = cast("list[Any]", frame["transform_matrix"])[3:]
        if last and _json.as_numbers(path, f"frames[{i}].transform_matrix[3]", last[0], 4) != [0, 0, 0, 1]:
            raise ReadError(
                path, f"frames[{i}].transform_matrix has another last row than 0 0 0 1", remedy="is it transposed?"
            )
    said = [f"{k} {v}" for k, v in document.items() if isinstance(v, str) and _CONVENTION.search(k)]
    refuse_claims(path, said, direction="camera-to-world", axes="OpenGL")
    labels = [f"frames[{i}]" for i in places]
    opengl = poses_from_matrices(Rows(path=path, labels=labels, tokens=printed(matrix)), matrix)
    order, time_s, slot = _order(path, frames)
    n = len(time_s)
    valid, reason = gap_fields(slot, n, "no such frame in the file")
    hw = _lens.image_hw(path, document, frames)
    k, notes = _lens.intrinsics(path, document, frames, hw)
    coefficients, lens = _lens.distortion(path, document, frames)
    conventions: dict[str, Any] = {"pose": "world_from_cam", "matrix": "4x4 row-major", "axes": "opengl"}
    conventions |= {**({"camera": part} if part else {}), **({"lens": lens} if lens else {}), **noted(*notes)}
    return make(
        path,
        format_name,
        scatter(opengl_from_opencv(opengl)[order], slot, n),
        time_s=time_s,
        valid=valid,
        reason=reason,
        image_hw=hw,
        intrinsics_px=None if k is None else scatter(k[order], slot, n),
        distortion=coefficients,
        conventions=conventions,
    )


def _document(path: Path) -> dict[str, Any]:
    path, _ = split_part(path)
    return _json.as_object(path, "the document", _json.load(path))


def _frames(path: Path, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        _json.as_object(path, f"frames[{i}]", frame)
        for i, frame in enumerate(_json.as_list(path, "frames", document.get("frames")))
    ]


def _by_camera(frames: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    names = [frame.get("file_path") for frame in frames]
    if any("monst3r_im_id" in frame for frame in frames) or not all(isinstance(name, str) for name in names):
        return {"": list(range(len(frames)))}
    return by_camera([str(name) for name in names])


def _order(path: Path, frames: list[dict[str, Any]]) -> tuple[list[int], Float[np.ndarray, " m"], np.ndarray]:
    """Frames by their numbers, the time axis, and their places on it, holes in the numbering left open."""
    if all("monst3r_im_id" in frame for frame in frames):
        numbers: list[int] | None = [
            int(_json.as_number(path, f"frames[{i}].monst3r_im_id", f["monst3r_im_id"])) for i, f in enumerate(frames)
        ]
        if len(set(numbers)) < len(numbers):
            raise ReadError(path, "monst3r_im_id repeats", remedy="keep one entry per frame")
    else:
        names = [frame.get("file_path") for frame in frames]
        stems = [PurePosixPath(name).name for name in names if isinstance(name, str)]
        if len(set(stems)) < len(stems) and len({n for n in names if isinstance(n, str)}) < len(stems):
            raise ReadError(path, "a file_path is listed twice", remedy="keep one entry per image")
        numbers = numbers_by_name(stems) if len(stems) == len(frames) else None
    return ordered(path, numbers, len(frames))


def _camera(pinhole_px: list[float]) -> dict[str, Any]:
    return dict(zip(_K, pinhole_px, strict=True))


def encode_transforms(
    trajectory: Trajectory, path: Path, format_name: str, name_frame: Callable[[int], dict[str, Any]]
) -> Mapping[Path, bytes]:
    """The document, with intrinsics per frame where they change. name_frame: what identifies a frame number."""
    keep = some_valid(trajectory, format_name)
    document: dict[str, Any] = {}
    cameras: list[list[float]] | None = None
    if trajectory.image_hw is not None:
        document["w"], document["h"] = trajectory.image_hw[1], trajectory.image_hw[0]
    if trajectory.intrinsics_px is not None:
        kept = pinhole(trajectory, format_name)[keep]
        if bool((kept == kept[0]).all()):
            document |= _camera(kept[0].tolist())
        else:
            cameras = kept.tolist()
    if trajectory.distortion is not None:
        coefficients: list[float] = trajectory.distortion.tolist()
        if len(coefficients) > 8 and any(coefficients[8:]):
            raise CinetrajError(
                f"{format_name} holds 8 distortion coefficients, this trajectory has {len(coefficients)}"
            )
        size, model = (8, "FULL_OPENCV") if any(coefficients[4:]) else (4, "OPENCV")
        named = zip(_lens.DISTORTION[:size], (coefficients + [0.0] * 8)[:size], strict=True)
        document |= dict(named) | {"camera_model": model}
    numbers = numbered_frames(trajectory)
    matrix = opengl_from_opencv(trajectory.world_from_cam[keep]).tolist()
    frames: list[dict[str, Any]] = []
    for i, row in enumerate(keep.tolist()):
        frame = name_frame(numbers[int(row)])
        if cameras is not None:
            frame |= _camera(cameras[i])
        frames.append(frame | {"transform_matrix": matrix[i]})
    document["frames"] = frames
    return {path: _json.dump(document)}
