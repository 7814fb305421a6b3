"""USD text (`.usda`): a Camera prim with a matrix, a focal length and a film gate for each frame, and the points.

Matrices act on row vectors, so that they are the transposes of ours; y is up and the camera looks along -z. Focal
length, aperture and offsets are in tenths of the unit of the scene, which `metersPerUnit` calls a metre. With the film
gate from offset - aperture / 2 to offset + aperture / 2, y up,

    fx = focalLength w / horizontalAperture, cx = w / 2 - w horizontalApertureOffset / horizontalAperture
    fy = focalLength h / verticalAperture, cy = h / 2 + h verticalApertureOffset / verticalAperture

Source: OpenUSD, UsdGeomCamera (units of measure), `pxr/base/gf/camera.cpp` (GetFrustum).
"""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from trajectory.frames import to_axes
from trajectory.io import _film
from trajectory.io._build import pinhole, size_of, some_valid
from trajectory.io._format import Format, Match, Probe
from trajectory.io._scene import NOTHING, Cloud, Scene
from trajectory.io._text import spell
from trajectory.model import Trajectory

_WIDTH = _film.SENSOR_MM / 100
"""The film gate in tenths of a metre."""
_UP = np.diag([1.0, -1, -1])
"""USD's axes from OpenCV's."""


def _encode(trajectory: Trajectory, scene: Scene, path: Path) -> Mapping[Path, bytes]:
    trajectory = _film.sized(trajectory)
    keep = some_valid(trajectory, "usd")
    frame = _film.frames(trajectory)
    head = [
        "#usda 1.0",
        "(",
        '    defaultPrim = "cinetraj"',
        f"    startTimeCode = {frame[0]}",
        f"    endTimeCode = {frame[-1]}",
        f"    timeCodesPerSecond = {spell(_film.rate(trajectory))}",
        f"    framesPerSecond = {spell(_film.rate(trajectory))}",
        "    metersPerUnit = 1",
        '    upAxis = "Y"',
        ")",
        "",
        'def Xform "cinetraj"',
        "{",
    ]
    body = [*_camera(trajectory, keep, frame[keep].tolist()), *([] if scene.cloud is None else _points(scene.cloud))]
    return {path: "\n".join([*head, *(f"    {line}" for line in body), "}", ""]).encode()}


def _camera(trajectory: Trajectory, keep: np.ndarray, frame: list[int]) -> list[str]:
    fx, fy, cx, cy = pinhole(trajectory, "usd")[keep].T
    height, width = size_of(trajectory, "usd")
    focal = fx * _WIDTH / width
    gate = focal * height / fy
    matrices = to_axes(trajectory.world_from_cam[keep], "opengl").transpose(0, 2, 1)
    numbers = {
        "focalLength": focal,
        "horizontalAperture": np.full(len(keep), _WIDTH),
        "verticalAperture": gate,
        "horizontalApertureOffset": _WIDTH * (0.5 - cx / width),
        "verticalApertureOffset": gate * (cy / height - 0.5),
    }
    lines = ['def Camera "camera"', "{", '    token projection = "perspective"']
    for name, values in numbers.items():
        lines += _samples(f"float {name}", frame, map(spell, values.tolist()))
    rows = (f"( {', '.join(_vector(row) for row in matrix)} )" for matrix in matrices.tolist())
    lines += _samples("matrix4d xformOp:transform", frame, rows)
    return [*lines, '    uniform token[] xformOpOrder = ["xformOp:transform"]', "}"]


def _samples(attribute: str, frame: list[int], values: Iterable[str]) -> list[str]:
    rows = [f"        {number}: {value}," for number, value in zip(frame, values, strict=True)]
    return [f"    {attribute}.timeSamples = {{", *rows, "    }"]


def _points(cloud: Cloud) -> list[str]:
    place: Float[np.ndarray, "m 3"] = cloud.in_world @ _UP.T
    return [
        'def Points "points"',
        "{",
        f"    point3f[] points = [{', '.join(map(_vector, place.tolist()))}]",
        f"    color3f[] primvars:displayColor = [{', '.join(map(_vector, (cloud.colour / 255).tolist()))}] (",
        '        interpolation = "vertex"',
        "    )",
        "}",
    ]


def _vector(values: list[float]) -> str:
    return f"({', '.join(map(spell, values))})"


def _sniff(probe: Probe) -> Match | None:
    mine = probe.kind == "text" and any(line.startswith("usda ") for line in probe.comments[:1])
    return Match(evidence="the first line #usda", sure=True) if mine else None


FORMAT = Format(
    name="usd",
    summary="USD text: camera with transform, focal length and film gate per frame, points; y up (written only)",
    target="camera.usda",
    encode=lambda trajectory, path: _encode(trajectory, NOTHING, path),
    encode_scene=_encode,
    sniff=_sniff,
    keeps=frozenset({"intrinsics", "zoom", "image_hw", "time"}),
    assumed_fps=_film.ASSUMED_FPS,
    lacks=partial(_film.absences, shift=False, shape=False),
)
