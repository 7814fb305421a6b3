"""Time stamps to seconds: the header's unit, else that of the format, unless the stamps themselves contradict it."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

from trajectory.errors import AmbiguousError
from trajectory.io._build import require_increasing
from trajectory.io._columns import SECONDS_PER
from trajectory.io._poses import Rows
from trajectory.model import TimeSource

STEP_S = (9e-4, 4.0)
"""Typical steps of a camera path, whose unit is only the habit of its format: from the 1 kHz of motion capture to a
pose in 4 s. Milliseconds of up to 240 frames per second, taken for seconds, lie beyond."""
USUAL_STEP_S = 1 / 30
"""Of several units the one is proposed that comes nearest to this."""
NAMED_STEP_S = (1e-7, 86400.0)
"""Typical steps that are believed where the file itself names the unit: a time lapse of a picture a day."""
JUMP_S = 86400.0
"""A single step beyond a day is no pause of a recording: a clock was set, or two recordings were joined."""
EPOCH_S = (946_684_800.0, 4_102_444_800.0)
"""The years 2000 to 2100 in seconds since 1970: a stamp within them, counted in some unit, tells that unit."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Clock:
    """A time axis. unit: in which the stamps are, a key of SECONDS_PER, or "frames"."""

    time_s: Float[np.ndarray, " n"]
    source: TimeSource
    unit: str
    notes: tuple[str, ...] = ()


def clock(
    rows: Rows, stamps: Float[np.ndarray, " n"], *, habit: str, named: str | None = None, ours: bool = False
) -> Clock:
    """The time axis that sorted stamps mean.

    Args:
        habit: unit of the format. named: unit that the header names. ours: our own writer vouches for the habit.

    A stamp that is the same in all rows is none: the rows are counted. Otherwise stamps must increase.
    """
    if len(stamps) > 1 and bool((stamps == stamps[0]).all()):
        note = f"every time stamp is {stamps[0]:g}: poses are counted by their order"
        return Clock(time_s=np.arange(len(stamps), dtype=np.float64), source="index", unit="frames", notes=(note,))
    require_increasing(rows, stamps)
    unit, notes = (habit, ()) if ours or habit == "frames" else _unit(rows, stamps, habit, named)
    if unit == "frames":
        return Clock(time_s=stamps, source="index", unit=unit, notes=notes)
    time_s = stamps * SECONDS_PER[unit] if unit == "s" else stamps / round(1 / SECONDS_PER[unit])
    require_increasing(rows, time_s)
    if not ours:
        _refuse_jump(rows, time_s)
    return Clock(time_s=time_s, source="seconds", unit=unit, notes=notes)


def _unit(rows: Rows, stamps: Float[np.ndarray, " n"], habit: str, named: str | None) -> tuple[str, tuple[str, ...]]:
    """The unit of the stamps, and what is to be said of it; stamps that contradict it are refused."""
    epoch = _epoch(stamps)
    step = float(np.median(np.diff(stamps))) if len(stamps) > 1 else None
    if named is not None:
        contradicted = (epoch is not None and epoch != named) or not _within(step, named, NAMED_STEP_S)
        if contradicted:
            raise _question(rows, stamps, step, f"its header says {named}", named, epoch)
        return named, ()
    if epoch is not None and epoch != habit:
        if not _within(step, epoch, NAMED_STEP_S):
            raise _question(rows, stamps, step, f"{habit} is the unit of the format", habit, epoch)
        return epoch, (f"time stamps are read in {epoch}: in {habit} they would not lie in the years 2000 to 2100",)
    if _within(step, habit, STEP_S):
        return habit, ()
    if step == 1 and bool((np.diff(stamps) == 1).all()):
        return "frames", (f"time stamps count by ones: they are read as frame numbers, not as {habit}",)
    raise _question(rows, stamps, step, f"{habit} is the unit of the format", habit, epoch)


def _epoch(stamps: Float[np.ndarray, " n"]) -> str | None:
    ends = stamps[[0, -1]]
    for unit, size in SECONDS_PER.items():
        # ticks since 1970 are not in use
        if unit != "ticks" and (ends * size >= EPOCH_S[0]).all() and (ends * size <= EPOCH_S[1]).all():
            return unit
    return None


def _within(step: float | None, unit: str, limits: tuple[float, float]) -> bool:
    return step is None or limits[0] <= step * SECONDS_PER[unit] <= limits[1]


def _question(
    rows: Rows, stamps: Float[np.ndarray, " n"], step: float | None, why: str, unit: str, epoch: str | None
) -> Exception:
    """The refusal of a clock that cannot be: both readings, and how to say which is meant."""
    size = float("nan") if step is None else step
    others = [name for name in SECONDS_PER if name != unit and _within(step, name, STEP_S)]
    likely = min(others, key=lambda name: abs(np.log(size * SECONDS_PER[name] / USUAL_STEP_S)), default=None)
    other = epoch if epoch is not None and epoch != unit else likely
    read = f"in {unit} ({why}) the typical step is {size * SECONDS_PER[unit]:.3g} s"
    if other is not None:
        read += f", in {other} {size * SECONDS_PER[other]:.3g} s"
    remedy = f"name the unit in the first line, as '# timestamp [{other or 's'}] ...'"
    return rows.error(0, f"time stamps from {stamps[0]:.17g} to {stamps[-1]:.17g}: {read}", remedy, AmbiguousError)


def _refuse_jump(rows: Rows, time_s: Float[np.ndarray, " n"]) -> None:
    steps = np.diff(time_s)
    if len(steps) > 1 and float(np.median(steps)) <= STEP_S[1] and float(steps.max()) > JUMP_S:
        row = int(np.argmax(steps)) + 1
        raise rows.error(
            row,
            f"the time jumps by {steps[row - 1]:.3g} s here, after steps of {float(np.median(steps)):.3g} s",
            "split the file here, or repair the stamps",
        )
