"""Which moves are told in words and tags, and when."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float

from trajectory.components import CHANNEL_OF, TranslationUnit, opposite
from trajectory.decisions import Decision
from trajectory.image_motion import ImageMotion
from trajectory.segments import Segment

CLEAR_MARGIN: Final = 1.0
"""Margin from which a segment is told though the clip as a whole does not show its primitive, as there and back."""
CLEAR_SHARE_MARGIN: Final = 0.25
"""The same of a way whose size is not known: 5/16 of how far the camera ever gets (`segments.limits_of_reach`)."""
MOST: Final = 0.5
"""Share of a move of the whole clip that its segments tell at least: else they would stand for a small part of it."""
TAKEN_BACK: Final = 0.5
"""Share of such a segment from which what it takes back is told, too."""


def in_segments(
    decisions: Mapping[str, Decision], segments: Sequence[Segment], unit: TranslationUnit
) -> tuple[Segment, ...]:
    """Segments of moves that are told: see `are_told`."""
    return tuple(each for each in with_holds(decisions, segments, unit) if each.primitive != "Static")


def with_holds(
    decisions: Mapping[str, Decision], segments: Sequence[Segment], unit: TranslationUnit
) -> tuple[Segment, ...]:
    """What a timeline shows: the moves of `in_segments` and the stretches that are still, by their start."""
    return tuple(itertools.compress(segments, are_told(decisions, segments, unit)))


def are_told(decisions: Mapping[str, Decision], segments: Sequence[Segment], unit: TranslationUnit) -> tuple[bool, ...]:
    """Which stretches are named in words, tags and pictures: holds; moves that the decisions confirm, or that are clear
    by themselves; and what such a clear one takes back, where that is at least `TAKEN_BACK` of it, in however many
    parts: else a clip would be told to have gone one way alone, of which it shows the other way.

    Args:
        unit: that the translation of the segments is told in.
    """

    def by_itself(segment: Segment) -> bool:
        share = unit == "path_length" and segment.primitive.startswith("Move")
        clear = segment.primitive == "Static" or segment.margin >= (CLEAR_SHARE_MARGIN if share else CLEAR_MARGIN)
        return clear or decisions[segment.primitive].yes is True

    def amount(primitive: str) -> float:
        return sum((each.strength for each in segments if each.primitive == primitive), 0.0)

    back = {
        opposite(each.primitive)
        for each in segments
        if each.primitive != "Static" and by_itself(each) and decisions[each.primitive].yes is not True
    }
    told_back = {name for name in back if amount(name) >= TAKEN_BACK * amount(opposite(name))}
    return tuple(by_itself(each) or each.primitive in told_back for each in segments)


def is_main_way(primitive: str, margin: float, unit: TranslationUnit) -> bool:
    """Whether a move is half of how far the camera gets on a path whose size is not known: a share, which no margin of
    a turn can be held against, so that many turns would leave it out."""
    return unit == "path_length" and primitive.startswith("Move") and margin >= CLEAR_MARGIN


def without_scraps(
    decisions: Mapping[str, Decision], told: Sequence[Segment], seen: ImageMotion
) -> tuple[Segment, ...]:
    """Segments without those of components that they tell less than `MOST` of: the rest of such a move lies where no
    frame has a pose, or is too slow to be a segment. It is one of the whole clip, as long as the decision confirms it.
    """
    signed = [(CHANNEL_OF[each.primitive], each.strength) for each in told]
    sums = np.zeros(seen.shift.shape[1])
    for (channel, sign), strength in signed:
        sums[channel] += sign * strength
    scraps = {
        channel
        for name, (channel, sign) in CHANNEL_OF.items()
        if decisions[name].yes and sign * sums[channel] < MOST * sign * float(seen.shift[-1, channel])
    }
    return tuple(each for each, ((channel, _), _) in zip(told, signed, strict=True) if channel not in scraps)


def throughout(
    decisions: Mapping[str, Decision], told: Sequence[Segment], span_s: tuple[float, float]
) -> tuple[Segment, ...]:
    """Moves of the whole clip that are decided but in no segment, such as a drift hidden in shake."""
    named = {CHANNEL_OF[segment.primitive][0] for segment in told}
    return tuple(
        Segment(
            primitive=name, start_s=span_s[0], end_s=span_s[1], strength=abs(decision.margin), margin=decision.margin
        )
        for name, decision in decisions.items()
        if decision.yes and decision.margin is not None and name in CHANNEL_OF and CHANNEL_OF[name][0] not in named
    )


def in_camera_axes(
    decisions: Mapping[str, Decision],
    segments: Sequence[Segment],
    seen: ImageMotion,
    limits: Float[np.ndarray, " 7"],
) -> tuple[Segment, ...]:
    """What is told, without moves of the whole clip that the camera's own axes do not show.

    Decisions about a translation are relative to the first frame: a camera that pans right by 90 degrees and then
    trucks right has moved backward. Tags are those of the camera as it stands, and there it never went back.
    """
    told = in_segments(decisions, segments, seen.unit)
    rest = throughout(decisions, told, (float(seen.moved.time_s[0]), float(seen.moved.time_s[-1])))

    def shown(segment: Segment) -> bool:
        channel, sign = CHANNEL_OF[segment.primitive]
        return sign * float(seen.shift[-1, channel]) >= float(limits[channel])

    return (*told, *(segment for segment in rest if shown(segment)))


def travels(decisions: Mapping[str, Decision], segments: Sequence[Segment], unit: TranslationUnit) -> bool | None:
    """Whether a move is told, of the whole clip or of a part of it; None where the way is not known."""
    if not translation_is_known(decisions):
        return None
    return any(name.startswith("Move") for name in all_told(decisions, segments, unit))


def all_told(decisions: Mapping[str, Decision], segments: Sequence[Segment], unit: TranslationUnit) -> frozenset[str]:
    """Names of the moves that are told, of the whole clip or of a part of it."""
    whole = {name for name, decision in decisions.items() if decision.yes and name in CHANNEL_OF}
    return frozenset(whole | {each.primitive for each in in_segments(decisions, segments, unit)})


def translation_is_known(decisions: Mapping[str, Decision]) -> bool:
    """Whether anything is known of the way of the camera."""
    return all(decision.yes is not None for name, decision in decisions.items() if name.startswith("Move"))
