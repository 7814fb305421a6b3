"""Texts of one pose a row with its time: position and quaternion in any columns, one reader for all such formats.

A bad row costs that row: what tells its time and no pose becomes a frame without one, an equal row is read once. More
than a few of them mean another layout, and are refused with the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float, Int

from trajectory.errors import AmbiguousError, ReadError
from trajectory.io._build import gap_fields, make, noted, numbered_grid, require_increasing, scatter
from trajectory.io._claims import refuse_claims
from trajectory.io._clock import Clock, clock
from trajectory.io._columns import METRES_PER, Columns, clock_of, columns_of
from trajectory.io._marker import marked
from trajectory.io._poses import Rows, poses_from_quat, require_finite, sound_quat
from trajectory.io._text import SPARE, Table, read_table
from trajectory.model import Trajectory


@final
@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where a format has what.

    Attributes:
        words: the columns, for messages. counts: how many columns there may be. unit: of the stamps, "frames" for
            frame numbers.
    """

    words: str
    counts: Sequence[int]
    unit: str
    time: int = 0
    position: tuple[int, ...] = (1, 2, 3)
    quat_wxyz: tuple[int, ...] = (7, 4, 5, 6)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Stamped:
    """Rows as they were read. kept: numbers of the rows of the table. has_pose: which of those."""

    table: Table
    header: Columns | None
    clock: Clock
    poses: Float[np.ndarray, "k 4 4"]
    kept: Int[np.ndarray, " k"]
    has_pose: Bool[np.ndarray, " k"]
    fields: dict[str, Any]
    notes: tuple[str, ...]


def read_stamped(path: Path, layout: Layout, *, by_header: bool = False) -> Stamped:
    """The poses of a text; what its comments say against the layout is refused.

    Args:
        by_header: the header says which column is what, and not the layout.
    """
    table = read_table(path, columns=layout.counts, layout=layout.words, titled=True, spare="some")
    comments = (*table.comments, table.title)
    header = columns_of(comments, table.values.shape[1])
    if by_header:
        layout = _layout_of(path, header, layout)
    _refuse_other_columns(path, header, layout)
    refuse_claims(path, comments, direction="camera-to-world")
    kept, lost, notes = _sift(path, table, layout)
    values = table.values[kept]
    rows = _rows(path, table, kept, layout)
    fields = marked(comments)
    time = values[:, layout.time]
    if layout.unit == "frames":
        axis = clock(rows, time, habit="frames")
    else:
        named = header.clock if header is not None and header.complete else None
        axis = clock(rows, time, habit=layout.unit, named=named or clock_of(comments), ours=bool(fields))
    size = METRES_PER[header.length] if header is not None and header.length else 1.0
    poses = np.full((len(kept), 4, 4), np.nan)
    good = _rows(path, table, kept[~lost], layout)
    poses[~lost] = poses_from_quat(
        good, values[~lost][:, list(layout.quat_wxyz)], values[~lost][:, list(layout.position)] * size
    )
    return Stamped(
        table=table,
        header=header,
        clock=axis,
        poses=poses,
        kept=kept,
        has_pose=~lost,
        fields={**({"scale": "metric"} if size != 1.0 else {}), **fields},
        notes=(*table.notes, *notes, *axis.notes),
    )


def made(path: Path, format_name: str, read: Stamped, conventions: dict[str, Any], **per_row: Any) -> Trajectory:
    """The trajectory; holes in whole frame numbers become frames without a pose.

    Args:
        per_row: further fields, one row for each row of the table.
    """
    fields: dict[str, Any] = {"time_source": read.clock.source, **read.fields}
    time_s, slot = read.clock.time_s, np.arange(len(read.poses))
    if fields["time_source"] == "index" and bool((time_s == np.round(time_s)).all()) and np.abs(time_s).max() < 2**53:
        time_s, slot = numbered_grid(path, time_s.astype(np.int64))
    for name, values in per_row.items():
        fields[name] = None if values is None else scatter(values[read.kept], slot, len(time_s))
    valid, _ = gap_fields(slot[read.has_pose], len(time_s), "")
    reason = np.full(len(time_s), "no row in the file", dtype=object)
    reason[slot] = "no pose in its row"
    reason[valid] = ""
    said = {**conventions, **noted(*read.notes)}
    if read.clock.unit not in ("s", "frames"):
        said["time_unit"] = read.clock.unit
    return make(
        path,
        format_name,
        scatter(read.poses, slot, len(time_s)),
        time_s=time_s,
        valid=valid,
        reason=None if valid.all() else tuple(reason.tolist()),
        conventions=said,
        **fields,
    )


def _layout_of(path: Path, header: Columns | None, layout: Layout) -> Layout:
    """The layout that a complete header names."""
    if header is None or not header.complete or header.position is None or header.quat_wxyz is None:
        doubt = "no time or frame, position and quaternion" if header is None or not header.doubt else header.doubt
        raise ReadError(
            path, f"its first line names {doubt}", remedy="name them, as '# timestamp tx ty tz qx qy qz qw'"
        )
    unit, place = (layout.unit, header.time) if header.time is not None else ("frames", header.frame)
    return replace(layout, time=place or 0, position=header.position, quat_wxyz=header.quat_wxyz, unit=unit)


def _refuse_other_columns(path: Path, header: Columns | None, layout: Layout) -> None:
    if header is None:
        return
    named = (header.position or layout.position, header.quat_wxyz or layout.quat_wxyz)
    if header.doubt or named != (layout.position, layout.quat_wxyz):
        raise AmbiguousError(
            path,
            f"its header says {header.doubt or header.said()}, the format {layout.words}",
            remedy="leave out --format, so that the header decides, or mend the header",
        )


def _rows(path: Path, table: Table, kept: Int[np.ndarray, " k"], layout: Layout) -> Rows:
    places: list[int] = kept.tolist()
    tokens = [[table.tokens[row][place] for place in layout.quat_wxyz] for row in places]
    return Rows(path=path, lines=[table.lines[row] for row in places], tokens=tokens)


def _sift(
    path: Path, table: Table, layout: Layout
) -> tuple[Int[np.ndarray, " k"], Bool[np.ndarray, " k"], tuple[str, ...]]:
    """Rows to keep, which of those have no pose, and notes on both; more than a few bad rows are refused."""
    everything = np.arange(len(table.values))
    rows = _rows(path, table, everything, layout)
    time = table.values[:, layout.time]
    pose = table.values[:, [*layout.position, *layout.quat_wxyz]]
    constant = len(time) > 1 and bool((time == time[0]).all())
    same = np.r_[False, (time[1:] == time[:-1]) & (not constant)]
    mirrored = np.r_[False, (pose[1:] == pose[:-1] * np.array([1, 1, 1, -1, -1, -1, -1])).all(axis=1)]
    equal = same & (mirrored | np.r_[False, (pose[1:] == pose[:-1]).all(axis=1)])
    other = same & ~equal
    rigid = np.isfinite(pose).all(axis=1) & sound_quat(rows, pose[:, 3:])
    untimed = ~np.isfinite(time)
    bad = ~rigid | untimed | other
    lost = ~rigid | np.r_[other[1:], False]  # of two poses at one time neither is known to be right
    if int(bad.sum()) > SPARE * len(bad):
        require_finite(rows, table.values[:, [layout.time, *layout.position, *layout.quat_wxyz]])
        if other.any():
            require_increasing(rows, time)
        poses_from_quat(rows, pose[:, 3:], pose[:, :3])
    notes = [
        f"{_lines(table, mask)}: {why}"
        for mask, why in (
            (equal, "equal to the row above, read once"),
            (untimed, "no time, left out"),
            (other, "another pose at the time of the row above, neither is used"),
            (~rigid & ~other & ~untimed & ~equal, "no pose that is a rigid motion, a frame without one"),
        )
        if mask.any()
    ]
    kept = np.flatnonzero(~(equal | untimed | other))
    return kept, lost[kept], tuple(notes)


def _lines(table: Table, mask: Bool[np.ndarray, " n"]) -> str:
    lines = [str(table.lines[row]) for row in np.flatnonzero(mask).tolist()]
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(lines[:3])}{more}"
