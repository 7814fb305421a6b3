"""A sentence that says what the camera does."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from trajectory.certainty import Certainty, Quantity, listed, quantities_of
from trajectory.components import CHANNEL_OF
from trajectory.compound import Compound
from trajectory.decisions import Decision
from trajectory.image_motion import ImageMotion
from trajectory.minor import AmountUnit, Minor
from trajectory.segments import Segment
from trajectory.steadiness import Speed, Steadiness

_VERB = {
    "Move_In": ("moves", "moving", "forward"),
    "Move_Out": ("moves", "moving", "backward"),
    "Move_Up": ("moves", "moving", "up"),
    "Move_Down": ("moves", "moving", "down"),
    "Move_Right": ("moves", "moving", "right"),
    "Move_Left": ("moves", "moving", "left"),
    "Zoom_In": ("zooms", "zooming", "in"),
    "Zoom_Out": ("zooms", "zooming", "out"),
    "Pan_Right": ("pans", "panning", "right"),
    "Pan_Left": ("pans", "panning", "left"),
    "Tilt_Up": ("tilts", "tilting", "up"),
    "Tilt_Down": ("tilts", "tilting", "down"),
    "Roll_Clockwise": ("rolls", "rolling", "clockwise"),
    "Roll_Counterclockwise": ("rolls", "rolling", "counterclockwise"),
}
_STEADINESS = {"static": "", "smooth": "smooth", "slightly_unsteady": "slightly unsteady", "shaky": "shaky"}
_SPEED = {"slow": "slow", "regular": "regular speed", "fast": "fast", "whip": "as fast as a whip"}
_DOES: dict[Quantity, str] = {"rotation": "turns", "translation": "travels", "zoom": "zooms"}
_MOST = 4
SLIGHT_DEPTHS = 0.15
"""A translation below this share of the scene depth is "slight": it changes the size of things by less than a sixth."""


@final
@dataclass(frozen=True, kw_only=True)
class _Part:
    """A motion to be named: verb (finite, -ing), its direction, how much, when."""

    finite: str
    gerund: str
    rest: str
    start_s: float
    end_s: float
    weight: float
    rests_on: tuple[Quantity, ...]
    doubted: bool = False
    channel: int | None = None


def sentence(
    seen: ImageMotion,
    decisions: Mapping[str, Decision],
    segments: Sequence[Segment],
    compound: Compound,
    *,
    steadiness: Steadiness,
    speed: Speed | None,
    certainty: Certainty | None = None,
    doubted: Collection[str] = (),
    minor: Sequence[Minor] = (),
) -> str:
    """One sentence: what happens, in which order, how steadily and how fast.

    Angles are rounded to degrees; simultaneous motions are joined by "while", successive ones by "then". What is not
    sure, or a primitive that is `doubted`, is said with "possibly"; minor moves are named where nothing else is.
    """
    certainty = certainty or Certainty()
    told = [s for s in segments if s.primitive != "Static" and (s.margin >= 1.0 or decisions[s.primitive].yes)]
    many = len(told) > 2 * _MOST
    told = sorted(told + _slow_ones(decisions, told, seen), key=lambda s: -s.margin)[: 2 * _MOST]
    parts = _with_compounds([_of_segment(s, seen, doubted=s.primitive in doubted) for s in told], compound, seen)
    parts = sorted(sorted(parts, key=lambda p: -p.weight)[:_MOST], key=lambda p: p.start_s)
    unknown = any(d.yes is None for n, d in decisions.items() if n.startswith("Move"))
    doubt = _doubts(certainty, {quantity for part in parts for quantity in part.rests_on}, unknown=unknown)
    if not parts:
        return _still(decisions, steadiness) + _minor_words(minor) + doubt + "."
    parts = [_hedged(part, certainty) for part in parts]
    opening = "Among many moves, the camera " if many else "The camera "
    manner = ", ".join(w for w in (_STEADINESS[steadiness], _SPEED[speed] if speed else "") if w)
    moves = ", then ".join(_joined(group) for group in _groups(parts))
    return opening + moves + (f"; {manner}" if manner else "") + doubt + "."


def _hedged(part: _Part, certainty: Certainty) -> _Part:
    if not part.doubted and all(certainty.sure.get(quantity) is not False for quantity in part.rests_on):
        return part
    return replace(part, finite=f"possibly {part.finite}", gerund=f"possibly {part.gerund}")


def _doubts(certainty: Certainty, told: set[Quantity], *, unknown: bool) -> str:
    """What is not known or not sure of quantities of which nothing is told."""
    doubts = ["whether it travels is not known"] if unknown else []
    for quantity, verb in _DOES.items():
        if certainty.sure.get(quantity) is False and quantity not in told and not (unknown and verb == "travels"):
            doubts.append(f"whether it {verb} is not sure")
    return "".join(f"; {doubt}" for doubt in doubts)


def _minor_words(minor: Sequence[Minor]) -> str:
    """As "; it moves forward by 3.0 % of the scene depth (0.95)": minor moves with their amounts and probabilities."""
    if not minor:
        return ""
    words: list[str] = []
    for each in minor:
        finite, _, way = _VERB[each.primitive]
        words.append(f"{finite} {way} by {amount_in_words(each.amount, each.unit)} ({each.probability:.2f})")
    return f"; it {listed(words)}"


def amount_in_words(amount: float, unit: AmountUnit) -> str:
    """The amount of a minor move with its unit."""
    if unit == "deg":
        return f"{amount:.1f}°"
    whole = {"scene_depth": " of the scene depth", "near_depth": " of the depth of what is near", "ratio": ""}
    return f"{100 * amount:.1f} %{whole[unit]}"


def _slow_ones(decisions: Mapping[str, Decision], told: Sequence[Segment], seen: ImageMotion) -> list[Segment]:
    """Motions of the whole clip that are decided but in no segment, such as a drift hidden in shake."""
    named = {CHANNEL_OF[s.primitive][0] for s in told}
    start_s, end_s = float(seen.moved.time_s[0]), float(seen.moved.time_s[-1])
    return [
        Segment(primitive=name, start_s=start_s, end_s=end_s, strength=abs(decision.margin), margin=decision.margin)
        for name, decision in decisions.items()
        if decision.yes and decision.margin is not None and name in CHANNEL_OF and CHANNEL_OF[name][0] not in named
    ]


def _still(decisions: Mapping[str, Decision], steadiness: Steadiness) -> str:
    if decisions["Static"].yes:
        return "The camera is static"
    if steadiness == "shaky":
        return "The camera stays in place but shakes"
    if steadiness == "slightly_unsteady":
        return "The camera stays in place, slightly unsteady"
    return "The camera hardly moves"


def _of_segment(segment: Segment, seen: ImageMotion, *, doubted: bool) -> _Part:
    channel, sign = CHANNEL_OF[segment.primitive]
    ends = [float(np.interp(t, seen.moved.time_s, seen.amount[:, channel])) for t in (segment.start_s, segment.end_s)]
    finite, gerund, way = _VERB[segment.primitive]
    rest = way + _how_much(segment.primitive, sign * (ends[1] - ends[0]), seen)
    return _Part(
        finite=finite,
        gerund=gerund,
        rest=rest,
        start_s=segment.start_s,
        end_s=segment.end_s,
        weight=segment.margin,
        rests_on=quantities_of(segment.primitive),
        doubted=doubted,
        channel=channel,
    )


def _how_much(name: str, amount: float, seen: ImageMotion) -> str:
    if name.startswith("Move"):
        if seen.unit == "path_length":
            return ""
        return " slightly" if amount < SLIGHT_DEPTHS else ""
    if name.startswith("Zoom"):
        return f" about {np.exp(abs(amount)):.1f} times"
    return f" about {abs(np.degrees(amount)):.0f}°"


def _with_compounds(parts: list[_Part], compound: Compound, seen: ImageMotion) -> list[_Part]:
    """Replace the parts that an arc, a crane or a dolly zoom is made of by its name."""
    first_s, last_s = float(seen.moved.time_s[0]), float(seen.moved.time_s[-1])
    if compound.dolly_zoom is not None:
        inward = compound.dolly_zoom == "in_zoom_out"
        rest = "in a dolly zoom, forward while zooming out" if inward else "in a dolly zoom, backward while zooming in"
        parts = [p for p in parts if p.finite != "zooms" and not _goes(p, ("forward", "backward"))]
        parts.append(_whole(("moves", "moving", rest), (first_s, last_s), ("translation", "zoom")))
    if compound.arc is not None:
        parts = [p for p in parts if p.finite != "pans" and not _goes(p, ("left", "right"))]
        rest = f"{compound.arc.direction} around its subject, about {compound.arc.swept_deg:.0f}° of a circle"
        parts.append(_whole(("arcs", "arcing", rest), (first_s, last_s), ("rotation", "translation")))
    if compound.crane is not None:
        parts = [p for p in parts if not _goes(p, ("up", "down"))]
        parts.append(_whole(("cranes", "craning", compound.crane.direction), (first_s, last_s), ("translation",)))
    return parts


def _goes(part: _Part, ways: tuple[str, ...]) -> bool:
    return part.finite == "moves" and part.rest.split(" ")[0] in ways


def _whole(words: tuple[str, str, str], span_s: tuple[float, float], rests_on: tuple[Quantity, ...]) -> _Part:
    finite, gerund, rest = words
    return _Part(
        finite=finite, gerund=gerund, rest=rest, start_s=span_s[0], end_s=span_s[1], weight=1e6, rests_on=rests_on
    )


def _groups(parts: list[_Part]) -> list[list[_Part]]:
    """Parts that overlap by half of the shorter one belong together, unless they oppose; others follow each other."""
    groups: list[list[_Part]] = []
    for part in parts:
        last = groups[-1] if groups else []
        if any(_overlap(part, member) for member in last) and not any(_oppose(part, member) for member in last):
            last.append(part)
        else:
            groups.append([part])
    return groups


def _overlap(a: _Part, b: _Part) -> bool:
    shared = min(a.end_s, b.end_s) - max(a.start_s, b.start_s)
    return shared >= 0.5 * min(a.end_s - a.start_s, b.end_s - b.start_s)


def _oppose(a: _Part, b: _Part) -> bool:
    return a.channel is not None and a.channel == b.channel


def _joined(group: list[_Part]) -> str:
    lead, *others = sorted(group, key=lambda p: -p.weight)
    text = f"{lead.finite} {lead.rest}"
    same = [p.rest for p in others if p.finite == lead.finite]
    if same:
        text = f"{lead.finite} {listed([lead.rest, *same])}"
    clauses: list[str] = []
    for gerund in dict.fromkeys(p.gerund for p in others if p.finite != lead.finite):
        clauses.append(f"{gerund} {listed([p.rest for p in others if p.gerund == gerund])}")
    return f"{text} while {listed(clauses)}" if clauses else text
