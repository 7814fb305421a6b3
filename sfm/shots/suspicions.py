"""Where a cut is suspected: peaks of change, large changes, runs of blank frames, dissolves and wipes."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.config import ShotConfig
from sfm.shots.dissolves import find_dissolves
from sfm.shots.thumbs import shrunk, thumbs_of
from sfm.shots.wipes import find_wipes

Suspicion = tuple[str, int, int]
"""Kind, last visible frame before, first visible frame after."""
LOOSER = 3.0
"""Of the limits of dissolves and wipes where tracks break off. By itself it would cut whatever moves or melts."""
BLENDED, UNEXPLAINED = 0.05, 0.15
"""A blend of its neighbours has so much of each at least, and leaves so much of their difference at most."""


def suspicions(
    content: UInt8[np.ndarray, "n h w 3"], blank: Bool[np.ndarray, " n"], step_s: float | None, config: ShotConfig
) -> tuple[dict[int, Suspicion], list[Suspicion]]:
    """What is judged first, by the first frame after it, and the gradual changes that are judged after it.

    Those are all wipes, and dissolves that hold a suspicion of the first kind: the first blended frame of a picture
    that rests, or a cut. `step_s` are the seconds from one frame to the next, None where they carry none.
    """
    small = shrunk(content, config.detector_long_side)
    thumbs = thumbs_of(small, config.thumb_long_side)
    first = _at_once(small, thumbs, blank, config)
    later: list[Suspicion] = [("wipe", *each) for each in find_wipes(thumbs, config.wipe, step_s)]
    for start, stop in find_dissolves(thumbs, config.dissolve):
        if any(start <= frame <= stop for frame in first):
            later.insert(0, ("dissolve", start, stop))
        elif not blank[start : stop + 1].any():
            first[middle(("dissolve", start, stop))] = ("dissolve", start, stop)
    return first, later


def looser(content: UInt8[np.ndarray, "n h w 3"], step_s: float | None, config: ShotConfig) -> list[Suspicion]:
    """Dissolves and wipes that may be explained `LOOSER` times worse."""
    thumbs = thumbs_of(shrunk(content, config.detector_long_side), config.thumb_long_side)
    strict = config.dissolve
    dissolve = replace(strict, unexplained=LOOSER * strict.unexplained, beside=LOOSER * strict.beside)
    wipe = replace(config.wipe, unexplained=LOOSER * config.wipe.unexplained)
    found: list[Suspicion] = [("dissolve", *each) for each in find_dissolves(thumbs, dissolve)]
    return found + [("wipe", *each) for each in find_wipes(thumbs, wipe, step_s)]


def _at_once(
    small: UInt8[np.ndarray, "n h w 3"],
    thumbs: Float[np.ndarray, "n pixels"],
    blank: Bool[np.ndarray, " n"],
    config: ShotConfig,
) -> dict[int, Suspicion]:
    """What changes from one visible frame to the next, by the first frame after it."""
    peaks, large = suspected(small, config)
    found: dict[int, Suspicion] = {}
    for frame in np.flatnonzero(peaks | large):
        before, after = _visible(blank, int(frame) - 1, -1), _visible(blank, int(frame), 1)
        if before is not None and after is not None:
            kind = "fade" if after - before > 1 else "cut" if peaks[frame] else "change"
            place = (kind, *_without_blend(thumbs, blank, before, after))
            if place[1:] not in [known[1:] for known in found.values()]:  # a blend changes from both its neighbours
                found[after] = place
    return found | {after: ("fade", before, after) for before, after in _blank_runs(blank)}


def middle(suspicion: Suspicion) -> int:
    """The frame in the middle, the later one of two."""
    _, start, stop = suspicion
    return (start + stop + 1) // 2


def suspected(small: UInt8[np.ndarray, "n h w 3"], config: ShotConfig) -> tuple[np.ndarray, np.ndarray]:
    """Frames that PySceneDetect calls the first of a shot: peaks of change, and changes that are large in themselves.

    Two boolean arrays over the frames, which are small, of its AdaptiveDetector and of its ContentDetector.
    """
    from scenedetect.common import FrameTimecode
    from scenedetect.detectors import AdaptiveDetector, ContentDetector

    around = 2  # the detector judges a frame by so many on each side: the clip is mirrored at its ends
    adaptive = AdaptiveDetector(
        adaptive_threshold=config.adaptive_ratio,
        min_content_val=config.adaptive_least,
        min_scene_len=0,
        window_width=around,
    )
    plain = ContentDetector(threshold=config.content, min_scene_len=0)
    found = np.zeros((2, len(small)), bool)
    for number in range(-around, len(small) + around):
        inside = len(small) - 1 - abs(len(small) - 1 - abs(number))
        image = cv2.cvtColor(small[max(inside, 0)], cv2.COLOR_RGB2BGR)
        moment = FrameTimecode(number + around, fps=25.0)
        for row, detector in zip(found, (adaptive, plain), strict=True):
            for moment_found in detector.process_frame(moment, image):
                first = moment_found.frame_num - around
                if 0 < first < len(small):
                    row[first] = True
    return found[0], found[1]


def _visible(blank: Bool[np.ndarray, " n"], frame: int, step: int) -> int | None:
    """The nearest frame that is not blank, from `frame` on in one direction."""
    while 0 <= frame < len(blank):
        if not blank[frame]:
            return frame
        frame += step
    return None


def _without_blend(
    thumbs: Float[np.ndarray, "n pixels"], blank: Bool[np.ndarray, " n"], before: int, after: int
) -> tuple[int, int]:
    """The frames on both sides of a cut without the one that mixes them, as a change of the frame rate makes it.

    What mixes a picture with a blank frame fades, and is a side of its own.
    """
    for mixed, place in ((after, (before, after + 1)), (before, (before - 1, after))):
        if after - before == 1 and 0 < mixed < len(thumbs) - 1 and not blank[list(place)].any():
            change = thumbs[place[1]] - thumbs[place[0]]
            part = thumbs[mixed] - thumbs[place[0]]
            share = float((change * part).sum() / max((change**2).sum(), 1e-9))
            rest = float(np.abs(part - share * change).mean() / max(np.abs(change).mean(), 1e-9))
            if BLENDED < share < 1.0 - BLENDED and rest < UNEXPLAINED:
                return place
    return before, after


def _blank_runs(blank: Bool[np.ndarray, " n"]) -> list[tuple[int, int]]:
    """Last frame before and first frame after each run of blank frames inside the clip."""
    ends = np.flatnonzero(np.diff(blank.astype(np.int8)) == -1) + 1
    runs = [(_visible(blank, int(end) - 1, -1), int(end)) for end in ends]
    return [(before, after) for before, after in runs if before is not None]
