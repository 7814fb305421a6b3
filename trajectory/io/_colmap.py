"""COLMAP sparse models, text and binary, as far as poses need them: cameras, images, points.

Layout: COLMAP `src/colmap/scene/reconstruction_io_{text,binary}.cc`. Version 4 adds rigs, of which the cameras are
needed, and frames, which are not: the poses of images are those of the cameras there too.
The principal point keeps COLMAP's count of pixels (the first pixel's centre is at 0.5).
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from trajectory.errors import ReadError
from trajectory.io._lens import DISTORTION
from trajectory.io._text import decode, number, read_bytes, split

MODELS: tuple[tuple[str, str], ...] = (
    ("SIMPLE_PINHOLE", "f cx cy"),
    ("PINHOLE", "fx fy cx cy"),
    ("SIMPLE_RADIAL", "f cx cy k1"),
    ("RADIAL", "f cx cy k1 k2"),
    ("OPENCV", "fx fy cx cy k1 k2 p1 p2"),
    ("OPENCV_FISHEYE", "fx fy cx cy - - - -"),
    ("FULL_OPENCV", "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6"),
    ("FOV", "fx fy cx cy -"),
    ("SIMPLE_RADIAL_FISHEYE", "f cx cy -"),
    ("RADIAL_FISHEYE", "f cx cy - -"),
    ("THIN_PRISM_FISHEYE", "fx fy cx cy - - - - - - - -"),
    ("RAD_TAN_THIN_PRISM_FISHEYE", "fx fy cx cy - - - - - - - - - - - -"),
    ("SIMPLE_DIVISION", "f cx cy -"),
    ("DIVISION", "fx fy cx cy -"),
    ("SIMPLE_FISHEYE", "f cx cy"),
    ("FISHEYE", "fx fy cx cy"),
    ("EUCM", "fx fy cx cy - -"),
)
"""Models by their number, with their parameters; "-" is a distortion that OpenCV's coefficients cannot express."""
_NUMBER = re.compile(r"#\s*Number of images:\s*(\d{1,9})\b")
_REMEDY = "write or copy the model again"


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Camera:
    """A lens.

    Attributes:
        pinhole_px: fx fy cx cy.
        distortion: OpenCV's coefficients, None where the model has others.
        lens: such a model in words, with its parameters; "" for the others.
    """

    model: str
    height: int
    width: int
    pinhole_px: tuple[float, float, float, float]
    distortion: tuple[float, ...] | None
    lens: str = ""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Image:
    """quat_wxyz and translation of cam_from_world. line: in images.txt.

    points, xy_px: ids of the points it sees, and where.
    """

    name: str
    camera: int
    quat_wxyz: tuple[float, ...]
    translation: tuple[float, ...]
    points: Int[np.ndarray, " m"]
    xy_px: Float[np.ndarray, "m 2"]
    tokens: tuple[str, ...] | None = None
    line: int | None = None


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """Positions in the world and colours (sRGB) by id, ids ascending."""

    ids: Int[np.ndarray, " p"]
    in_world: Float[np.ndarray, "p 3"]
    colour: UInt8[np.ndarray, "p 3"]

    def rows(self, ids: Int[np.ndarray, " m"]) -> tuple[Int[np.ndarray, " m"], Bool[np.ndarray, " m"]]:
        """Row of each id, and whether there is one."""
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return place, self.ids[place] == ids


def _camera(path: Path, model: int | str, size: tuple[int, int], params: list[float], line: int | None) -> Camera:
    names = dict(MODELS)
    name = model if isinstance(model, str) else (MODELS[model][0] if 0 <= model < len(MODELS) else str(model))
    if name not in names:
        raise ReadError(
            path, f"camera model {name[:40]} is not known", line=line, remedy="undistort the images in COLMAP first"
        )
    keys = names[name].split()
    if len(params) != len(keys):
        raise ReadError(path, f"{name} has {len(params)} parameters, expected {len(keys)}", line=line, remedy=_REMEDY)
    if not np.isfinite(params).all() or min(size) <= 0:
        raise ReadError(path, "a camera has a value that is not finite or no size", line=line, remedy=_REMEDY)
    given = dict(zip(keys, params, strict=True))
    fx, fy = given.get("fx", given.get("f", 0.0)), given.get("fy", given.get("f", 0.0))
    other_lens = "-" in keys or name.endswith("FISHEYE")
    distortion = None if other_lens else tuple(given[key] for key in DISTORTION if key in given)
    if distortion is not None and name in ("SIMPLE_RADIAL", "RADIAL"):
        distortion = (*distortion, 0.0, 0.0, 0.0)[:4]
    return Camera(
        model=name,
        width=size[0],
        height=size[1],
        pinhole_px=(fx, fy, given["cx"], given["cy"]),
        distortion=distortion,
        lens=" ".join([name, *(f"{value:g}" for value in params[keys.index("cy") + 1 :])]) if other_lens else "",
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    yield from enumerate((line.rstrip("\r") for line in decode(path, read_bytes(path)).split("\n")), start=1)


def _floats(path: Path, line: int, tokens: tuple[str, ...]) -> list[float]:
    values = [number(token) for token in tokens]
    numbers = [value for value in values if value is not None]
    if len(numbers) != len(values):
        raise ReadError(path, "holds a word where a number belongs", line=line, remedy=_REMEDY)
    return numbers


def _whole(path: Path, line: int, token: str) -> int:
    if not token.lstrip("-").isascii() or not token.lstrip("-").isdigit() or len(token) > 19:
        raise ReadError(path, f"{token[:40]!r} is no whole number", line=line, remedy=_REMEDY)
    return int(token)


def cameras_text(path: Path) -> dict[int, Camera]:
    """cameras.txt: "id MODEL width height params"."""
    cameras: dict[int, Camera] = {}
    for line, text in _lines(path):
        tokens = split(text)
        if not tokens or tokens[0].startswith("#"):
            continue
        if len(tokens) < 5:
            raise ReadError(
                path, f"has {len(tokens)} columns, expected id MODEL width height params", line=line, remedy=_REMEDY
            )
        size = (_whole(path, line, tokens[2]), _whole(path, line, tokens[3]))
        cameras[_whole(path, line, tokens[0])] = _camera(path, tokens[1], size, _floats(path, line, tokens[4:]), line)
    return cameras


def images_text(path: Path) -> tuple[list[Image], int, int]:
    """images.txt: "id qw qx qy qz tx ty tz camera name" and a line of "x y point" for each; how many lack the second,
    and how many there are by the comments at its top (0 where they do not say).

    Scripts drop the second lines, most of which are empty in models without points. A line that follows one image and
    begins another is no line of points, whose values come in threes.
    """
    images: list[Image] = []
    lacking = told = 0
    lines = list(_lines(path))
    at = 0
    while at < len(lines):
        line, text = lines[at]
        at += 1
        if not text.strip() or text.lstrip().startswith("#"):
            said = _NUMBER.search(text)
            told = int(said[1]) if said else told
            continue
        image = _image(path, line, text)
        seen_line, seen_text = lines[at] if at < len(lines) else (line + 1, "")
        if _begins_image(seen_text) or at == len(lines):
            lacking += 1
            seen_text = ""
        else:
            at += 1
        tokens = split(seen_text)
        x, y, third = (_floats(path, seen_line, tokens[column::3]) for column in range(3))
        seen = [row for row in zip(x, y, third, strict=False) if 0 <= row[2] < 2**53]
        points = np.array([int(row[2]) for row in seen], dtype=np.int64)
        xy_px = np.array([row[:2] for row in seen], dtype=np.float64).reshape(-1, 2)
        images.append(replace(image, points=points, xy_px=xy_px))
    return images, lacking, told


def _begins_image(text: str) -> bool:
    tokens = text.split()
    if len(tokens) < 10 or any(number(token) is None for token in tokens[:9]):
        return False
    return number(tokens[9]) is None or len(tokens) % 3 != 0


def _image(path: Path, line: int, text: str) -> Image:
    tokens = text.split(None, 9)
    if len(tokens) != 10:
        raise ReadError(
            path,
            f"has {len(tokens)} columns, expected id qw qx qy qz tx ty tz camera name",
            line=line,
            remedy="each image takes two lines, the second of which may be empty",
        )
    values = _floats(path, line, tuple(tokens[1:8]))
    return Image(
        name=tokens[9].strip(),
        camera=_whole(path, line, tokens[8]),
        quat_wxyz=tuple(values[:4]),
        translation=tuple(values[4:]),
        points=np.zeros(0, dtype=np.int64),
        xy_px=np.zeros((0, 2)),
        tokens=tuple(tokens[1:5]),
        line=line,
    )


def points_text(path: Path) -> Points:
    """points3D.txt: "id x y z r g b error track"."""
    ids: list[int] = []
    positions: list[list[float]] = []
    colours: list[list[float]] = []
    for line, text in _lines(path):
        tokens = split(text)
        if not tokens or tokens[0].startswith("#"):
            continue
        if len(tokens) < 8:
            raise ReadError(path, f"has {len(tokens)} columns, expected at least 8", line=line, remedy=_REMEDY)
        ids.append(_whole(path, line, tokens[0]))
        positions.append(_floats(path, line, tokens[1:4]))
        colours.append(_floats(path, line, tokens[4:7]))
    return _points(ids, positions, np.nan_to_num(np.array(colours, dtype=np.float64)))


def _points(ids: list[int], positions: list[list[float]], colours: np.ndarray) -> Points:
    keys = np.array(ids, dtype=np.int64)
    order = np.argsort(keys)
    return Points(
        ids=keys[order],
        in_world=np.array(positions, dtype=np.float64).reshape(-1, 3)[order],
        colour=colours.reshape(-1, 3).clip(0, 255).astype(np.uint8)[order],
    )


class _Cursor:
    """Reads little-endian values from bytes; an early end is a ReadError."""

    def __init__(self, path: Path) -> None:
        self.path, self.data, self.at = path, read_bytes(path), 0

    def need(self, size: int) -> int:
        if size > len(self.data) - self.at:
            raise ReadError(self.path, f"ends too early (at byte {len(self.data)})", remedy=_REMEDY)
        start, self.at = self.at, self.at + size
        return start

    def doubles(self, count: int) -> tuple[float, ...]:
        return struct.unpack_from(f"<{count}d", self.data, self.need(8 * count))

    def whole(self, layout: str) -> int:
        return int(struct.unpack_from(layout, self.data, self.need(struct.calcsize(layout)))[0])

    def word(self) -> str:
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise ReadError(self.path, "ends within a name", remedy=_REMEDY)
        raw, self.at = self.data[self.at : end], end + 1
        return raw.decode("utf-8", errors="replace")


def cameras_binary(path: Path) -> dict[int, Camera]:
    """cameras.bin."""
    cursor = _Cursor(path)
    cameras: dict[int, Camera] = {}
    for _ in range(cursor.whole("<Q")):
        key, model = cursor.whole("<I"), cursor.whole("<i")
        size = (cursor.whole("<Q"), cursor.whole("<Q"))
        count = len(MODELS[model][1].split()) if 0 <= model < len(MODELS) else 0
        cameras[key] = _camera(path, model, size, list(cursor.doubles(count)), None)
    return cameras


def images_binary(path: Path) -> list[Image]:
    """images.bin."""
    cursor = _Cursor(path)
    images: list[Image] = []
    for _ in range(cursor.whole("<Q")):
        cursor.whole("<I")
        pose = cursor.doubles(7)
        camera, name = cursor.whole("<I"), cursor.word()
        count = cursor.whole("<Q")
        start = cursor.need(24 * count)
        seen = np.frombuffer(cursor.data, dtype="<i8", count=3 * count, offset=start)[2::3]
        place = np.frombuffer(cursor.data, dtype="<f8", count=3 * count, offset=start).reshape(-1, 3)[:, :2]
        images.append(
            Image(
                name=name,
                camera=camera,
                quat_wxyz=pose[:4],
                translation=pose[4:],
                points=seen[seen >= 0].astype(np.int64),
                xy_px=place[seen >= 0].astype(np.float64),
            )
        )
    return images


def sensors_text(path: Path) -> list[frozenset[int]]:
    """rigs.txt of COLMAP 4: the cameras of each rig, from "id count type id (type id has_pose pose)..."."""
    rigs: list[frozenset[int]] = []
    for line, text in _lines(path):
        tokens = split(text)
        if tokens and not tokens[0].startswith("#"):
            places = [i + 1 for i, token in enumerate(tokens[:-1]) if token == "CAMERA"]
            rigs.append(frozenset(_whole(path, line, tokens[place]) for place in places))
    return rigs


def sensors_binary(path: Path) -> list[frozenset[int]]:
    """rigs.bin: as rigs.txt; a sensor is its type (0 a camera) and id, all but the first with a pose that may lack."""
    cursor = _Cursor(path)
    rigs: list[frozenset[int]] = []
    for _ in range(cursor.whole("<Q")):
        cursor.whole("<I")
        cameras: set[int] = set()
        for place in range(cursor.whole("<I")):
            kind, key = cursor.whole("<i"), cursor.whole("<I")
            cameras |= {key} if kind == 0 else set()
            if place and cursor.whole("<B"):
                cursor.doubles(7)
        rigs.append(frozenset(cameras))
    return rigs


def points_binary(path: Path) -> Points:
    """points3D.bin."""
    cursor = _Cursor(path)
    ids: list[int] = []
    positions: list[list[float]] = []
    colours: list[list[int]] = []
    for _ in range(cursor.whole("<Q")):
        key = cursor.whole("<Q")
        if key >= 2**63:
            raise ReadError(path, "holds an impossible point id", remedy=_REMEDY)
        ids.append(key)
        positions.append(list(cursor.doubles(3)))
        start = cursor.need(11)  # a byte each of red, green and blue, then the error
        colours.append(list(cursor.data[start : start + 3]))
        cursor.need(8 * cursor.whole("<Q"))
    return _points(ids, positions, np.array(colours))
