"""What a matcher offers; each public module of `sfm.matching` that is one defines it as MATCHER."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from sfm.config import MatchConfig
from sfm.features.types import Features

MatchFunction: TypeAlias = Callable[[Sequence[Features], np.ndarray, MatchConfig, "Setting"], list[np.ndarray]]
"""(features of each frame, pairs of frames (p 2), config, setting) -> for each pair the rows that match (m 2).

A row is (number in the first frame, number in the second), int64. Rows are sorted, no key point is in two of them, and
a pair without matches has shape (0, 2). Frames may have no features at all.
"""


@final
@dataclass(frozen=True, kw_only=True)
class Setting:
    """Where and how a matcher runs.

    Attributes:
        device: "cpu" or "cuda".
        seed: of what samples.
        hw: size of the frames, where it is known: neighbourhoods scale with it.
        progress: called with the number of pairs done so far, or None.
    """

    device: str = "cpu"
    seed: int = 0
    hw: tuple[int, int] | None = None
    progress: Callable[[int], object] | None = None


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Matcher:
    """One way to match descriptors.

    Attributes:
        name: by which `--matcher` and `MatchConfig.method` ask for it.
        summary: one line for the help.
        match: the function; it must be light to import, so heavy libraries are imported inside.
    """

    name: str
    summary: str
    match: MatchFunction
