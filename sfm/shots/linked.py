"""Whether anything links both sides of a place where a cut is suspected, and how far what does may move."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

from sfm.config import ShotConfig
from sfm.shots.similarity import Link, Linker

LONGER = 1.5
"""Times the longest step beside it from which on a step is a gap in time."""


@final
@dataclass(frozen=True, kw_only=True)
class Limit:
    """How far the picture may move across a place.

    Attributes:
        linker, beside: neighbouring frames on either side, and what compares them.
        abrupt: tracks are lost in this one step and in none beside it: those that are left may be the few things far
            behind, so that features are asked for the motion as well.
        floor: share of the longer side that is always allowed.
        ratio: of the motion beside it that is allowed for each step in time between the two.
    """

    linker: Linker
    beside: list[tuple[int, int]]
    abrupt: bool
    floor: float
    ratio: float

    @cached_property
    def step(self) -> float:
        """Share of the longer side that is allowed for each step in time; looked at only where a link moves far."""
        return self.ratio * _motion(self.linker, self.beside)

    def allows(self, moved: float, first: int, second: int) -> bool:
        """Whether so much motion from one frame to another is smooth."""
        return moved <= self.floor or moved <= self.step * self.linker.steps(first, second)


def limit_across(linker: Linker, left: list[int], right: list[int], kind: str, config: ShotConfig) -> Limit:
    """What a smooth motion may carry over a place: motion and loss of tracks beside it tell."""
    beside = _beside(left, right)
    abrupt = kind == "cut" and _fewer(linker, (left[0], right[0]), config.jump_kept, beside)
    floor = config.jump_floor_abrupt if abrupt else config.jump_floor
    return Limit(linker=linker, beside=beside, abrupt=abrupt, floor=floor, ratio=config.jump_ratio)


def _fewer(linker: Linker, pair: tuple[int, int], share: float, beside: list[tuple[int, int]]) -> bool:
    """Whether a pair of frames keeps less than a share of the corners that every pair beside it keeps.

    One that lies farther apart in time keeps less of any motion.
    """
    if linker.steps(*pair) > LONGER * max((linker.steps(first, second) for first, second in beside), default=1.0):
        return False
    kept = linker.kept(*pair)
    return kept < share and kept < share * min((linker.kept(first, second) for first, second in beside), default=0.0)


def _beside(left: list[int], right: list[int]) -> list[tuple[int, int]]:
    """Neighbouring frames on either side of a suspected place."""
    return [*zip(left[1:4], left[:3], strict=False), *itertools.pairwise(right[:4])]


def _motion(linker: Linker, pairs: list[tuple[int, int]]) -> float:
    """Largest motion a step in time between these, share of the longer side."""
    motion = 0.0
    for first, second in pairs:
        for test in (linker.tracked, linker.shifted, linker.matched):
            link = test(first, second)
            if link is not None:
                motion = max(motion, link.moved / linker.steps(first, second))
                break
    return motion


def first_link(linker: Linker, pairs: Sequence[tuple[int, int]], limit: Limit) -> Link | None:
    """What links any pair of frames and moves no farther than it may: tracks, else a common shift, else features."""
    for first, second in pairs:
        link = linker.tracked(first, second)
        if link is not None and (not limit.abrupt or limit.allows(_farthest(linker, first, second), first, second)):
            return link
    for test in (linker.shifted, linker.matched):
        for first, second in pairs[:7]:  # slower tests that reach further: fewer pairs do
            link = test(first, second)
            if link is not None and limit.allows(link.moved, first, second):
                return link
    return None


def _farthest(linker: Linker, first: int, second: int) -> float:
    """Motion by tracks or by features, whichever sees more of it."""
    links = (linker.tracked(first, second), linker.matched(first, second))
    return max((link.moved for link in links if link is not None), default=0.0)
