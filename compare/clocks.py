"""The warning where clips have equally many frames and their clocks leave a good part of one of them out."""

from collections.abc import Mapping

from compare.association import HOLE
from compare.counts import first_three
from compare.protocols import Protocol
from compare.rows import ClipScores

OTHER_RATE = 0.02
"""Share of a clip beyond which its rate is another one: rounding (23.976 written as 24) makes 0.1 %, the nearest rates
that differ (24 shown as 25) make 4 %."""


def clock_warnings(rows: Mapping[str, ClipScores], protocol: Protocol) -> tuple[str, ...]:
    """What to say of pairs that the clock tears apart, though frame numbers may well correspond; empty for the others.

    Clips of one clock and equally many frames cover each other, but for a frame at an end.
    """
    if protocol.time != "seconds":
        return ()
    found = {name: share for name, row in rows.items() if (share := _torn(row)) is not None}
    if not found:
        return ()
    least, side = min(found.values())
    pairs = f"{len(found)} pairs have" if len(found) > 1 else "1 pair has"
    return (
        f"{pairs} equally many frames on both sides and clocks that differ, so that by time only {least:.0%} of the "
        f"{side} is compared ({first_three(found)}); if the frames correspond, use --time index",
    )


def _torn(row: ClipScores) -> tuple[float, str] | None:
    """The share that is compared of the side of which more is left out; None where the clock leaves hardly any out."""
    frames, covered = row.facts.get("frames"), row.facts.get("covered")
    if not frames or covered is None or frames[0] != frames[1] or frames[0] < 2:
        return None
    least, side = min(zip(covered, ("reference", "generated clip"), strict=True))
    return (least, side) if 1 - least > max(OTHER_RATE, HOLE / (frames[0] - 1)) else None
