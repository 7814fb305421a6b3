# pyright: basic
# (numpy's cumprod)
"""CineTechBench's camera score as published, bug for bug.

From `eval/eval_ct.py` of PRIS-CV/CineTechBench at 86ac87a. It reads the rows `t x y z q q q q` of MonST3R with
quaternions in the order xyzw and as world-to-camera, though they are wxyz and camera-to-world. The two mistakes cancel
in RotErr and not in TransErr and CamMC, so the numbers are reproduced only by making both. All in double precision.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from trajectory.errors import CinetrajError, ReadError
from trajectory.files import decoded
from trajectory.frames import anchor_to_first
from trajectory.model import Trajectory
from trajectory.resample import quat_wxyz_from_rotation

METRICS = ("RotErr", "TransErr", "CamMC")
LAID_OUT = "laid out as MonST3R writes it: wxyz, camera-to-world, time = frame index, first camera = identity"


def read_rows(path: Path) -> Float[np.ndarray, "n 8"]:
    """The numbers of an 8-column text file, uninterpreted."""
    rows: list[list[float]] = []
    try:
        lines = decoded(path.read_bytes()).splitlines()
    except UnicodeDecodeError as error:
        raise ReadError(path, "is no text file", remedy="expected 8 columns of numbers as in pred_traj.txt") from error
    for number, line in enumerate(lines, start=1):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            row = [float(word) for word in words]
        except ValueError:
            raise ReadError(
                path, f"has {line[:40]!r}, expected numbers", remedy="remove the line", line=number
            ) from None
        if len(row) != 8:
            raise ReadError(
                path, f"has {len(row)} columns, expected 8", remedy="convert it with `cinetraj convert`", line=number
            )
        if not np.isfinite(row).all():
            raise ReadError(
                path, "has a value that is not finite", remedy="remove the frame or estimate again", line=number
            )
        if not any(row[4:]):
            raise ReadError(path, "has a quaternion of zeros", remedy="remove the frame or estimate again", line=number)
        rows.append(row)
    if not rows:
        raise ReadError(path, "has no rows", remedy="expected 8 columns of numbers as in pred_traj.txt")
    return np.array(rows, dtype=np.float64)


def rows_like_monst3r(trajectory: Trajectory) -> Float[np.ndarray, "n 8"]:
    """A trajectory as MonST3R would write it: `index x y z qw qx qy qz`, camera-to-world, first camera the identity.

    Frames that are not valid have no row, as MonST3R has none; the others are numbered as in the time axis.
    """
    if not trajectory.valid.any():
        raise CinetrajError("no frame has a pose")
    anchored = anchor_to_first(trajectory)
    index = np.flatnonzero(anchored.valid)
    quat = quat_wxyz_from_rotation(np.array(anchored.rotations[index]))
    signs: np.ndarray = np.cumprod(np.sign(np.einsum("ni,ni->n", quat[1:], quat[:-1])))
    quat[1:] *= np.where(signs < 0, -1.0, 1.0)[:, None]
    return np.column_stack([index.astype(float), anchored.positions[index], quat])


def interpolate_rows(rows: Float[np.ndarray, "n k"], count: int) -> Float[np.ndarray, "m k"]:
    """torch's `interpolate(mode="linear", align_corners=True)` along the rows."""
    n = len(rows)
    step = (n - 1) / (count - 1) if count > 1 else 0.0
    position = step * np.arange(count)
    left = position.astype(np.int64)
    right = left + (left < n - 1)
    weight = (position - left)[:, None]
    return (1.0 - weight) * rows[left] + weight * rows[right]


def downsample(rows: Float[np.ndarray, "n 8"], count: int) -> Float[np.ndarray, "m 8"]:
    """All 8 columns interpolated, quaternion signs as they are, then the quaternions normalised."""
    rows = interpolate_rows(rows, count)
    rows[:, 4:] /= np.linalg.norm(rows[:, 4:], axis=1, keepdims=True)
    return rows


def misread_rotations(quat: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 3 3"]:
    """Rotations of quaternions taken in the order xyzw, whatever they are."""
    x, y, z, w = (quat / np.linalg.norm(quat, axis=1, keepdims=True)).T
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def relative_poses(rows: Float[np.ndarray, "n 8"]) -> Float[np.ndarray, "n 3 4"]:
    """Rows taken as world-to-camera, inverted, and made relative to the first from the left."""
    matrix = np.tile(np.eye(4), (len(rows), 1, 1))
    matrix[:, :3, :3] = misread_rotations(rows[:, 4:])
    matrix[:, :3, 3] = rows[:, 1:4]
    matrix = np.linalg.inv(matrix)
    relative = np.linalg.inv(matrix[:1]) @ matrix
    relative[0] = np.eye(4)
    return relative[:, :3]


def evaluate(
    reference: Float[np.ndarray, "n 8"],
    generated: Float[np.ndarray, "m 8"],
    *,
    time: Literal["truncate", "downsample"] = "truncate",
    scale: Literal["relative", "absolute"] = "relative",
) -> dict[str, Float[np.ndarray, " k"]]:
    """Errors per frame (radians; units of the extent); the published value of each is their sum.

    relative: each path divided by its own largest distance from its first camera; absolute: both by the reference's.
    """
    count = min(len(reference), len(generated))
    if time == "downsample":
        reference = downsample(reference, count) if len(reference) > count else reference
        generated = downsample(generated, count) if len(generated) > count else generated
    a, b = relative_poses(reference[:count]), relative_poses(generated[:count])
    product = np.einsum("nij,nij->n", a[:, :, :3], b[:, :, :3])  # the trace of the transpose of one times the other
    extent = np.linalg.norm(a[:, :, 3], axis=1).max() + 1e-9
    own = extent if scale == "absolute" else np.linalg.norm(b[:, :, 3], axis=1).max() + 1e-9
    a[:, :, 3] /= extent
    b[:, :, 3] /= own
    return {
        "RotErr": np.arccos(np.clip((product - 1) / 2, -1, 1)),
        "TransErr": np.linalg.norm(b[:, :, 3] - a[:, :, 3], axis=1),
        "CamMC": np.linalg.norm((b - a).reshape(count, 12), axis=1),
    }
