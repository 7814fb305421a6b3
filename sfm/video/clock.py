"""What a container says of the times of its frames: which of it is a clock, for all who read or cut a film."""

from fractions import Fraction
from typing import Any

MADE_UP = frozenset({"mjpeg", "obu"})
"""Raw streams whose pictures libav gives times, though nothing in them tells a rate."""


def counts_slots(container: Any) -> bool:
    """Whether the places of the packets are the clock.

    An AVI stores no times: each chunk has the next slot, and an empty one holds the place of a dropped frame. Frames
    are shown in the order of the chunks' slots, whatever the order in which they are coded; what libav guesses from
    the streams of B-frames runs backwards.
    """
    return container.format.name == "avi"


def unclocked(container: Any, stream: Any) -> bool:
    """Whether the times of the frames mean nothing: one for all, or 25 a second that libav makes up."""
    return container.format.name in MADE_UP or stands(stream)


def stands(stream: Any) -> bool:
    """Whether the container's index gives all frames the same time: written by a program that set none."""
    times = [entry.timestamp for entry in stream.index_entries]
    return len(times) > 1 and len(set(times)) == 1


def stated_rate(stream: Any) -> Fraction | None:
    """Frames a second as the file states them; None where it does not.

    The average is frames over duration: of a clock that stands it means nothing, and of a raw stream, which has none,
    it is 25 whatever was filmed. The rate in the codec's header does mean something.
    """
    average = None if stands(stream) else stream.average_rate
    rate = stream.guessed_rate or average if stream.start_time is None else average or stream.guessed_rate
    return Fraction(rate) if rate else None
