"""From checked poses to a Trajectory, and from a Trajectory to what a format can hold."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from trajectory.errors import CinetrajError, ReadError
from trajectory.io._poses import Rows
from trajectory.model import Provenance, TimeSource, Trajectory

GRID_MAX = 1_000_000
"""More frames than this are not believed when gaps in frame numbers are filled."""
NOT_FINITE = "no finite pose in the file"
"""Why a frame has none that its tool marked by NaN or infinity."""
GRID_PER_ROW = 20
"""Holes are filled up to this many frames for each that is there; beyond it the numbers are no frame numbers."""


def require_increasing(rows: Rows, time: Float[np.ndarray, " n"]) -> None:
    """Refuse repeated or unsorted time stamps."""
    bad = np.flatnonzero(~(np.diff(time) > 0))
    if len(bad):
        row = int(bad[0]) + 1
        word = "repeats" if time[row] == time[row - 1] else "lies before"
        raise rows.error(
            row,
            f"time {time[row]:.17g} {word} that of the row above ({time[row - 1]:.17g})",
            "sort the rows by time, each once",
        )


def make(
    path: Path,
    format_name: str,
    world_from_cam: Float[np.ndarray, "n 4 4"],
    *,
    time_s: Float[np.ndarray, " n"] | None = None,
    time_source: TimeSource = "index",
    valid: Bool[np.ndarray, " n"] | None = None,
    reason: tuple[str, ...] | None = None,
    conventions: Mapping[str, Any],
    **fields: Any,
) -> Trajectory:
    """A Trajectory with its provenance; what the constructor refuses becomes a ReadError.

    Args:
        world_from_cam: NaN where the file holds no finite pose for a frame, whatever `valid` says.
        time_s: frame numbers from 0 without it. conventions: how the file was understood, kept in provenance.config.
    """
    n = len(world_from_cam)
    valid = np.ones(n, dtype=bool) if valid is None else valid
    lost = valid & np.isnan(world_from_cam[:, :3]).all(axis=(1, 2))
    if lost.any():
        reason = tuple(NOT_FINITE if gone else why for gone, why in zip(lost, reason or [""] * n, strict=True))
        world_from_cam = np.where(lost[:, None, None], np.nan, world_from_cam)
        if fields.get("intrinsics_px") is not None:  # marked alike, by infinity too
            fields["intrinsics_px"] = np.where(lost[:, None, None], np.nan, fields["intrinsics_px"])
    try:
        return Trajectory(
            world_from_cam=world_from_cam,
            time_s=np.arange(n, dtype=np.float64) if time_s is None else time_s,
            valid=valid & ~lost,
            reason=reason,
            time_source=time_source,
            provenance=Provenance(source=str(path), config={"format": format_name, **conventions}),
            **fields,
        )
    except ReadError:
        raise
    except CinetrajError as error:
        raise ReadError(path, str(error), remedy="repair the file, or name its format with --format") from error


def noted(*notes: str) -> dict[str, list[str]]:
    """What a reader must know of how a file was read, as an entry of the conventions; nothing without notes."""
    return {"notes": list(notes)} if notes else {}


def on_grid(
    path: Path, frames: Int[np.ndarray, " n"], *, step: int = 1
) -> tuple[Float[np.ndarray, " m"], Int[np.ndarray, " n"]]:
    """All frame numbers from the first to the last in steps, and the place of each given one among them."""
    count = (int(frames[-1]) - int(frames[0])) // step + 1
    if count > GRID_MAX:
        raise ReadError(
            path,
            f"frame numbers run from {int(frames[0])} to {int(frames[-1])} for {len(frames)} poses",
            remedy="check the column of frame numbers",
        )
    return float(frames[0]) + step * np.arange(count, dtype=np.float64), (frames - frames[0]) // step


def numbered_grid(
    path: Path, frames: Int[np.ndarray, " n"], *, keyframes: bool = False
) -> tuple[Float[np.ndarray, " m"], Int[np.ndarray, " n"]]:
    """As `on_grid`, at the stride of increasing frame numbers; sparse ones stay as they are.

    Args:
        keyframes: the numbers are those of keyframes, between which nothing is missing, unless most follow each other.
    """
    steps = np.diff(frames)
    step = math.gcd(*steps.tolist()) or 1
    sparse = (int(frames[-1]) - int(frames[0])) // step >= GRID_PER_ROW * len(frames)
    if sparse or (keyframes and 2 * int((steps == step).sum()) < len(steps)):
        return frames.astype(np.float64), np.arange(len(frames))
    return on_grid(path, frames, step=step)


def scatter(values: np.ndarray, slot: Int[np.ndarray, " n"], count: int) -> np.ndarray:
    """Rows at their places, NaN elsewhere."""
    out = np.full((count, *values.shape[1:]), np.nan)
    out[slot] = values
    return out


def gap_fields(
    slot: Int[np.ndarray, " n"], count: int, why: str
) -> tuple[Bool[np.ndarray, " m"], tuple[str, ...] | None]:
    """`valid` and `reason` of a time axis with gaps."""
    valid = np.zeros(count, dtype=bool)
    valid[slot] = True
    return valid, None if valid.all() else tuple("" if ok else why for ok in valid)


def frame_numbers_in(names: Sequence[str]) -> list[int] | None:
    """The numbers in image names that differ only there (frame_0012.png); None where they tell no order."""
    parts = [re.fullmatch(r"(.*?)(\d{1,15})(\D*)", name, re.DOTALL) for name in names]
    if any(part is None for part in parts):
        return None
    found = [part.groups() for part in parts if part is not None]
    numbers = [int(digits) for _, digits, _ in found]
    one_pattern = len({(before, after) for before, _, after in found}) == 1
    return numbers if one_pattern and len(set(numbers)) == len(numbers) else None


def numbered_frames(trajectory: Trajectory) -> list[int]:
    """Frame numbers to write: those of an index time axis, else 0, 1, 2, ..."""
    time = trajectory.time_s
    if trajectory.time_source == "index" and bool((time == np.round(time)).all()) and time[0] >= 0:
        return [int(value) for value in time.tolist()]
    return list(range(len(trajectory)))


def require_dense(trajectory: Trajectory, format_name: str) -> None:
    """Refuse missing frames where the format has no place for them."""
    missing = int((~trajectory.valid).sum())
    if missing:
        raise CinetrajError(
            f"{missing} of {len(trajectory)} frames have no pose, and {format_name} cannot say which; "
            "write native, tum or monst3r, or cut the trajectory to its valid frames first"
        )


def some_valid(trajectory: Trajectory, format_name: str) -> np.ndarray:
    """Numbers of the valid rows; refuse a trajectory without any."""
    index = np.flatnonzero(trajectory.valid)
    if not len(index):
        raise CinetrajError(f"no frame has a pose, and {format_name} cannot hold that; write native")
    return index


def pinhole(trajectory: Trajectory, format_name: str) -> Float[np.ndarray, "n 4"]:
    """fx fy cx cy per frame in pixels; missing or skewed intrinsics are refused."""
    k = trajectory.intrinsics_px
    if k is None:
        raise CinetrajError(
            f"{format_name} needs intrinsics and this trajectory has none; add trajectory.replace(intrinsics_px=...) "
            "or `cinetraj convert --size WIDTH HEIGHT --fov DEGREES`, or write tum"
        )
    out = np.stack([k[:, 0, 0], k[:, 1, 1], k[:, 0, 2], k[:, 1, 2]], axis=1)
    good = k[trajectory.valid]
    if not np.isfinite(out[trajectory.valid]).all():
        raise CinetrajError(f"{format_name} needs intrinsics on every valid frame, and some are NaN; write native")
    if np.any(good[:, 0, 1] != 0):
        raise CinetrajError(f"intrinsics_px has skew, which {format_name} cannot hold; write native")
    return out


def one_camera(trajectory: Trajectory, format_name: str) -> Float[np.ndarray, " 4"]:
    """fx fy cx cy where they do not change; a zoom is refused, since one set of numbers would hide it."""
    cameras = pinhole(trajectory, format_name)[trajectory.valid]
    if not np.allclose(cameras, cameras[0], rtol=1e-9, atol=0):
        raise CinetrajError(
            f"the intrinsics change over time and {format_name} holds one set; write native, colmap or nerfstudio"
        )
    return cameras[0]


def one_k(trajectory: Trajectory, format_name: str) -> Float[np.ndarray, "3 3"]:
    """`one_camera` as K."""
    return k_from(one_camera(trajectory, format_name)[None])[0]


def size_of(trajectory: Trajectory, format_name: str) -> tuple[int, int]:
    """Height and width of the images, which some formats cannot do without."""
    if trajectory.image_hw is None:
        raise CinetrajError(
            f"{format_name} needs image_hw, the size of the images; say `cinetraj convert --size`, or write tum"
        )
    return trajectory.image_hw


def k_from(pinhole_px: Float[np.ndarray, "n 4"]) -> Float[np.ndarray, "n 3 3"]:
    """K matrices from fx fy cx cy."""
    k = np.tile(np.eye(3), (len(pinhole_px), 1, 1))
    k[:, [0, 1, 0, 1], [0, 1, 2, 2]] = pinhole_px
    return k
