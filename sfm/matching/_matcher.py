"""What a matcher offers; each public module of `sfm.matching` that is one defines it as MATCHER."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, final

import numpy as np

from sfm.config import MatchConfig
from sfm.features.types import Features
from trajectory.errors import CinetrajError

MatchFunction: TypeAlias = Callable[[Sequence[Features], np.ndarray, MatchConfig, "Setting"], list[np.ndarray]]
"""(features of each frame, pairs of frames (p 2), config, setting) -> for each pair the rows that match (m 2).

A row is (number in the first frame, number in the second), int64. Rows are sorted, no key point is in two of them, and
a pair without matches has shape (0, 2). Frames may have no features at all.
"""
ImageMatchFunction: TypeAlias = Callable[
    [np.ndarray, np.ndarray, np.ndarray, MatchConfig, "Setting"], tuple[list[Features], list[np.ndarray]]
]
"""(rgb n h w 3, usable n h w, pairs p 2, config, setting) -> the key points of each frame, without descriptors, and the
rows of each pair as above, but that a key point may match several of a frame."""


@final
@dataclass(frozen=True, kw_only=True)
class Setting:
    """Where and how a matcher runs.

    Attributes:
        device: "cpu" or "cuda".
        seed: of what samples.
        hw: size of the frames, where it is known: neighbourhoods scale with it.
        features: kind of the features, by which a trained matcher knows its weights.
        weights: file or folder of the weights of a trained matcher; None downloads them.
        progress: called with the number of pairs done so far, or None.
    """

    device: str = "cpu"
    seed: int = 0
    hw: tuple[int, int] | None = None
    features: str = ""
    weights: Path | None = None
    progress: Callable[[int], object] | None = None


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Matcher:
    """One way to match descriptors, or whole pictures: it has `match` or `match_images`, not both.

    Attributes:
        name: by which `--matcher` and `MatchConfig.method` ask for it.
        summary: one line for the help.
        match: the function; it must be light to import, so heavy libraries are imported inside.
        match_images: that of a matcher which finds its own key points.
        trained: whether it needs weights.
        features: the kinds of features that it is trained for; empty: any.
    """

    name: str
    summary: str
    match: MatchFunction | None = None
    match_images: ImageMatchFunction | None = None
    trained: bool = False
    features: tuple[str, ...] = ()

    def require(self, kind: str) -> None:
        """Raises CinetrajError for features that it is not trained for."""
        if self.features and kind not in self.features:
            able = " or ".join(f"--features {each}" for each in self.features)
            raise CinetrajError(f"{self.name} is not trained for features {kind or 'of no name'}; choose {able}")

    @property
    def sees_pictures(self) -> bool:
        """Whether it finds its own key points, so that no features are extracted for it."""
        return self.match_images is not None

    def __post_init__(self) -> None:
        if (self.match is None) == (self.match_images is None):
            raise CinetrajError(f"matcher {self.name!r} needs a function match or match_images, one of the two")
