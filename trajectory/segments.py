"""Which primitive happens when."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, kw_only=True)
class Segment:
    """One primitive over one stretch of time; several may overlap.

    start_s, end_s: in seconds of the trajectory's own time axis (frame numbers over an assumed rate where it counts).
    strength: how much of the primitive happens in the segment, in image diagonals (translation without a scene depth:
        share of the path length).
    margin: strength over the decision threshold minus 1.
    """

    primitive: str
    start_s: float
    end_s: float
    strength: float
    margin: float
