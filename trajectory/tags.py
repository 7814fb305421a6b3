"""Tags of published data sets from our decisions: their words and numbers, our segments."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal, final, get_args

import numpy as np
from jaxtyping import Float

from trajectory import moves
from trajectory.comma_names import names_in
from trajectory.components import CHANNEL_OF, CHANNELS, ROTATION, TRANSLATION, ZOOM
from trajectory.description import Description
from trajectory.errors import CinetrajError
from trajectory.kinematics import INDEX_FPS, seconds
from trajectory.model import Trajectory
from trajectory.segments import Segment, SegmentConfig
from trajectory.vocabulary import WORDS

TagSet = Literal["et", "datadop", "spatialvid"]
SETS: Final[tuple[TagSet, ...]] = get_args(TagSet)
TITLE: Final[Mapping[TagSet, str]] = {"et": "E.T.", "datadop": "DataDoP", "spatialvid": "SpatialVID"}
UNKNOWN_WAY = "whether the camera travels is not known"
NO_POSE = "no pose"
_Signs = tuple[int, ...]
_ALWAYS_SAID: Final[Mapping[TagSet, tuple[str, ...]]] = {
    "et": ("Move_In",),
    "datadop": ("Move_In", "Pan_Left"),
    "spatialvid": (),
}
"""Primitives whose quantity each word of a set speaks of, though it may be to say that there is none."""
_ET_UNITS = (9, 3, 1)
"""Numbers of an E.T. tag: 9 right, 18 left; 3 down, 6 up; 1 in, 2 out. DataDoP's have up and back for down and in."""
_TURNS = {"pitch up": 1, "pitch down": 2, "yaw left": 3, "yaw right": 4, "roll left": 5, "roll right": 6}


@final
@dataclass(frozen=True, kw_only=True)
class Tag:
    """What a set calls one stretch of a clip.

    Attributes:
        start, stop: steps between frames, `stop` excluded: step i leads from frame i to frame i + 1.
        words: of the set; none where nothing is known.
        index: the set's own number, None where it has none or nothing is known.
        sure: whether every move behind it is sure.
        unknown: why there is no word.
        unnamed: moves of the stretch for which the set has no word.
    """

    start: int
    stop: int
    start_s: float
    end_s: float
    words: tuple[str, ...]
    index: int | None
    sure: bool
    unknown: str = ""
    unnamed: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class Tags:
    """The tags of a clip in one set, without gaps from its first step to its last."""

    name: TagSet
    spans: tuple[Tag, ...]

    def labels(self) -> list[int | None]:
        """The set's number of each step, as E.T. and DataDoP store them; None where there is none."""
        return [span.index for span in self.spans for _ in range(span.stop - span.start)]

    def instructions(self) -> dict[str, list[str]]:
        """Words by steps "0->12", as SpatialVID stores them."""
        return {f"{span.start}->{span.stop}": list(span.words) for span in self.spans}

    def to_json(self) -> dict[str, Any]:
        """JSON values: spans, and the labels or instructions in the form of the set."""
        own: dict[str, Any] = (
            {"instructions": self.instructions()} if self.name == "spatialvid" else {"labels": self.labels()}
        )
        return {"spans": [asdict(span) for span in self.spans], **own}


def tags(
    description: Description,
    trajectory: Trajectory,
    sets: Sequence[str] = SETS,
    *,
    index_fps: float = INDEX_FPS,
) -> dict[TagSet, Tags]:
    """Tags of a described trajectory.

    The moves are those that captions tell, in the camera's own axes; a stretch that is shorter than any segment may be
    joins its neighbour.

    Args:
        sets: names; one string may hold several with commas between.
        index_fps: the rate that the description assumed where the trajectory counts frames.

    Raises:
        CinetrajError: a set that is not known.
    """
    names = names_in(sets) if isinstance(sets, str) else [*sets]
    strange = [name for name in names if name not in SETS]
    if strange:
        raise CinetrajError(f"{strange[0]!r} is no set of tags, expected {', '.join(SETS)}")
    time_s = seconds(trajectory, trajectory.time_s, index_fps=index_fps)
    active = _active(description.moves, time_s, trajectory)
    bounds = _stretches(active, time_s, SegmentConfig().min_duration_s)
    wanted: list[TagSet] = [name for name in SETS if name in names]
    return {name: Tags(name=name, spans=_spans(name, description, active, bounds, time_s)) for name in wanted}


def et_index(signs: _Signs) -> int:
    """E.T.'s number of a translation: signs right, down, ahead."""
    return sum(unit * (2 if sign < 0 else sign) for unit, sign in zip(_ET_UNITS, signs, strict=True))


def _active(told: Sequence[Segment], time_s: Float[np.ndarray, " n"], trajectory: Trajectory) -> list[_Signs | None]:
    """Sign of each component at each step; None where nothing is known of the step."""
    middle = (time_s[:-1] + time_s[1:]) / 2.0
    signs = np.zeros((len(middle), len(CHANNELS)), dtype=int)
    covered = trajectory.valid[:-1] & trajectory.valid[1:]
    for segment in sorted(told, key=lambda s: s.margin):
        channel, sign = CHANNEL_OF[segment.primitive]
        inside = (middle >= segment.start_s) & (middle <= segment.end_s)
        signs[inside, channel] = int(sign)
        covered = covered | inside
    return [tuple(row) if known else None for row, known in zip(signs.tolist(), covered.tolist(), strict=True)]


def _stretches(
    active: Sequence[_Signs | None], time_s: Float[np.ndarray, " n"], least_s: float
) -> list[tuple[int, int, int]]:
    """(start, stop, step that stands for it) of equal steps; the shortest joins its longer neighbour until all last."""
    edges = [0, *(i for i in range(1, len(active)) if active[i] != active[i - 1]), len(active)]
    found = [(a, b, a) for a, b in pairwise(edges) if a < b]

    def duration(at: int) -> float:
        start, stop, _ = found[at]
        return float(time_s[stop] - time_s[start])

    while len(found) > 1:
        at = min(range(len(found)), key=duration)
        if duration(at) >= least_s:
            break
        beside = [i for i in (at - 1, at + 1) if 0 <= i < len(found)]
        into = max(beside, key=duration)
        first, last = min(at, into), max(at, into)
        found[first : last + 1] = [(found[first][0], found[last][1], found[into][2])]
        found = _merged(found, active)
    return found


def _merged(found: list[tuple[int, int, int]], active: Sequence[_Signs | None]) -> list[tuple[int, int, int]]:
    """Neighbours that say the same as one."""
    merged = found[:1]
    for start, stop, step in found[1:]:
        if active[step] == active[merged[-1][2]]:
            merged[-1] = (merged[-1][0], stop, merged[-1][2])
        else:
            merged.append((start, stop, step))
    return merged


def _spans(
    name: TagSet,
    description: Description,
    active: Sequence[_Signs | None],
    bounds: Sequence[tuple[int, int, int]],
    time_s: Float[np.ndarray, " n"],
) -> tuple[Tag, ...]:
    known = moves.translation_is_known(description.decisions)
    certainty = description.certainty  # a move that is near its threshold makes no tag doubtful that does not name it
    always = [each for each in _ALWAYS_SAID[name] if certainty.groundless or certainty.doubted(each)]
    found: list[Tag] = []
    for start, stop, step in bounds:
        signs = active[step]
        words, index, unknown = ((), None, NO_POSE) if signs is None else _words(name, signs, description, known)
        named = _named(signs)
        found.append(
            Tag(
                start=start,
                stop=stop,
                start_s=float(time_s[start]),
                end_s=float(time_s[stop]),
                words=words,
                index=index,
                sure=signs is not None
                and known
                and not description.doubted.intersection((*(named or ["Static"]), *always)),
                unknown=unknown,
                unnamed=tuple(n for n in named if getattr(WORDS[n], name) is None),
            )
        )
    return tuple(_joined(found))


def _joined(spans: Sequence[Tag]) -> list[Tag]:
    """Neighbours that the set calls the same as one: they differ in moves for which it has no word."""
    joined: list[Tag] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last is None or (last.words, last.index, last.unknown) != (span.words, span.index, span.unknown):
            joined.append(span)
            continue
        joined[-1] = replace(
            last,
            stop=span.stop,
            end_s=span.end_s,
            sure=last.sure and span.sure,
            unnamed=tuple(dict.fromkeys((*last.unnamed, *span.unnamed))),
        )
    return joined


def _named(signs: _Signs | None) -> list[str]:
    """Names of the primitives of a step."""
    return [CHANNELS[i][0 if sign > 0 else 1] for i, sign in enumerate(signs or ()) if sign]


def _words(
    name: TagSet, signs: _Signs, description: Description, known: bool
) -> tuple[tuple[str, ...], int | None, str]:
    """Words, number, and why there are none."""
    if name == "spatialvid":
        told = tuple(word for n in _spatialvid_order(signs) if (word := WORDS[n].spatialvid))
        return told or (("Stay",) if known else ()), None, "" if told or known else UNKNOWN_WAY
    if not known:
        return (), None, UNKNOWN_WAY
    if name == "et":
        way = [WORDS[n].et or "" for n in _named(signs[TRANSLATION])]
        return ("-".join(way) or "static",), et_index(signs[TRANSLATION]), ""
    move, turn = _datadop_move(signs), _strongest_turn(signs, description)
    right, down, ahead = signs[TRANSLATION]
    index = 7 * et_index((right, -down, -ahead)) + (_TURNS[turn] if turn else 0)
    return (move, turn) if turn else (move,), index, ""


def _spatialvid_order(signs: _Signs) -> list[str]:
    """Primitives in the order of SpatialVID's instructions: dolly, truck, pedestal, pan, tilt, roll."""
    named = {i: CHANNELS[i][0 if sign > 0 else 1] for i, sign in enumerate(signs[:ZOOM]) if sign}
    return [named[i] for i in (2, 0, 1, 4, 3, 5) if i in named]


def _datadop_move(signs: _Signs) -> str:
    """As "move left, up, and forward"."""
    ways = [(WORDS[n].datadop or "").removeprefix("move ") for n in _named(signs[TRANSLATION])]
    if not ways:
        return "static"
    if len(ways) < 3:
        return f"move {' and '.join(ways)}"
    return f"move {ways[0]}, {ways[1]}, and {ways[2]}"


def _strongest_turn(signs: _Signs, description: Description) -> str | None:
    """The one turn that DataDoP names: that of the largest margin among those of the step."""
    turns = [CHANNELS[i][0 if signs[i] > 0 else 1] for i in range(ROTATION.start, ROTATION.stop) if signs[i]]

    def margin(name: str) -> float:
        of_segments = [segment.margin for segment in description.segments if segment.primitive == name]
        return max([*of_segments, description.decisions[name].margin or 0.0])

    return WORDS[max(turns, key=margin)].datadop if turns else None
