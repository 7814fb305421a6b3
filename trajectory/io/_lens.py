"""Intrinsics and distortion of transforms.json: for the document or per frame, as focal lengths or as angles of view.

Source: instant-ngp `docs/nerf_dataset_tips.md` and `src/nerf_loader.cu` (camera_angle_x, the centre by default in the
middle), nerfstudio `nerfstudio_dataparser.py` (camera_model, k1 to k4 per frame or for all).
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from trajectory.errors import ReadError
from trajectory.io import _json
from trajectory.io._build import k_from

DISTORTION = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
"""OpenCV's order."""
_LIKE_INTRINSICS = re.compile(r"fov|focal|intrinsic|^K$")
"""Keys of other tools that speak of the lens in ways that nothing documents."""
_PINHOLES = ("", "PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "SIMPLE_RADIAL", "RADIAL", "FULL_OPENCV", "PERSPECTIVE")


def image_hw(path: Path, document: Mapping[str, Any], frames: Sequence[dict[str, Any]]) -> tuple[int, int] | None:
    """The one size of all images, or None where it is not said."""
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


def intrinsics(
    path: Path, document: Mapping[str, Any], frames: Sequence[dict[str, Any]], hw: tuple[int, int] | None
) -> tuple[Float[np.ndarray, "n 3 3"] | None, tuple[str, ...]]:
    """K of each frame, and what could not be used; None where any frame has none.

    fl_y may be left out where pixels are square, cx and cy where they are the middle of the image. An angle of view
    gives f = 0.5 size / tan(angle / 2).
    """
    rows: list[list[float]] = []
    notes: dict[str, None] = {}
    for i, frame in enumerate(frames):
        known = {
            key: _json.as_number(path, f"frames[{i}] {key}", value)
            for key in ("fl_x", "fl_y", "cx", "cy", "camera_angle_x", "camera_angle_y")
            if (value := frame.get(key, document.get(key))) is not None
        }
        row, note = _pinhole(path, known, hw)
        notes |= dict.fromkeys(note)
        if row is not None:
            rows.append(row)
    if len(rows) == len(frames):
        return k_from(np.array(rows)), tuple(notes)
    unknown = sorted({key for part in (document, *frames[:1]) for key in part if _LIKE_INTRINSICS.search(key)})
    if unknown and not notes:
        notes[f"{', '.join(unknown)}: not used; say fl_x, fl_y, cx, cy, w and h in pixels"] = None
    return None, tuple(notes)


def _pinhole(
    path: Path, known: Mapping[str, float], hw: tuple[int, int] | None
) -> tuple[list[float] | None, list[str]]:
    """fx fy cx cy of what a frame says, and what of it was not used or filled in."""
    angles = {key: known[key] for key in ("camera_angle_x", "camera_angle_y") if key in known}
    wrong = next((key for key, angle in angles.items() if not 0 < angle < np.pi), None)
    if wrong is not None:
        raise ReadError(path, f"{wrong} is {angles[wrong]:g}, expected radians between 0 and π", remedy="repair it")
    if not known:
        return None, []
    if hw is None and not {"cx", "cy"} <= known.keys():
        return None, [f"{', '.join(sorted(known))}: not used, for want of the image size; add w and h"]
    height, width = hw or (0, 0)
    focal = {axis: known[f"fl_{axis}"] for axis in "xy" if f"fl_{axis}" in known}
    seen = {
        axis: 0.5 * size / np.tan(known[f"camera_angle_{axis}"] / 2)
        for axis, size in (("x", width), ("y", height))
        if f"camera_angle_{axis}" in known and size
    }
    notes = [
        f"fl_{axis} {focal[axis]:g} and camera_angle_{axis} (that is {seen[axis]:g} pixels) disagree: fl_{axis} is used"
        for axis in "xy"
        if axis in focal and axis in seen and abs(seen[axis] / focal[axis] - 1) > 0.02
    ]
    merged = {**seen, **focal}
    if not merged:
        return None, [f"{', '.join(sorted(known))}: not used, for want of a focal length or the image size"]
    fx, fy = merged.get("x", merged.get("y", 0.0)), merged.get("y", merged.get("x", 0.0))
    if not {"cx", "cy"} <= known.keys():
        notes.append("the principal point is taken as the middle of the image")
    return [fx, fy, known.get("cx", width / 2), known.get("cy", height / 2)], notes


def distortion(
    path: Path, document: Mapping[str, Any], frames: Sequence[dict[str, Any]]
) -> tuple[Float[np.ndarray, " k"] | None, str]:
    """OpenCV's coefficients, and in words what a trajectory has no place for: other lenses, or several."""
    found = {_coefficients(path, {**document, **frame}) for frame in frames}
    if len(found) > 1:
        return None, f"{len(found)} lenses in one path"
    model, values = found.pop()
    given = f"{model} {' '.join(f'{value:g}' for value in values)}".strip()
    if model.upper() not in _PINHOLES:
        return None, given
    if not any(values):
        return None, ""
    used = 4 if not any(values[4:]) else 5 if not any(values[5:]) else 8
    return np.array(values[:used]), ""


def _coefficients(path: Path, camera: Mapping[str, Any]) -> tuple[str, tuple[float, ...]]:
    model = str(camera.get("camera_model") or ("OPENCV_FISHEYE" if camera.get("is_fisheye") is True else ""))[:40]
    fisheye = model.upper() not in _PINHOLES
    names = ("k1", "k2", "k3", "k4") if fisheye else DISTORTION
    return model, tuple(_json.as_number(path, key, camera.get(key) or 0.0) for key in names)
