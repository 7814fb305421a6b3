"""Suspected places judged: a cut is one that no pair of frames across it is linked over."""

import itertools
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Bool

from sfm.config import ShotConfig
from sfm.shots.linked import first_link, limit_across
from sfm.shots.similarity import Linker
from sfm.shots.suspicions import Suspicion

BESIDE = 4
"""Frames on either side whose motion tells what is smooth, however few a flash may last at a low rate."""


@final
@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A place where a cut was suspected.

    Attributes:
        frame: first frame after it.
        kind: "cut" (a peak of change), "change" (large, but so are its neighbours), "fade" (through blank frames),
            "dissolve" or "wipe".
        cut: whether tracks are lost across it for good.
        why: what decided, in words.
        by: what links both sides, "" where nothing does.
    """

    frame: int
    kind: str
    cut: bool
    why: str
    by: str = ""


def judge(
    suspects: dict[int, Suspicion],
    linker: Linker,
    blank: Bool[np.ndarray, " n"],
    bridge: int,
    config: ShotConfig,
) -> list[Suspect]:
    """Look for one link across each suspected place, nearest frames first."""
    judged: list[Suspect] = []
    for frame, (kind, before, after) in sorted(suspects.items()):
        far = max(bridge, BESIDE)
        left = [k for k in range(before, max(-1, before - far), -1) if not blank[k]]
        right = [k for k in range(after, min(len(blank), after + far)) if not blank[k]]
        limit = limit_across(linker, left, right, kind, config)
        left = [k for k in left if before - k < bridge]
        right = [k for k in right if k - after < bridge]
        # A disturbance lies before the place or behind it, so one end of each pair stays at the place.
        pairs = [(left[0], right[0])]
        for a, b in itertools.zip_longest(left[1:], right[1:]):
            pairs += [(left[0], b)] if b is not None else []
            pairs += [(a, right[0])] if a is not None else []
        link = first_link(linker, pairs, limit)
        if link is None and kind == "change":  # everything moves or melts here: only another picture is a cut
            link = linker.laid_out_alike(before, after)
        if link is not None:
            why = f"linked by {link.by} ({link.strength:.2g})"
        else:
            corners = min(max(linker.corners(k) for k in left), max(linker.corners(k) for k in right))
            why = f"no link between {len(pairs)} pairs of frames, with at least {corners} corners on each side"
            why += "; tracks are lost in this one step alone" if limit.abrupt else ""
        by = link.by if link is not None else ""
        judged.append(Suspect(frame=frame, kind=kind, cut=link is None, why=why, by=by))
    return judged


def one_through_change(judged: list[Suspect]) -> list[Suspect]:
    """Tracks lost over three frames and more without a peak of change: all moves too fast or melts, no cut.

    A frame in between that only its layout links is no end of this: there tracks are lost as well.
    """
    lost = [suspect.kind == "change" and (suspect.cut or suspect.by == "layout") for suspect in judged]
    result = list(judged)
    start = 0
    while start < len(judged):
        stop = start + 1
        while stop < len(judged) and lost[start] and lost[stop] and judged[stop].frame == judged[stop - 1].frame + 1:
            stop += 1
        if lost[start] and stop - start >= 3:
            for number in range(start, stop):
                why = "tracks are lost over several frames without a peak"
                result[number] = replace(judged[number], cut=False, why=why)
        start = stop
    return result
