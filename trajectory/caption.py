"""What the camera does in words: captions at three lengths, and a prompt for generators."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, TypeVar, final

from trajectory import moves
from trajectory.certainty import SURE, Certainty, Quantity
from trajectory.compound import Compound
from trajectory.decisions import Decision, outweighed
from trajectory.enumeration import listed
from trajectory.image_motion import ImageMotion
from trajectory.minor import AmountUnit, Minor
from trajectory.phrases import Part, as_prompted, joined, parts_of, with_amounts, without_amounts
from trajectory.segments import Segment
from trajectory.steadiness import Speed, Steadiness
from trajectory.turns import Turned
from trajectory.vocabulary import SPEED, STEADINESS, WORDS

_DOES: dict[Quantity, str] = {"rotation": "turns", "translation": "travels", "zoom": "zooms"}
_LITTLE = "travels a little"
"""Where an estimator vouches for a camera that does not travel, and a short way would not show."""
_MOVES = "moves"
"""Where nothing is told to move, and the clip as a whole is not vouched for."""
_NOUN: dict[str, str] = {
    "turns": "turn",
    "travels": "travel",
    _LITTLE: "a little travel",
    "zooms": "zoom",
    _MOVES: "motion",
}
DATED_S = 946_684_800.0
"""The year 2000 in seconds since 1970: clocks beyond it tell the date, and a caption counts from the first frame."""
_MOST = 6
_MOST_SHORT = 2
_MOST_LONG = 16

_T = TypeVar("_T")
_Still = tuple[str, str, str]
_STATIC: Final[_Still] = ("The camera is static", "Static", "The camera is locked off in a static shot")
_SHAKES: Final[_Still] = (
    "The camera stays in place but shakes",
    "In place, shaky",
    "The camera stays in place in a shaky handheld shot",
)
_UNSTEADY: Final[_Still] = (
    "The camera stays in place, slightly unsteady",
    "In place, slightly unsteady",
    "The camera stays in place in a handheld shot",
)
_HARDLY: Final[_Still] = ("The camera hardly moves", "Hardly moves", "The camera hardly moves")


@final
@dataclass(frozen=True, kw_only=True)
class Captions:
    """What the camera does, at three lengths and as a prompt.

    Attributes:
        short: a few words: the two strongest moves of different words, no amounts, and what is not sure.
        medium: one sentence with rounded amounts, steadiness and speed, and what is not sure.
        long: that sentence, then each move with its time and amount, the whole turn, and what is sure. Times are those
            of the path; where they count from 1970 they begin with its first frame.
        prompt: a sentence for a generator in the words of the trade, with sure moves only; None where nothing is sure
            or the clip is unreliable as a whole.
    """

    short: str
    medium: str
    long: str
    prompt: str | None

    def to_json(self) -> dict[str, str | None]:
        """JSON values."""
        return {"short": self.short, "medium": self.medium, "long": self.long, "prompt": self.prompt}


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class _Plan:
    """What is to be said: parts by time, those of the short caption, all of them, and what stands around them."""

    parts: list[Part]
    strongest: list[Part]
    every: list[Part]
    many: bool
    still: _Still
    unknown: bool


def captions(
    seen: ImageMotion,
    decisions: Mapping[str, Decision],
    segments: Sequence[Segment],
    compound: Compound,
    *,
    manner: tuple[Steadiness | None, Speed | None],
    certainty: Certainty | None = None,
    doubted: Collection[str] = (),
    minor: Sequence[Minor] = (),
    turned: Turned | None = None,
    counted_fps: float | None = None,
    shown: Collection[Segment] | None = None,
) -> Captions:
    """Captions of a clip: what happens, in which order, how steadily and how fast.

    Simultaneous motions are joined by "while", successive ones by "then". What is `doubted` is said with "possibly",
    and left out of the prompt; one that is less probable than its opposite is said with both ways; a move that is sure
    and whose amount is not, with "roughly". Minor moves are named where nothing else is.

    Args:
        manner: steadiness and speed, None where they are not known.
        turned: how far it turned in all, for the long caption.
        counted_fps: the rate over which times are frame numbers, where nothing tells one: then pace and steadiness are
            not told, and stretches are told by frames.
        shown: moves that the camera's own axes show (`moves.in_camera_axes`); None: all. A camera that pans by 90
            degrees and then goes ahead has gone aside of where it first looked, which the long caption says alone.
    """
    certainty = certainty or Certainty()
    told = moves.without_scraps(decisions, moves.in_segments(decisions, segments, seen.unit), seen)
    span_s = (float(seen.moved.time_s[0]), float(seen.moved.time_s[-1]))
    overall = moves.throughout(decisions, told, span_s)
    ranked = sorted((*told, *overall), key=lambda s: -s.margin)
    by_turns = _in_turn(ranked, lambda s: moves.is_main_way(s.primitive, s.margin, seen.unit))
    kept = _new_first(by_turns, lambda s: s.primitive)[:_MOST_LONG]
    parts = parts_of(
        kept,
        compound,
        seen,
        certainty=certainty,
        doubted=doubted,
        overall=overall,
        outweighed=outweighed(decisions),
    )
    every = sorted(parts, key=lambda p: -p.weight)
    strongest = [part for part in every if not _elsewhere(part, told, shown)]
    ways_first = _in_turn(strongest, lambda p: moves.is_main_way(p.word.name, p.weight, seen.unit))
    in_sentence = _new_first(ways_first, lambda p: p.word.name)
    plan = _Plan(
        parts=_by_time(in_sentence[:_MOST]),
        strongest=_by_time(_of_each_word(strongest)[:_MOST_SHORT]),
        every=_by_time(every[:_MOST_LONG]),
        many=len(in_sentence) > _MOST or len(ranked) > len(kept),
        still=_still(decisions, manner[0]),
        unknown=any(d.yes is None for n, d in decisions.items() if n.startswith("Move")),
    )
    steady = ("", "") if counted_fps or manner[0] is None else STEADINESS[manner[0]]
    pace = ("", "") if counted_fps or manner[1] is None else SPEED[manner[1]]
    medium = _medium(plan, (steady[0], pace[0]), certainty, minor)
    return Captions(
        short=_short(plan, certainty),
        medium=medium,
        long=_long(medium, plan, certainty, turned, counted_fps, span_s[0] if span_s[0] > DATED_S else 0.0),
        prompt=_prompt(plan, (steady[1], pace[1]), certainty),
    )


def unknown(text: str) -> Captions:
    """Captions of a clip of which nothing is known."""
    return Captions(short="Not known.", medium=text, long=text, prompt=None)


def amount_in_words(amount: float, unit: AmountUnit) -> str:
    """The amount of a minor move with its unit."""
    if unit == "deg":
        return f"{amount:.1f}°"
    whole = {"scene_depth": " of the scene depth", "near_depth": " of the depth of what is near", "ratio": ""}
    return f"{100 * amount:.1f} %{whole[unit]}"


def _elsewhere(part: Part, told: Sequence[Segment], shown: Collection[Segment] | None) -> bool:
    """Whether it is a way in the axes of the first frame alone, of a camera whose way is told as it went."""
    way = part.overall and part.word.name.startswith("Move")
    if shown is None or not way or not any(segment.primitive.startswith("Move") for segment in told):
        return False
    return all(segment.primitive != part.word.name for segment in shown)


def _in_turn(ranked: Sequence[_T], is_main_way: Callable[[_T], bool]) -> list[_T]:
    """Main ways and all else by turns, a way first: they have no common measure, and neither shall hide the other."""
    ways, rest = ([each for each in ranked if is_main_way(each) == main] for main in (True, False))
    return [each for pair in zip_longest(ways, rest) for each in pair if each is not None]


def _new_first(ranked: Sequence[_T], name_of: Callable[[_T], str]) -> list[_T]:
    """The first of each name before any that only repeats one: eight pans hide no tilt."""
    first, again, seen = list[_T](), list[_T](), set[str]()
    for each in ranked:
        name = name_of(each)
        (again if name in seen else first).append(each)
        seen.add(name)
    return first + again


def _of_each_word(parts: Sequence[Part]) -> list[Part]:
    """The first part of each word: without amounts a second pan to the left says nothing new."""
    return list({part.word.name: part for part in reversed(parts)}.values())[::-1]


def _by_time(parts: Sequence[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: part.start_s)


def _medium(plan: _Plan, manner: tuple[str, str], certainty: Certainty, minor: Sequence[Minor]) -> str:
    told: set[Quantity] = {quantity for part in plan.parts for quantity in part.rests_on}
    doubt = _doubts(certainty, told, unknown=plan.unknown)
    if not plan.parts:
        return plan.still[0] + _minor_words(minor, groundless=certainty.groundless) + doubt + "."
    opening = "Among many moves, the camera " if plan.many else "The camera "
    said = ", ".join(word for word in manner if word)
    return opening + joined(plan.parts, with_amounts) + (f"; {said}" if said else "") + doubt + "."


def _short(plan: _Plan, certainty: Certainty) -> str:
    told: set[Quantity] = {quantity for part in plan.strongest for quantity in part.rests_on}
    doubt = "".join(f"; {_NOUN[verb]} {why}" for verb, why in _doubted(certainty, told, unknown=plan.unknown))
    if plan.strongest:
        text = joined(plan.strongest, without_amounts)
        return f"Many moves: {text}{doubt}." if plan.many else f"{text[0].upper()}{text[1:]}{doubt}."
    still = plan.still[1]
    if plan.still is _STATIC and (plan.unknown or certainty.groundless or certainty.doubted("Static")):
        return f"Possibly {still.lower()}."
    return f"{still}{doubt}."


def _long(
    medium: str,
    plan: _Plan,
    certainty: Certainty,
    turned: Turned | None,
    counted_fps: float | None,
    zero_s: float,
) -> str:
    said = [medium]
    timed = [f"{_span(part, counted_fps, zero_s)} it {_exactly(part)}" for part in plan.every if not part.overall]
    if timed:
        text = "; ".join(timed)
        said.append(f"{text[0].upper()}{text[1:]}.")
    overall = [_exactly(part) for part in plan.every if part.overall]
    if turned is not None and max(abs(angle) for angle in turned.told) >= 0.5:
        tilt, pan, roll = (f"{round(angle):+d}°" if round(angle) else "0°" for angle in turned.told)
        summed = "" if turned.frame == "horizon" else ", summed over its steps"
        overall.append(f"turns by pan {pan}, tilt {tilt}, roll {roll}{summed}")
    if overall:
        said.append(f"From the first frame to the last it {listed(overall)}.")
    sure = certainty.words()
    if sure:
        said.append(f"{sure[0].upper()}{sure[1:]}.")
    return " ".join(said)


def _span(part: Part, counted_fps: float | None, zero_s: float) -> str:
    if counted_fps is None:
        return f"from {part.start_s - zero_s:.1f} to {part.end_s - zero_s:.1f} s"
    return f"from frame {round(part.start_s * counted_fps)} to {round(part.end_s * counted_fps)}"


def _exactly(part: Part) -> str:
    words = part.word.said
    return f"{'' if part.sure else 'possibly '}{words.finite} {words.way}{part.exact}"


def _prompt(plan: _Plan, manner: tuple[str, str], certainty: Certainty) -> str | None:
    if certainty.unreliable:
        return None
    if not plan.parts:
        known = not plan.unknown and not certainty.doubted("Static")
        return f"{plan.still[2]}." if known else None
    sure = [part for part in plan.parts if part.sure]
    if not sure:
        return None
    steady, pace = manner
    moved = joined(sure, as_prompted)
    return f"The camera {pace + ' ' if pace else ''}{moved}{'; ' + steady if steady else ''}."


def _doubts(certainty: Certainty, told: set[Quantity], *, unknown: bool) -> str:
    """What is not known or not sure of quantities of which nothing is told."""
    return "".join(f"; whether it {verb} is {why}" for verb, why in _doubted(certainty, told, unknown=unknown))


def _doubted(certainty: Certainty, told: set[Quantity], *, unknown: bool) -> list[tuple[str, str]]:
    """What it may do, of which nothing is told, and why it is not: as ("travels", "not known")."""
    verb = _LITTLE if certainty.sure.get("translation") else _DOES["translation"]
    doubts = [(verb, "not known")] if unknown else []
    for quantity, does in _DOES.items():
        left = quantity not in told and not (unknown and quantity == "translation")
        if left and certainty.sure.get(quantity) is False:
            doubts.append((does, "not sure"))
    if certainty.groundless and not told and not doubts:
        doubts.append((_MOVES, "not sure"))
    return doubts


def _minor_words(minor: Sequence[Minor], *, groundless: bool) -> str:
    """As "; it moves forward by 3.0 % of the scene depth": minor moves with their amounts, "possibly" if not sure, as
    nothing is of a clip that is not vouched for."""
    if not minor:
        return ""
    words = [
        ("" if each.probability >= SURE and not groundless else "possibly ")
        + f"{WORDS[each.primitive].said} by {amount_in_words(each.amount, each.unit)}"
        for each in minor
    ]
    return f"; it {listed(words)}"


def _still(decisions: Mapping[str, Decision], steadiness: Steadiness | None) -> _Still:
    if decisions["Static"].yes:
        return _STATIC
    return {"shaky": _SHAKES, "slightly_unsteady": _UNSTEADY}.get(steadiness or "", _HARDLY)
