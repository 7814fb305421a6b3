"""What is shown again behind a suspected place: one scene, which a flash, a passer-by or the numbering broke."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from sfm.shots.judged import Suspect
from sfm.shots.similarity import Linker

COVERED_STEPS = (0.0, 0.08, 0.17, 0.3, 0.5, 0.75, 1.0)
"""How far from a place both ends of a bridge over a covered lens are tried, in units of its reach."""


def comes_back(linker: Linker, start: int, stop: int, reach: int, count: int) -> bool:
    """Whether what a stretch of frames takes away is there again soon behind it, as behind one who walks past: seen
    from its first frame or from its last, or where something near hides most in both, from before it to behind it."""
    steps = sorted({round(reach * share) for share in COVERED_STEPS})
    pairs = [(start, stop + ahead) for ahead in steps] + [(start - back, stop) for back in steps]
    pairs += [(start - step, stop + step) for step in steps if step]
    return any(a >= 0 and b < count and linker.matched(a, b) is not None for a, b in pairs)


def same_scene(judged: list[Suspect], linker: Linker, count: int) -> list[Suspect]:
    """For images that are only numbered: a cut needs two sides of which no image shows what the other shows."""
    result: list[Suspect] = []
    cuts = [suspect.frame for suspect in judged if suspect.cut]
    for suspect in judged:
        if suspect.cut:
            k = cuts.index(suspect.frame)
            start, stop = (cuts[k - 1] if k else 0), (cuts[k + 1] if k + 1 < len(cuts) else count)
            left = np.unique(np.linspace(suspect.frame - 1, start, 12).round().astype(int))[::-1]
            right = np.unique(np.linspace(suspect.frame, stop - 1, 12).round().astype(int))
            pair = _nearest_match(linker, [(int(a), int(b)) for a in left for b in right])
            if pair is not None:
                suspect = replace(suspect, cut=False, why=f"images {pair[0]} and {pair[1]} show the same scene")
        result.append(suspect)
    return result


def covered(judged: list[Suspect], linker: Linker, blank: Bool[np.ndarray, " n"], reach: int) -> list[Suspect]:
    """For a lens that a passing subject covers: what was there before it is there again behind it.

    A short shot between two of one scene has a cut at both ends, and no pair of frames may cross two. Where features
    match at the place itself but jumped, it is a jump cut.
    """
    cuts = [suspect.frame for suspect in judged if suspect.cut]
    steps = sorted({1, *(round(reach * share) for share in COVERED_STEPS)})
    result: list[Suspect] = []
    for suspect in judged:
        frame = suspect.frame
        if suspect.cut and suspect.kind != "dissolve" and linker.matched(frame - 1, frame) is None:
            low = max([0, *(c for c in cuts if c < frame)])
            high = min([len(blank), *(c for c in cuts if c > frame)])
            pairs = [(frame - 1 - back, frame + ahead) for back in steps for ahead in steps]
            pairs = [(a, b) for a, b in pairs if a >= low and b < high and not blank[a] and not blank[b]]
            pair = _nearest_match(linker, pairs)
            if pair is not None:
                suspect = replace(suspect, cut=False, why=f"frames {pair[0]} and {pair[1]} show the same scene")
        result.append(suspect)
    return result


def _nearest_match(linker: Linker, pairs: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The pair of frames nearest in time that features match, if any does."""
    nearest_first = sorted(pairs, key=lambda pair: pair[1] - pair[0])
    return next((pair for pair in nearest_first if linker.matched(*pair) is not None), None)
