"""transforms.json of nerfstudio and DataDoP: camera-to-world in OpenGL axes, intrinsics for all or per frame."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import _json
from trajectory.io._build import frame_numbers_in, k_from, make, numbered_frames, pinhole, some_valid
from trajectory.io._poses import Rows, opengl_from_opencv, poses_from_matrices
from trajectory.model import Trajectory

_K = ("fl_x", "fl_y", "cx", "cy")
_DISTORTION = ("k1", "k2", "p1", "p2")


def read_transforms(path: Path, format_name: str) -> Trajectory:
    """Frames in the order of their image names, or of the file where names tell no order."""
    document = _json.as_object(path, "the document", _json.load(path))
    frames = [
        _json.as_object(path, f"frames[{i}]", frame)
        for i, frame in enumerate(_json.as_list(path, "frames", document.get("frames")))
    ]
    matrix = np.array(
        [
            _json.as_matrix(path, f"frames[{i}].transform_matrix", frame.get("transform_matrix"), (3, 4), 4)[:3]
            for i, frame in enumerate(frames)
        ]
    )
    for i, frame in enumerate(frames):
        last = cast("list[Any]", frame["transform_matrix"])[3:]
        if last and _json.as_numbers(path, f"frames[{i}].transform_matrix[3]", last[0], 4) != [0, 0, 0, 1]:
            raise ReadError(
                path, f"frames[{i}].transform_matrix has another last row than 0 0 0 1", remedy="is it transposed?"
            )
    labels = [f"frames[{i}]" for i in range(len(frames))]
    tokens = [[repr(value) for value in row[:3, :3].ravel().tolist()] for row in matrix]
    opengl = poses_from_matrices(Rows(path=path, labels=labels, tokens=tokens), matrix)
    order, time_s = _order(path, frames)
    hw = _image_hw(path, document, frames)
    conventions: dict[str, Any] = {"pose": "world_from_cam", "matrix": "4x4 row-major", "axes": "opengl"}
    if "camera_angle_x" in document:
        conventions["camera_angle_x"] = _json.as_number(path, "camera_angle_x", document["camera_angle_x"])
    return make(
        path,
        format_name,
        opengl_from_opencv(opengl)[order],
        time_s=time_s,
        image_hw=hw,
        intrinsics_px=_intrinsics(path, document, frames, order),
        distortion=_distortion(path, document),
        conventions=conventions,
    )


def _order(path: Path, frames: list[dict[str, Any]]) -> tuple[list[int], Float[np.ndarray, " n"]]:
    if all("monst3r_im_id" in frame for frame in frames):
        numbers = [
            int(_json.as_number(path, f"frames[{i}].monst3r_im_id", f["monst3r_im_id"])) for i, f in enumerate(frames)
        ]
        if len(set(numbers)) < len(numbers):
            raise ReadError(path, "monst3r_im_id repeats", remedy="keep one entry per frame")
    else:
        names = [frame.get("file_path") for frame in frames]
        stems = [PurePosixPath(name).name for name in names if isinstance(name, str)]
        if len(set(stems)) < len(stems) and len({n for n in names if isinstance(n, str)}) < len(stems):
            raise ReadError(path, "a file_path is listed twice", remedy="keep one entry per image")
        found = frame_numbers_in([re.sub(r"\.\w+$", "", stem) for stem in stems]) if len(stems) == len(frames) else None
        if found is None:
            return list(range(len(frames))), np.arange(len(frames), dtype=np.float64)
        numbers = found
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    return order, np.array([numbers[i] for i in order], dtype=np.float64)


def _image_hw(path: Path, document: Mapping[str, Any], frames: list[dict[str, Any]]) -> tuple[int, int] | None:
    sizes = {
        (
            _json.as_number(path, "h", frame.get("h", document.get("h"))),
            _json.as_number(path, "w", frame.get("w", document.get("w"))),
        )
        for frame in frames
        if ("h" in frame or "h" in document) and ("w" in frame or "w" in document)
    }
    if len(sizes) > 1:
        raise ReadError(path, f"the frames have {len(sizes)} image sizes", remedy="split it into one file per size")
    if not sizes:
        return None
    height, width = sizes.pop()
    if not (1 <= height < 2**31 and 1 <= width < 2**31):
        raise ReadError(path, f"the image size is {width:g} x {height:g}", remedy="repair w and h")
    return int(height), int(width)


def _intrinsics(
    path: Path, document: Mapping[str, Any], frames: list[dict[str, Any]], order: list[int]
) -> Float[np.ndarray, "n 3 3"] | None:
    rows: list[list[float]] = []
    for i in order:
        # fl_y may be left out where pixels are square
        merged = {key: frames[i].get(key, document.get(key)) for key in _K}
        merged["fl_y"] = merged["fl_x"] if merged["fl_y"] is None else merged["fl_y"]
        if any(value is None for value in merged.values()):
            return None
        rows.append([_json.as_number(path, f"frames[{i}] {key}", merged[key]) for key in _K])
    return k_from(np.array(rows))


def _distortion(path: Path, document: Mapping[str, Any]) -> Float[np.ndarray, " k"] | None:
    if not any(key in document for key in _DISTORTION) or "FISHEYE" in str(document.get("camera_model", "")).upper():
        return None
    return np.array([_json.as_number(path, key, document.get(key, 0.0)) for key in _DISTORTION])


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
        if len(coefficients) > 4 and any(coefficients[4:]):
            raise CinetrajError(
                f"{format_name} holds 4 distortion coefficients, this trajectory has {len(coefficients)}"
            )
        document |= dict(zip(_DISTORTION, (coefficients + [0.0] * 4)[:4], strict=True)) | {"camera_model": "OPENCV"}
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
