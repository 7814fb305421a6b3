"""Moves as parts of a sentence: what they are called, how much, which of them belong together."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from trajectory.certainty import Certainty, Quantity, quantities_of
from trajectory.components import CHANNEL_OF, TRANSLATION, opposite
from trajectory.compound import Compound
from trajectory.enumeration import listed
from trajectory.image_motion import ImageMotion
from trajectory.segments import Segment
from trajectory.vocabulary import WORDS, Phrase, Word

SLIGHT_DEPTHS = 0.15
"""A translation below this share of the scene depth is "slight": it changes the size of things by less than a sixth."""
_CERTAIN = 1e6
"""Weight of a compound: it says more than its parts, whatever their margins."""


@final
@dataclass(frozen=True, kw_only=True)
class Part:
    """A move to be named: its word, how much of it, when.

    Attributes:
        amount: behind the way, with its space or comma; "" where no amount is told.
        exact: the amount with numbers only, for long captions.
        sure: whether it is told without a doubt.
        overall: whether it shows from the first frame to the last alone, and in no stretch of its own.
        channel: the component of `components.CHANNELS`; None for a compound.
    """

    word: Word
    amount: str
    exact: str
    start_s: float
    end_s: float
    weight: float
    rests_on: tuple[Quantity, ...]
    sure: bool
    overall: bool = False
    channel: int | None = None

    @property
    def slight(self) -> bool:
        """Whether the move is a small one."""
        return self.amount == " slightly"


@final
@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A part as it is put into a sentence."""

    finite: str
    gerund: str
    rest: str


Style = Callable[[Part], Spoken]


def with_amounts(part: Part) -> Spoken:
    """As captions of medium length say it: "pans left about 28°", "possibly moves forward slightly"."""
    return _spoken(part.word.said, part.amount, sure=part.sure)


def without_amounts(part: Part) -> Spoken:
    """As short captions say it."""
    return _spoken(part.word.said, "", sure=part.sure)


def as_prompted(part: Part) -> Spoken:
    """As generators are told: words of the trade, no numbers."""
    return _spoken(part.word.prompt, " slightly" if part.slight else "", sure=True)


def parts_of(
    told: Sequence[Segment],
    compound: Compound,
    seen: ImageMotion,
    *,
    certainty: Certainty,
    doubted: Collection[str],
    overall: Collection[Segment] = (),
    outweighed: Collection[str] = (),
) -> list[Part]:
    """A part for each segment; those that an arc, a crane or a dolly zoom is made of are replaced by its name.

    Args:
        overall: those of `told` that are no segments of the path, but its first frame against its last.
        outweighed: primitives whose opposite is more probable: both ways are named, that one first.
    """
    parts = [
        _of_segment(segment, seen, certainty, doubted=segment.primitive in doubted, overall=segment in overall)
        for segment in told
    ]
    parts = [_either_way(part) if part.word.name in outweighed else part for part in parts]
    return _with_compounds(parts, compound, seen, certainty)


def joined(parts: Sequence[Part], style: Style) -> str:
    """Simultaneous moves joined by "while", successive ones by "then".

    The same words are not said twice on end, but with their amounts: two pans of 30° are not one of them.
    """
    said: list[str] = []
    for group in _groups(parts):
        text = _joined(group, style)
        counted = style is with_amounts and any(part.amount and not part.slight for part in group)
        if counted or said[-1:] != [text]:
            said.append(text)
    return ", then ".join(said)


def _spoken(phrase: Phrase, amount: str, *, sure: bool) -> Spoken:
    hedge = "" if sure else "possibly "
    return Spoken(finite=hedge + phrase.finite, gerund=hedge + phrase.gerund, rest=phrase.way + amount)


def _of_segment(
    segment: Segment, seen: ImageMotion, certainty: Certainty, *, doubted: bool, overall: bool = False
) -> Part:
    channel, sign = CHANNEL_OF[segment.primitive]
    ends = [float(np.interp(t, seen.moved.time_s, seen.amount[:, channel])) for t in (segment.start_s, segment.end_s)]
    amount = sign * (ends[1] - ends[0])
    if overall and channel < TRANSLATION.stop:  # as the decision, in the axes of the first frame: no step may go there
        amount = sign * float(seen.endpoint[channel] / seen.weight[channel])
    loosely = not doubted and certainty.doubted(segment.primitive)
    return Part(
        word=WORDS[segment.primitive],
        amount=_how_much(segment.primitive, amount, seen, loosely=loosely),
        exact=_exactly(segment.primitive, amount, seen, loosely=loosely),
        start_s=segment.start_s,
        end_s=segment.end_s,
        weight=segment.margin,
        rests_on=quantities_of(segment.primitive),
        sure=not doubted,
        overall=overall,
        channel=channel,
    )


def _either_way(part: Part) -> Part:
    """As "possibly moves backward or forward": no amount, which is of the one way only."""
    word, other = part.word, WORDS[opposite(part.word.name)]
    said = replace(word.said, way=f"{other.said.way} or {word.said.way}")
    return replace(part, word=replace(word, said=said), amount="", exact="", sure=False)


def _how_much(name: str, amount: float, seen: ImageMotion, *, loosely: bool) -> str:
    if name.startswith("Move"):
        slight = seen.unit != "path_length" and amount < SLIGHT_DEPTHS
        return " slightly" if slight else ""
    return _exactly(name, amount, seen, loosely=loosely)


def _exactly(name: str, amount: float, seen: ImageMotion, *, loosely: bool) -> str:
    """The amount in words; "roughly" where it is not sure although the move is."""
    about = "roughly" if loosely else "about"
    if name.startswith("Move"):
        if seen.unit == "path_length" or amount <= 0.0:
            return ""
        depth = "depth of what is near" if seen.nearness < 1.0 else "scene depth"
        return f" by {'roughly ' if loosely else ''}{100 * amount:.0f} % of the {depth}"
    if name.startswith("Zoom"):
        return f" {about} {np.exp(abs(amount)):.1f} times"
    return f" {about} {abs(np.degrees(amount)):.0f}°"


def _with_compounds(parts: list[Part], compound: Compound, seen: ImageMotion, certainty: Certainty) -> list[Part]:
    def instead(name: str, amount: str, rests_on: tuple[Quantity, ...], *moves: str) -> list[Part]:
        """The parts with the compound in place of its moves, from when the first of them begins to the last end."""
        made_of = [part for part in parts if part.word.name in moves]
        timed = [part for part in made_of if not part.overall]
        vouched_for = not certainty.groundless and all(certainty.sure.get(each) is not False for each in rests_on)
        whole = Part(
            word=WORDS[name],
            amount=amount,
            exact=amount,
            start_s=min((part.start_s for part in timed), default=float(seen.moved.time_s[0])),
            end_s=max((part.end_s for part in timed), default=float(seen.moved.time_s[-1])),
            weight=_CERTAIN,
            rests_on=rests_on,
            sure=vouched_for and all(part.sure for part in made_of),
        )
        return [*(part for part in parts if part.word.name not in moves), whole]

    if compound.dolly_zoom is not None:
        name = "Dolly_In_Zoom_Out" if compound.dolly_zoom == "in_zoom_out" else "Dolly_Out_Zoom_In"
        parts = instead(name, "", ("translation", "zoom"), "Zoom_In", "Zoom_Out", "Move_In", "Move_Out")
    if compound.arc is not None:
        # The far side of a circle lies ahead of where the camera stood first, and above where it looked down at the
        # centre; it never moved there.
        parts = [part for part in parts if not (part.overall and part.word.name.startswith("Move"))]
        name = f"Arc_{compound.arc.direction.capitalize()}"
        curve = f"spiral {compound.arc.spiral}" if compound.arc.spiral else "circle"
        swept = f", about {compound.arc.swept_deg:.0f}° of a {curve}"
        parts = instead(name, swept, ("rotation", "translation"), "Pan_Left", "Pan_Right", "Move_Left", "Move_Right")
    if compound.crane is not None:
        name = f"Crane_{compound.crane.direction.capitalize()}"
        parts = instead(name, "", ("translation",), "Move_Up", "Move_Down")
    return parts


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts that overlap by half of the shorter one belong together, unless they oppose; others follow each other."""
    groups: list[list[Part]] = []
    for part in parts:
        last = groups[-1] if groups else []
        if any(_overlap(part, member) for member in last) and not any(_oppose(part, member) for member in last):
            last.append(part)
        else:
            groups.append([part])
    return groups


def _overlap(a: Part, b: Part) -> bool:
    shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return shared >= 0.5 * min(a.end_s - a.start_s, b.end_s - b.start_s)


def _oppose(a: Part, b: Part) -> bool:
    return a.channel is not None and a.channel == b.channel


def _joined(group: list[Part], style: Style) -> str:
    first, *after = sorted(group, key=lambda p: -p.weight)
    # What is not sure comes last: "possibly" before another move would be read for that, too.
    lead, *others = [style(part) for part in (first, *sorted(after, key=lambda p: not p.sure))]
    text = f"{lead.finite} {lead.rest}"
    same = [p.rest for p in others if p.finite == lead.finite]
    if same:
        text = f"{lead.finite} {listed([lead.rest, *same])}"
    clauses: list[str] = []
    for gerund in dict.fromkeys(p.gerund for p in others if p.finite != lead.finite):
        clauses.append(f"{gerund} {listed([p.rest for p in others if p.gerund == gerund])}")
    return f"{text} while {listed(clauses)}" if clauses else text
