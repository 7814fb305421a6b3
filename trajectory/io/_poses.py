"""Rotations and poses from files: everything that is no rigid motion is refused, with its place and a remedy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial.transform import Rotation

from trajectory.errors import ReadError
from trajectory.frames import AXES_FROM_OPENCV, inverse_poses
from trajectory.io._text import SPARE, Table, resolution

SLACK = 1e-4
"""Deviation from a rotation that single precision and ordinary printing explain; it is projected away."""
SLACK_MAX = 5e-3
"""Deviation that is refused however few digits were printed: a scale or a shear could hide in it."""
HALF_DIGIT = 2.0**-11
"""Size of the last digit of half precision between 0.5 and 1, where the largest numbers of a rotation lie."""

_OPENGL = np.array(AXES_FROM_OPENCV["opengl"], dtype=np.float64)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Where poses came from, for errors.

    Attributes:
        lines: line of each row in a text file. labels: name of each row in other files.
        tokens: the printed numbers of the rotation of each row, whose digits bound its rounding error.
    """

    path: Path
    lines: Sequence[int] | None = None
    labels: Sequence[str] | None = None
    tokens: Sequence[Sequence[str]] | None = None

    def where(self, row: int) -> str:
        """A row in words."""
        if self.lines is not None:
            return f"in line {self.lines[row]}"
        return self.labels[row] if self.labels is not None else f"pose {row}"

    def error(self, row: int, problem: str, remedy: str, kind: type[ReadError] = ReadError) -> ReadError:
        """An error of a kind that names the row."""
        if self.lines is not None:
            return kind(self.path, problem, line=self.lines[row], remedy=remedy)
        return kind(self.path, f"{self.where(row)}: {problem}", remedy=remedy)

    def only(self, kept: Int[np.ndarray, " k"]) -> "Rows":
        """Some of the rows."""
        places: list[int] = kept.tolist()
        return Rows(
            path=self.path,
            lines=None if self.lines is None else [self.lines[i] for i in places],
            labels=None if self.lines is not None else [self.where(i) for i in places],
            tokens=None if self.tokens is None else [self.tokens[i] for i in places],
        )

    def slack(self, row: int, per_digit: float, values: Float[np.ndarray, "..."]) -> float:
        """Deviation that the printed digits explain: rounding n numbers moves their norm by half a digit times √n.

        Args:
            values: the numbers. Those that nobody printed may be of half precision, whatever type holds them now.
        """
        if self.tokens is not None:
            return min(max(SLACK, per_digit * resolution(self.tokens[row])), SLACK_MAX)
        with np.errstate(over="ignore"):
            half = bool((values.astype(np.float16) == values).all())
        return per_digit * HALF_DIGIT if half else SLACK


def rotation_tokens(table: Table, start: int) -> list[list[str]]:
    """The printed numbers of the rotations of a table whose 3x4 or 4x4 matrices, row by row, begin at a column."""
    return [[row[start + i] for i in (0, 1, 2, 4, 5, 6, 8, 9, 10)] for row in table.tokens]


def printed(matrix: Float[np.ndarray, "n r c"]) -> list[list[str]]:
    """The same of matrices from JSON, as Python prints them."""
    return [[repr(value) for value in row[:3, :3].ravel().tolist()] for row in matrix]


def require_finite(rows: Rows, values: Float[np.ndarray, "n c"]) -> None:
    """Refuse NaN and infinity."""
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        value = values[row][~np.isfinite(values[row])][0]
        raise rows.error(
            row,
            f"has a value that is not finite ({value})",
            "leave out frames that have no pose, or repair the file",
        )


def finite_rows(rows: Rows, values: Float[np.ndarray, "n c"]) -> tuple[Int[np.ndarray, " k"], tuple[str, ...]]:
    """The rows without NaN and infinity, and a note on the few others, which are frames without a pose.

    More than SPARE of them are refused.
    """
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad) > SPARE * len(values):
        require_finite(rows, values)
    note = f"{len(bad)} rows hold no finite pose, the first {rows.where(int(bad[0]))}" if len(bad) else ""
    return np.setdiff1d(np.arange(len(values)), bad), (note,) if note else ()


def sound_quat(rows: Rows, quat_wxyz: Float[np.ndarray, "n 4"]) -> Bool[np.ndarray, " n"]:
    """Which quaternions are finite and of unit length but for their printed digits."""
    with np.errstate(over="ignore", invalid="ignore"):
        norm = np.sqrt((quat_wxyz**2).sum(axis=1))
        sound = np.abs(norm - 1) <= SLACK
        for row in np.flatnonzero(~sound & (np.abs(norm - 1) <= SLACK_MAX)).tolist():
            sound[row] = abs(norm[row] - 1) <= rows.slack(row, 1.05, quat_wxyz[row])
    return sound


def rotations_from_quat(rows: Rows, quat_wxyz: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 3 3"]:
    """Rotation matrices; quaternions that are not of unit length beyond their printed digits are refused."""
    require_finite(rows, quat_wxyz)
    with np.errstate(over="ignore"):
        norm = np.sqrt((quat_wxyz**2).sum(axis=1))
    for row in np.flatnonzero(~sound_quat(rows, quat_wxyz))[:1].tolist():
        raise rows.error(
            row,
            f"the quaternion has length {norm[row]:.6g}, expected 1",
            "check the column order, or name the format with --format",
        )
    return Rotation.from_quat(quat_wxyz / norm[:, None], scalar_first=True).as_matrix().reshape(-1, 3, 3)


def checked_rotations(rows: Rows, matrix: Float[np.ndarray, "n 3 3"]) -> Float[np.ndarray, "n 3 3"]:
    """Rotation matrices without their rounding error (nearest rotation, by SVD); anything else is refused."""
    require_finite(rows, matrix.reshape(-1, 9))
    with np.errstate(all="ignore"):
        deviation = np.abs(matrix.transpose(0, 2, 1) @ matrix - np.eye(3)).max(axis=(1, 2))
        handed = np.linalg.det(matrix)
    rough = ~(deviation <= SLACK)
    for row in np.flatnonzero((handed < 0) | rough).tolist():
        allowed = rows.slack(row, 2.1, matrix[row])
        if handed[row] < 0 and deviation[row] <= SLACK_MAX:
            raise rows.error(
                row,
                "is a reflection (determinant -1), not a rotation",
                "one axis of its source is mirrored: negate it, or name the format with --format",
            )
        if not deviation[row] <= allowed:
            raise rows.error(
                row,
                f"is no rotation: its columns deviate from orthonormal by {deviation[row]:.3g}, allowed {allowed:.3g}",
                "divide a hidden scale out, or name the format with --format",
            )
    exact = matrix.copy()
    repair = deviation > 1e-12
    if repair.any():
        left, _, right = np.linalg.svd(matrix[repair])
        exact[repair] = left @ right
    return exact


def require_last_row(rows: Rows, matrix: Float[np.ndarray, "n 4 4"]) -> None:
    """Refuse 4x4 matrices whose last row is not 0 0 0 1."""
    bad = ~(np.abs(matrix[:, 3] - np.array([0.0, 0.0, 0.0, 1.0])) <= 1e-6).all(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        last = " ".join(f"{v:.4g}" for v in matrix[row, 3])
        raise rows.error(row, f"has the last row {last}, expected 0 0 0 1", "the matrix may be transposed")


def rigid(rotation: Float[np.ndarray, "n 3 3"], translation: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 4 4"]:
    """4x4 transforms."""
    out = np.tile(np.eye(4), (len(rotation), 1, 1))
    out[:, :3, :3] = rotation
    out[:, :3, 3] = translation
    return out


def inverse(a_from_b: Float[np.ndarray, "n 4 4"]) -> Float[np.ndarray, "n 4 4"]:
    """b_from_a of rigid transforms; positions too large for that become infinite, which the constructor refuses."""
    with np.errstate(all="ignore"):
        return inverse_poses(a_from_b)


def poses_from_matrices(rows: Rows, matrix: Float[np.ndarray, "n r 4"]) -> Float[np.ndarray, "n 4 4"]:
    """Rigid transforms from 3x4 or 4x4 matrices."""
    require_finite(rows, matrix.reshape(len(matrix), -1))
    if matrix.shape[1] == 4:
        require_last_row(rows, matrix)
    return rigid(checked_rotations(rows, matrix[:, :3, :3]), matrix[:, :3, 3])


def with_holes(
    rows: Rows,
    values: Float[np.ndarray, "n ..."],
    build: Callable[[Rows, np.ndarray], Float[np.ndarray, "k 4 4"]] = poses_from_matrices,
) -> Float[np.ndarray, "n 4 4"]:
    """Poses by `build` from arrays that mark lost frames by NaN or infinity: those are NaN, frames without a pose."""
    known = np.flatnonzero(np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    if not len(known):
        raise ReadError(rows.path, "no pose is finite", remedy="the estimator found none; leave the clip out")
    out = np.full((len(values), 4, 4), np.nan)
    out[known] = build(rows.only(known), values[known])
    return out


def poses_from_quat(
    rows: Rows, quat_wxyz: Float[np.ndarray, "n 4"], translation: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "n 4 4"]:
    """Rigid transforms from quaternions and translations."""
    require_finite(rows, translation)
    return rigid(rotations_from_quat(rows, quat_wxyz), translation)


def quat_from_rotations(rotation: Float[np.ndarray, "n 3 3"]) -> Float[np.ndarray, "n 4"]:
    """Quaternions wxyz that do not flip sign from row to row; the first has w >= 0."""
    quat = Rotation.from_matrix(rotation).as_quat(canonical=True, scalar_first=True).reshape(-1, 4)
    flips = np.where((quat[1:] * quat[:-1]).sum(axis=1) < 0, -1.0, 1.0)
    quat[1:] *= np.cumprod(flips)[:, None]
    return quat


def opengl_from_opencv(world_from_cam: Float[np.ndarray, "n 4 4"]) -> Float[np.ndarray, "n 4 4"]:
    """Turn camera axes from OpenCV (y down, z forward) to OpenGL (y up, z back) or back; the world stays."""
    out = world_from_cam.copy()
    out[:, :3, :3] = world_from_cam[:, :3, :3] @ _OPENGL
    return out
