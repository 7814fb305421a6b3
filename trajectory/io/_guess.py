"""What a file that no format recognises looks like, and what makes it readable."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from trajectory.io._columns import columns_of
from trajectory.io._format import Probe
from trajectory.io._text import number

_OTHERWISE = "or say --format NAME, one of those that `cinetraj convert --help` lists"
_HEADER = "name the columns in a first line, as '# timestamp tx ty tz qx qy qz qw'"
ROW_BY_ROW = "3x4 matrices, row by row"
FOUR_BY_FOUR = "4x4 matrices, row by row"
_LOOSE = 2e-2
"""Deviation of products of rows from those of a rotation, few printed digits allowed for."""


def guess(probe: Probe) -> tuple[str, str]:
    """What is seen, and a remedy."""
    known = _stranger(probe)
    if known is not None:
        return known
    if probe.kind == "text" and probe.rows:
        return _text(probe)
    if probe.kind in ("npz", "npy"):
        return _arrays(probe)
    if probe.kind == "json":
        return _json(probe)
    if probe.kind == "folder":
        names = sorted(probe.names)
        listed = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        return f"a folder with {listed}", f"name the file in it that holds the poses, {_OTHERWISE}"
    return "text without numbers", f"name the file that holds the poses, {_OTHERWISE}"


def _stranger(probe: Probe) -> tuple[str, str] | None:
    """A text that stands for another file: what a download leaves where the file itself was wanted."""
    head = probe.comments[0].lower() if probe.comments else ""
    if head.startswith("version https://git-lfs"):
        return "a Git LFS pointer, not the file itself", "fetch the file with git lfs pull"
    if head.startswith(("<!doctype html", "<html")):
        return "an HTML page", "download the file itself, not the page that shows it (its raw version)"
    return None


def _text(probe: Probe) -> tuple[str, str]:
    """Rows by how many columns they have, and what those could be."""
    count = probe.columns
    header = columns_of(probe.comments, count) if count else None
    if header is not None and header.doubt:
        return f"text with {count} columns, of whose header {header.doubt}", f"mend the header; {_HEADER}"
    rows = np.array(
        [[value if (value := number(token)) is not None else np.nan for token in row] for row in probe.rows]
    )
    if not count or not np.isfinite(rows).all():
        seen = f"{count} columns" if count else "varying numbers of columns"
        seen = f"text with {seen}, some no numbers" if np.isfinite(rows).any() else "text without numbers"
        return seen, f"name the file that holds the poses, {_OTHERWISE}"
    seen = f"text with {count} columns"
    for before in (0, 1):
        found = matrices(rows[:, before:])
        if found:
            lead = "a number and " if before else ""
            first = before + 1
            remedy = {
                FOUR_BY_FOUR: f"keep the first 12 numbers of each (cut -d' ' -f{first}-{first + 11})"
                " and say --format kitti if they are camera-to-world; invert them if not",
                ROW_BY_ROW: "say --format kitti if they are camera-to-world; invert them if not",
            }.get(found, "write 3x4 camera-to-world matrices row by row and say --format kitti")
            return f"{seen}, {lead}{found}", remedy
    quat = _quaternion(rows)
    if quat is not None and count >= 8:
        return f"{seen}, a unit quaternion in columns {quat + 1} to {quat + 4}", f"{_HEADER} in their order"
    if quat is not None:
        return f"{seen}, a unit quaternion in columns {quat + 1} to {quat + 4} and no time", (
            f"put the frame number before each row and {_HEADER} in their order, with frame for timestamp"
        )
    if count == 4 and _stacked(rows):
        return f"{seen}, 4x4 matrices below each other", (
            f"np.savetxt('poses.txt', np.loadtxt({probe.path.name!r}).reshape(-1, 16)) puts each into one line; say "
            "--format kitti if they are camera-to-world, invert them if not"
        )
    if count in (3, 4):
        return (
            f"{seen}, positions without orientation",
            f"a camera path needs the orientation of every pose too, {_OTHERWISE}",
        )
    if count in (6, 7):
        return f"{seen}, perhaps a position and three angles", (
            f"convert the angles to quaternions in the order that their tool documents, and {_HEADER}"
        )
    return seen, f"{_HEADER}, {_OTHERWISE}"


def matrices(rows: Float[np.ndarray, "n c"]) -> str:
    """Which layout of matrices the rows are in, "" for none."""
    count = rows.shape[1]
    flat = rows.reshape(len(rows), -1)
    if count == 16:
        square = flat.reshape(-1, 4, 4)
        if _rigid(square[:, :3, :3]) and (square[:, 3] == (0, 0, 0, 1)).all():
            return FOUR_BY_FOUR
        if _rigid(square[:, :3, :3]) and (square[:, :, 3] == (0, 0, 0, 1)).all():
            return "4x4 matrices, column by column"
    if count == 12:
        if _rigid(flat.reshape(-1, 3, 4)[:, :, :3]):
            return ROW_BY_ROW
        if _rigid(flat.reshape(-1, 4, 3)[:, :3]):
            return "3x4 matrices column by column, or a rotation and then a position"
        if _rigid(flat[:, 3:].reshape(-1, 3, 3)):
            return "a position and then a rotation matrix"
    return ""


def _rigid(matrix: np.ndarray) -> bool:
    with np.errstate(all="ignore"):
        return bool((np.abs(matrix @ matrix.transpose(0, 2, 1) - np.eye(3)) <= _LOOSE).all())


def _stacked(rows: Float[np.ndarray, "n 4"]) -> bool:
    """Whether every four rows are one matrix of a rigid motion."""
    square = rows[: len(rows) // 4 * 4].reshape(-1, 4, 4)
    return len(square) > 0 and _rigid(square[:, :3, :3]) and bool((square[:, 3] == (0, 0, 0, 1)).all())


def _quaternion(rows: np.ndarray) -> int | None:
    """The first of four columns that are a unit quaternion in every row."""
    with np.errstate(all="ignore"):
        for first in range(rows.shape[1] - 3):
            part = rows[:, first : first + 4]
            if (np.abs((part**2).sum(axis=1) - 1) <= _LOOSE).all() and not (np.ptp(part, axis=0) == 0).all():
                return first
    return None


def _arrays(probe: Probe) -> tuple[str, str]:
    arrays = ", ".join(f"{name or 'array'} {shape}" for name, shape in list(probe.arrays.items())[:6])
    seen = f"{probe.kind} with {arrays or 'no arrays of plain numbers'}"
    for name, shape in probe.arrays.items():
        given = f"z[{name!r}]" if probe.kind == "npz" else "z"
        whole = f"z = np.load({probe.path.name!r}); "
        if len(shape) == 3 and shape[1:] == (4, 4):
            return seen, (
                f"where {name or 'they'} are camera-to-world matrices in OpenCV axes, {whole}"
                f"np.savez('poses.npz', cam_c2w={given}); where world-to-camera, cam_c2w=np.linalg.inv({given})"
            )
        if len(shape) == 3 and shape[1:] == (3, 4):
            return seen, (
                f"where {name or 'they'} are world-to-camera matrices in OpenCV axes, {whole}"
                f"np.savez('poses.npz', extrinsic={given}) and say --format vggt; where camera-to-world,"
                f" np.savetxt('poses.txt', {given}.reshape(-1, 12)) and say --format kitti"
            )
        if len(shape) == 2 and shape[1] in (12, 16):
            keep = "" if shape[1] == 12 else "[:, :12]"
            return seen, (
                f"where {name or 'the rows'} are camera-to-world matrices row by row, {whole}"
                f"np.savetxt('poses.txt', {given}{keep}) and say --format kitti"
            )
        if len(shape) == 2 and shape[1] in (7, 8):
            return seen, f"{whole}np.savetxt('poses.txt', {given}), and in it {_HEADER} in their order"
    return seen, f"save the poses as np.savez('poses.npz', cam_c2w=...), camera-to-world (n, 4, 4), {_OTHERWISE}"


def _json(probe: Probe) -> tuple[str, str]:
    if probe.path.name == "cameras.json":
        return "a cameras.json, but not that of Gaussian Splatting; lingbot-map's, too, has no documented layout", (
            "give lingbot-map's npz and say --format lingbot-map, or save the poses as np.savez('poses.npz', "
            "cam_c2w=...), camera-to-world (n, 4, 4)"
        )
    for where, shape in _numeric(probe.document, "", 0):
        if shape[-2:] in ((4, 4), (3, 4)) or shape[-1] in (12, 16):
            sides = " x ".join(map(str, shape))
            return f"JSON with numbers {sides} under {where or 'the document'}", (
                "write a list of 12 numbers a frame, world-to-camera matrices 3x4 row by row, and say --format "
                f"motionctrl, {_OTHERWISE}"
            )
    keys = ", ".join(list(probe.entries)[:6])
    return (
        f"JSON of another layout{f', with {keys}' if keys else ''}",
        f"name the file that holds the poses, {_OTHERWISE}",
    )


def _numeric(value: Any, where: str, depth: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Nested lists of numbers with their shapes, and where they are."""
    if depth > 4:
        return
    if isinstance(value, dict):
        for key, inner in list(cast("dict[str, Any]", value).items())[:50]:
            yield from _numeric(inner, f"{where}.{key}".lstrip("."), depth + 1)
    elif isinstance(value, list):
        shape = _shape(cast("list[Any]", value))
        if len(shape) >= 2:
            yield where, shape
        elif value and isinstance(value[0], dict):
            yield from _numeric(value[0], f"{where}[0]", depth + 1)


def _shape(value: list[Any]) -> tuple[int, ...]:
    """Shape of a nested list by its first items; () where they are no numbers."""
    shape: list[int] = []
    inner: Any = value
    while isinstance(inner, list) and inner and len(shape) < 4:
        shape.append(len(cast("list[Any]", inner)))
        inner = cast("list[Any]", inner)[0]
    return tuple(shape) if isinstance(inner, (int, float)) else ()
