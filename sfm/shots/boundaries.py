"""Shots: cuts that PySceneDetect suspects, confirmed by lost tracks. A flash or a whip pan is no cut."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.config import ShotConfig
from sfm.masks.blank import find_blank, to_grey
from sfm.masks.surround import find_surround
from sfm.shots.dissolves import find_dissolves, thumbs_of
from sfm.shots.similarity import Link, Linker
from sfm.shots.wipes import find_wipes
from sfm.types import Frames

LOOSER = 3.0
"""Of the limits of dissolves and wipes where tracks break off. By itself it would cut whatever moves or melts."""


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


@final
@dataclass(frozen=True, kw_only=True)
class Shots:
    """Shots as (start, stop) in frames, what was suspected, and remarks for run.json."""

    spans: tuple[tuple[int, int], ...]
    suspects: tuple[Suspect, ...]
    notes: tuple[str, ...]


Suspicion = tuple[str, int, int]
"""Kind, last visible frame before, first visible frame after."""
DEFAULT_CONFIG = ShotConfig()
BLENDED, UNEXPLAINED = 0.05, 0.15
"""A blend of its neighbours has so much of each at least, and leaves so much of their difference at most."""
COVERED_STEPS = (0.0, 0.08, 0.17, 0.3, 0.5, 0.75, 1.0)
"""How far from a place both ends of a bridge over a covered lens are tried, in units of its reach."""


def split(frames: Frames, config: ShotConfig = DEFAULT_CONFIG) -> tuple[tuple[int, int], ...]:
    """Shots as (start, stop) in frames: they cover the clip in order, without gaps."""
    return find(frames, config).spans


def find(frames: Frames, config: ShotConfig = DEFAULT_CONFIG) -> Shots:
    """Split a clip into shots and say why.

    A cut is a place where the pictures on both sides share neither tracks, nor features, nor a common shift.
    Images that are only numbered need not be neighbours in time: there a jump of the camera is no cut as long as
    any image on one side shows what any image on the other side shows.
    """
    count = len(frames)
    if count < 2:
        return Shots(spans=((0, count),), suspects=(), notes=())
    content, blank = _without_bars(frames)
    peaks, large = suspected(content, config)
    thumbs = thumbs_of(content, config.thumb_long_side)
    suspects: dict[int, Suspicion] = {}
    for frame in np.flatnonzero(peaks | large):
        before, after = _visible(blank, int(frame) - 1, -1), _visible(blank, int(frame), 1)
        if before is not None and after is not None:
            kind = "fade" if after - before > 1 else "cut" if peaks[frame] else "change"
            place = (kind, *_without_blend(thumbs, before, after))
            if place[1:] not in [known[1:] for known in suspects.values()]:  # a blend changes from both its neighbours
                suspects[after] = place
    for before, after in _blank_runs(blank):
        suspects[after] = ("fade", before, after)
    later: list[Suspicion] = [("wipe", *each) for each in find_wipes(thumbs, config.wipe)]
    for start, stop in find_dissolves(thumbs, config.dissolve):
        if any(start <= frame <= stop for frame in suspects):  # the first blended frame of one that rests, or a cut
            later.insert(0, ("dissolve", start, stop))
        elif not blank[start : stop + 1].any():
            suspects[_middle(("dissolve", start, stop))] = ("dissolve", start, stop)

    linker = Linker(lambda number: content[number], config.similarity)
    reach, bridge = _reach(frames, config), _bridge(frames, config)
    judged = _judge(suspects, linker, blank, bridge, config)
    judged = _one_through_change(judged)
    if frames.time_source == "index":
        judged = _same_scene(judged, linker, count)
    else:
        judged = _covered(judged, linker, blank, reach)
    return _shots(_with_gradual(judged, later, linker, blank, (reach, bridge), config), count, config)


def at_breaks(frames: Frames, breaks: Sequence[tuple[int, int]], config: ShotConfig = DEFAULT_CONFIG) -> list[int]:
    """Gradual cuts within a shot, where hardly any track crosses a stretch of it (`sfm.tracking.breaks`), in order.

    There a dissolve or a wipe may be explained `LOOSER` times worse, since both sides may move; nothing links its ends.
    """
    content, blank = _without_bars(frames)
    thumbs = thumbs_of(content, config.thumb_long_side)
    dissolve = replace(config.dissolve, unexplained=LOOSER * config.dissolve.unexplained)
    wipe = replace(config.wipe, unexplained=LOOSER * config.wipe.unexplained)
    found: list[Suspicion] = [("dissolve", *each) for each in find_dissolves(thumbs, dissolve)]
    found += [("wipe", *each) for each in find_wipes(thumbs, wipe)]
    linker = Linker(lambda number: content[number], config.similarity)
    near = [each for each in found if any(first <= _middle(each) <= last for first, last in breaks)]
    judged = _with_gradual([], near, linker, blank, (_reach(frames, config), _bridge(frames, config)), config)
    return [each.frame for each in judged if each.cut]


def suspected(content: UInt8[np.ndarray, "n h w 3"], config: ShotConfig) -> tuple[np.ndarray, np.ndarray]:
    """Frames that PySceneDetect calls the first of a shot: peaks of change, and changes that are large in themselves.

    Two boolean arrays over the frames, of its AdaptiveDetector and of its ContentDetector.
    """
    from scenedetect import AdaptiveDetector, ContentDetector, FrameTimecode

    height, width = content.shape[1:3]
    whole = max(1, round(max(height, width) / config.detector_long_side))  # by whole numbers: ten times as fast
    size = (max(8, width // whole), max(8, height // whole))
    around = 2  # the detector judges a frame by so many on each side: the clip is mirrored at its ends
    adaptive = AdaptiveDetector(
        adaptive_threshold=config.adaptive_ratio,
        min_content_val=config.adaptive_least,
        min_scene_len=0,
        window_width=around,
    )
    plain = ContentDetector(threshold=config.content, min_scene_len=0)
    found = np.zeros((2, len(content)), bool)
    for number in range(-around, len(content) + around):
        inside = len(content) - 1 - abs(len(content) - 1 - abs(number))
        image = content[max(inside, 0)]
        small = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
        moment = FrameTimecode(number + around, fps=25.0)
        for row, detector in zip(found, (adaptive, plain), strict=True):
            for moment_found in detector.process_frame(moment, small):
                first = moment_found.frame_num - around
                if 0 < first < len(content):
                    row[first] = True
    return found[0], found[1]


def _without_bars(frames: Frames) -> tuple[UInt8[np.ndarray, "n h w 3"], Bool[np.ndarray, " n"]]:
    """The picture inside what lies around it, which would link any two, and which frames are blank."""
    grey = to_grey(frames.rgb)
    around = find_surround(grey).mask
    if around.any():
        rows, columns = np.flatnonzero(~around.all(1)), np.flatnonzero(~around.all(0))
        inside = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        content = frames.rgb[(slice(None), *inside)]
        return content, find_blank(grey[(slice(None), *inside)], np.ones(content.shape[1:3], bool))
    return frames.rgb, find_blank(grey, np.ones(frames.hw, bool))


def _visible(blank: Bool[np.ndarray, " n"], frame: int, step: int) -> int | None:
    """The nearest frame that is not blank, from `frame` on in one direction."""
    while 0 <= frame < len(blank):
        if not blank[frame]:
            return frame
        frame += step
    return None


def _without_blend(thumbs: Float[np.ndarray, "n pixels"], before: int, after: int) -> tuple[int, int]:
    """The frames on both sides of a cut without the one that mixes them, as a change of the frame rate makes it."""
    for mixed, place in ((after, (before, after + 1)), (before, (before - 1, after))):
        if after - before == 1 and 0 < mixed < len(thumbs) - 1:
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


def _bridge(frames: Frames, config: ShotConfig) -> int:
    """Frames that a flash may last: at most as long as it lasts in seconds."""
    if frames.time_source == "index":
        return config.bridge_frames
    step_s = float(np.median(np.diff(frames.time_s)))
    return int(np.clip(round(config.bridge_s / step_s), 1, 8))


def _reach(frames: Frames, config: ShotConfig) -> int:
    """Frames that a subject may cover the lens."""
    if frames.time_source == "index":
        return config.bridge_frames
    return max(1, round(config.covered_s / float(np.median(np.diff(frames.time_s)))))


def _comes_back(linker: Linker, start: int, stop: int, reach: int, count: int) -> bool:
    """Whether what a stretch of frames takes away is there again soon behind it, as behind one who walks past: seen
    from its first frame or from its last, or where something near hides most in both, from before it to behind it."""
    steps = sorted({round(reach * share) for share in COVERED_STEPS})
    pairs = [(start, stop + ahead) for ahead in steps] + [(start - back, stop) for back in steps]
    pairs += [(start - step, stop + step) for step in steps if step]
    return any(a >= 0 and b < count and linker.matched(a, b) is not None for a, b in pairs)


def _with_gradual(
    judged: list[Suspect],
    later: Sequence[Suspicion],
    linker: Linker,
    blank: Bool[np.ndarray, " n"],
    reach_and_bridge: tuple[int, int],
    config: ShotConfig,
) -> list[Suspect]:
    """What was judged, and besides, one after the other, gradual changes beside no cut so far; by their frames."""
    reach, bridge = reach_and_bridge
    for each in later:
        _, start, stop = each
        beside = blank[start : stop + 1].any() or any(one.cut and start <= one.frame <= stop for one in judged)
        if not beside and not _comes_back(linker, start, stop, reach, len(blank)):
            judged = [*judged, *_judge({_middle(each): each}, linker, blank, bridge, config)]
    return sorted(judged, key=lambda one: one.frame)


def _middle(suspicion: Suspicion) -> int:
    _, start, stop = suspicion
    return (start + stop + 1) // 2


def _judge(
    suspects: dict[int, Suspicion],
    linker: Linker,
    blank: Bool[np.ndarray, " n"],
    bridge: int,
    config: ShotConfig,
) -> list[Suspect]:
    """Look for one link across each suspected place, nearest frames first."""
    judged: list[Suspect] = []
    for frame, (kind, before, after) in sorted(suspects.items()):
        left = [k for k in range(before, max(-1, before - bridge), -1) if not blank[k]]
        right = [k for k in range(after, min(len(blank), after + bridge)) if not blank[k]]
        limit = _limit(linker, left, right, kind, config)
        # A disturbance lies before the place or behind it, so one end of each pair stays at the place.
        pairs = [(left[0], right[0])]
        for a, b in itertools.zip_longest(left[1:], right[1:]):
            pairs += [(left[0], b)] if b is not None else []
            pairs += [(a, right[0])] if a is not None else []
        link = _first_link(linker, pairs, limit)
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


@final
@dataclass(frozen=True, kw_only=True)
class _Limit:
    """How far the picture may move across a place.

    Attributes:
        linker, beside: neighbouring frames on either side, and what compares them.
        abrupt: tracks are lost in this one step and in none beside it: those that are left may be the few things far
            behind, so that features are asked for the motion as well.
        floor: share of the longer side that is always allowed.
        ratio: of the motion beside it that is allowed for each frame between the two.
    """

    linker: Linker
    beside: list[tuple[int, int]]
    abrupt: bool
    floor: float
    ratio: float

    @cached_property
    def step(self) -> float:
        """Share of the longer side that is allowed for each frame; looked at only where a link moves far."""
        return self.ratio * _motion(self.linker, self.beside)

    def allows(self, moved: float, steps: int) -> bool:
        return moved <= self.floor or moved <= self.step * steps


def _limit(linker: Linker, left: list[int], right: list[int], kind: str, config: ShotConfig) -> _Limit:
    """What a smooth motion may carry over a place: motion and loss of tracks beside it tell."""
    beside = _beside(left, right)
    abrupt = kind == "cut" and _fewer(linker, (left[0], right[0]), config.jump_kept, beside)
    floor = config.jump_floor_abrupt if abrupt else config.jump_floor
    return _Limit(linker=linker, beside=beside, abrupt=abrupt, floor=floor, ratio=config.jump_ratio)


def _fewer(linker: Linker, pair: tuple[int, int], share: float, beside: list[tuple[int, int]]) -> bool:
    """Whether a pair of frames keeps less than a share of the corners that every pair beside it keeps."""
    kept = linker.kept(*pair)
    return kept < share and kept < share * min((linker.kept(first, second) for first, second in beside), default=0.0)


def _first_link(linker: Linker, pairs: Sequence[tuple[int, int]], limit: _Limit) -> Link | None:
    for first, second in pairs:
        link = linker.tracked(first, second)
        if link is not None and (not limit.abrupt or limit.allows(_farthest(linker, first, second), second - first)):
            return link
    for test in (linker.shifted, linker.matched):
        for first, second in pairs[:7]:  # slower tests that reach further: fewer pairs do
            link = test(first, second)
            if link is not None and limit.allows(link.moved, second - first):
                return link
    return None


def _farthest(linker: Linker, first: int, second: int) -> float:
    """Motion by tracks or by features, whichever sees more of it."""
    links = (linker.tracked(first, second), linker.matched(first, second))
    return max((link.moved for link in links if link is not None), default=0.0)


def _beside(left: list[int], right: list[int]) -> list[tuple[int, int]]:
    """Neighbouring frames on either side of a suspected place."""
    return [*zip(left[1:4], left[:3], strict=False), *itertools.pairwise(right[:4])]


def _motion(linker: Linker, pairs: list[tuple[int, int]]) -> float:
    """Largest motion a frame between these, share of the longer side."""
    motion = 0.0
    for first, second in pairs:
        for test in (linker.tracked, linker.shifted, linker.matched):
            link = test(first, second)
            if link is not None:
                motion = max(motion, link.moved / (second - first))
                break
    return motion


def _one_through_change(judged: list[Suspect]) -> list[Suspect]:
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


def _same_scene(judged: list[Suspect], linker: Linker, count: int) -> list[Suspect]:
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


def _covered(judged: list[Suspect], linker: Linker, blank: Bool[np.ndarray, " n"], reach: int) -> list[Suspect]:
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


def _shots(judged: list[Suspect], count: int, config: ShotConfig) -> Shots:
    """Spans between cuts; neighbouring short ones are one span, and are named."""
    cuts = [0, *(suspect.frame for suspect in judged if suspect.cut), count]
    spans: list[tuple[int, int]] = []
    for start, stop in itertools.pairwise(cuts):
        is_short = stop - start < config.short_frames
        if spans and is_short and spans[-1][1] - spans[-1][0] < config.short_frames:
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    notes = [
        f"{suspect.kind} at frame {suspect.frame} is gradual; frames near it show both shots"
        for suspect in judged
        if suspect.cut and suspect.kind in ("fade", "dissolve", "wipe")
    ]
    notes += [
        f"shot {number} (frames {start}..{stop - 1}) is shorter than {config.short_frames} frames"
        for number, (start, stop) in enumerate(spans)
        if stop - start < config.short_frames and len(spans) > 1
    ]
    return Shots(spans=tuple(spans), suspects=tuple(judged), notes=tuple(notes))
