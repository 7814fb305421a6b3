"""Shots: where a clip is cut, as PySceneDetect suspects and lost tracks confirm; a flash or a whip pan is no cut."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Bool, UInt8

from sfm.config import ShotConfig
from sfm.masks.blank import find_blank, to_grey
from sfm.masks.surround import find_surround
from sfm.shots.judged import Suspect, judge, one_through_change
from sfm.shots.raised import first_alone, without_blends
from sfm.shots.shown_again import comes_back, covered, same_scene
from sfm.shots.similarity import Linker
from sfm.shots.suspicions import Suspicion, looser, middle, suspicions
from sfm.types import Frames


@final
@dataclass(frozen=True, kw_only=True)
class Shots:
    """Shots as (start, stop) in frames, what was suspected, and remarks for run.json."""

    spans: tuple[tuple[int, int], ...]
    suspects: tuple[Suspect, ...]
    notes: tuple[str, ...]


DEFAULT_CONFIG = ShotConfig()


def split(frames: Frames, config: ShotConfig = DEFAULT_CONFIG) -> tuple[tuple[int, int], ...]:
    """Shots as (start, stop) in frames: they cover the clip in order, without gaps."""
    return find(frames, config).spans


def find(frames: Frames, config: ShotConfig = DEFAULT_CONFIG, *, blends: bool = True) -> Shots:
    """Split a clip into shots and say why.

    A cut is a place where the pictures on both sides share neither tracks, nor features, nor a common shift.
    Images that are only numbered need not be neighbours in time: there a jump of the camera is no cut as long as
    any image on one side shows what any image on the other side shows. Of a rate that was raised by blending the frames
    of the film are asked alone: between those of quick motion lie blends of two pictures that nothing links. None is
    looked for where there are no `blends`, as they were left out.
    """
    count = len(frames)
    if count < 2:
        return Shots(spans=((0, count),), suspects=(), notes=())
    film = without_blends(frames) if blends else frames
    if film is frames:
        return _shots(_judged(frames, config), count, config)
    numbers = np.searchsorted(frames.index, film.index)
    judged: list[Suspect] = []
    for each in _judged(film, config):
        last, first = int(numbers[each.frame - 1]), int(numbers[each.frame])
        judged.append(replace(each, frame=first_alone(frames.rgb, last, first)))
    return _shots(judged, count, config)


def at_breaks(frames: Frames, breaks: Sequence[tuple[int, int]], config: ShotConfig = DEFAULT_CONFIG) -> list[int]:
    """Gradual cuts within a shot, where hardly any track crosses a stretch of it (`sfm.tracking.breaks`), in order.

    There a dissolve or a wipe may be explained worse, since both sides may move; nothing links its ends.
    """
    content, blank = _without_bars(frames)
    linker = _linker(content, frames, config)
    found = looser(content, _step_s(frames), config)
    near = [each for each in found if any(first <= middle(each) <= last for first, last in breaks)]
    return [each.frame for each in _with_gradual([], near, linker, blank, frames, config) if each.cut]


def _judged(frames: Frames, config: ShotConfig) -> list[Suspect]:
    """All that is suspected of two frames and more, with the verdicts."""
    content, blank = _without_bars(frames)
    first, later = suspicions(content, blank, _step_s(frames), config)
    linker = _linker(content, frames, config)
    judged = one_through_change(judge(first, linker, blank, _bridge(frames, config), config))
    if frames.time_source == "index":
        judged = same_scene(judged, linker, len(frames))
    else:
        judged = covered(judged, linker, blank, _reach(frames, config))
    return _with_gradual(judged, later, linker, blank, frames, config)


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


def _linker(content: UInt8[np.ndarray, "n h w 3"], frames: Frames, config: ShotConfig) -> Linker:
    """What compares the pictures, which know their times where they carry seconds."""
    time_s = None if frames.time_source == "index" else frames.time_s
    return Linker(lambda number: content[number], config.similarity, time_s)


def _step_s(frames: Frames) -> float | None:
    """Seconds from one frame to the next, None where they carry none."""
    return None if frames.time_source == "index" else float(np.median(np.diff(frames.time_s)))


def _bridge(frames: Frames, config: ShotConfig) -> int:
    """Frames that a flash may last: at most as long as it lasts in seconds."""
    step_s = _step_s(frames)
    if step_s is None:
        return config.bridge_frames
    return int(np.clip(round(config.bridge_s / step_s), 1, 8))


def _reach(frames: Frames, config: ShotConfig) -> int:
    """Frames that a subject may cover the lens."""
    step_s = _step_s(frames)
    return config.bridge_frames if step_s is None else max(1, round(config.covered_s / step_s))


def _with_gradual(
    judged: list[Suspect],
    later: Sequence[Suspicion],
    linker: Linker,
    blank: Bool[np.ndarray, " n"],
    frames: Frames,
    config: ShotConfig,
) -> list[Suspect]:
    """What was judged, and besides, one after the other, gradual changes beside no cut so far; by their frames."""
    reach, bridge = _reach(frames, config), _bridge(frames, config)
    for each in later:
        _, start, stop = each
        beside = blank[start : stop + 1].any() or any(one.cut and start <= one.frame <= stop for one in judged)
        if not beside and not comes_back(linker, start, stop, reach, len(blank)):
            judged = [*judged, *judge({middle(each): each}, linker, blank, bridge, config)]
    return sorted(judged, key=lambda one: one.frame)


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
