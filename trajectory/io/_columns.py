"""What the header of a text says of its columns: which is which, and in what unit.

Headers in use: "# timestamp tx ty tz qx qy qz qw" (TUM, evo), "#timestamp, p_RS_R_x [m], ..., q_RS_w []" (EuRoC),
"%time,field.pose.position.x,...,field.pose.orientation.w" (rostopic echo -p), and those of people's own tables.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

SECONDS_PER = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ticks": 1e-7, "ns": 1e-9}
"""Units of clocks; ticks are those of Windows and .NET."""
METRES_PER = {"m": 1.0, "dm": 1e-1, "cm": 1e-2, "mm": 1e-3, "km": 1e3, "ft": 0.3048, "in": 0.0254}
_CLOCK_WORDS = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "ms": ("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"),
    "us": ("us", "µs", "μs", "usec", "usecs", "micros", "microsecond", "microseconds"),
    "ticks": ("tick", "ticks"),
    "ns": ("ns", "nsec", "nsecs", "nanos", "nanosecond", "nanoseconds"),
}
_LENGTH_WORDS = {
    "m": ("m", "metre", "metres", "meter", "meters"),
    "dm": ("dm",),
    "cm": ("cm", "centimetre", "centimetres", "centimeter", "centimeters"),
    "mm": ("mm", "millimetre", "millimetres", "millimeter", "millimeters"),
    "km": ("km",),
    "ft": ("ft", "foot", "feet"),
    "in": ("in", "inch", "inches"),
}
_TIME = {"t", "ts", "time", "times", "timestamp", "timestamps", "stamp", "epoch", "clock"}
_FRAME = {"frame", "frames", "frameid", "idx", "index", "id", "image", "img", "n", "no", "nr", "number", "i", "seq"}
_QUATERNION = {"q", "quat", "quaternion", "orientation", "orient", "rotation", "rot", "attitude"}
_POSITION = {"t", "p", "pos", "position", "trans", "translation", "loc", "location", "center", "centre", "c", "xyz"}
_OWNERS = {"cam", "camera", "pose", "world"}
"""Words that may stand before a bare x, y, z and make no other quantity of it."""
_ANGLES = {"roll", "pitch", "yaw", "euler", "heading", "azimuth", "elevation", "pan", "tilt"}


@final
@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a header names, by the place of the column; None where it names no such thing.

    Attributes:
        names: as printed, one for each column.
        clock: unit of the time, a key of SECONDS_PER. length: unit of the position, a key of METRES_PER.
        doubt: why the header does not tell where position and orientation are.
    """

    names: tuple[str, ...]
    time: int | None = None
    frame: int | None = None
    position: tuple[int, ...] | None = None
    quat_wxyz: tuple[int, ...] | None = None
    clock: str | None = None
    length: str | None = None
    doubt: str = ""

    @property
    def complete(self) -> bool:
        """Whether a pose and its place in time are named."""
        placed = self.time is not None or self.frame is not None
        return placed and self.position is not None and self.quat_wxyz is not None

    def said(self) -> str:
        """The names of the pose's columns, in their order."""
        places = [p for p in (self.time, self.frame, *(self.position or ()), *(self.quat_wxyz or ())) if p is not None]
        return " ".join(self.names[place] for place in sorted(set(places)))


def columns_of(comments: Iterable[str], count: int) -> Columns | None:
    """The header among the comment lines above `count` columns: the last one that names a pose, None without one."""
    found: Columns | None = None
    for comment in comments:
        for names in _cuts(comment, count):
            columns = _roles(names)
            if columns.position is not None or columns.quat_wxyz is not None or columns.doubt:
                found = columns
                break
    return found


def clock_of(comments: Iterable[str]) -> str | None:
    """The unit of time that a comment names without naming all columns: "timestamp [ns], ..."."""
    units = "|".join(word for words in _CLOCK_WORDS.values() for word in words)
    said = re.compile(
        rf"\b(?:time|times|timestamp|timestamps|stamp)\s*(?:_|[\[(]|\bin\b)\s*(?:in\s+)?({units})\b", re.I
    )
    for comment in comments:
        match = said.search(comment)
        if match:
            return _unit([match[1].lower()], _CLOCK_WORDS)
    return None


def _cuts(comment: str, count: int) -> list[tuple[str, ...]]:
    """Ways to cut a header into the names of the columns; what follows the last column may be prose."""
    bracketed = re.sub(r"\s*([\[(][^\])]*[\])])", lambda match: match[1].translate(_NO_CUT), comment)
    cuts: list[tuple[str, ...]] = []
    for mark in (",", ";", "\t", r"[,;\s]+"):
        pieces = re.split(mark, bracketed.strip())
        names = tuple(piece.strip().strip('"') for piece in pieces)
        if len(names) == count or (mark == r"[,;\s]+" and len(names) > count):
            cuts.append(names[:count])
    return cuts


_NO_CUT = str.maketrans({" ": "", "\t": "", ",": "", ";": ""})


def _words(name: str) -> list[str]:
    bare = re.sub(r"[\[(].*?[\])]", " ", name)
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare)
    return re.findall(r"[^\W\d_]+|\d+", apart.lower())


def _units(name: str) -> list[str]:
    """Words that may name a unit: in brackets, or the last one after another word."""
    inside = [word for part in re.findall(r"[\[(]([^\])]*)[\])]", name) for word in re.findall(r"[^\W\d_]+", part)]
    return [word.lower() for word in inside] + _words(name)[1:]


def _unit(words: Sequence[str], known: Mapping[str, Sequence[str]]) -> str | None:
    return next((unit for word in words for unit, spelled in known.items() if word in spelled), None)


def _component(words: Sequence[str]) -> tuple[str, tuple[str, ...], str] | None:
    """What a column is a component of (a quantity), the words before it, and its letter; None for anything else."""
    if len(words) > 1 and _unit(words[-1:], _LENGTH_WORDS):
        words = words[:-1]
    if not words:
        return None
    last = words[-1]
    before = (*words[:-1], last[:-1]) if last[:-1] else tuple(words[:-1])
    if last[-1] not in "wxyz":
        return None
    if set(before) & _QUATERNION or before == ("r",):
        return "quaternion", before, last[-1]
    if set(before) & _POSITION and not set(before) & _ANGLES:
        return "position", before, last[-1]
    return ("bare", (), last[-1]) if set(before) <= _OWNERS else None


def _roles(names: tuple[str, ...]) -> Columns:
    """Roles of the columns by their names."""
    groups: dict[tuple[str, tuple[str, ...]], dict[str, int]] = {}
    doubt = ""
    time: int | None = None
    frame: int | None = None
    for place, name in enumerate(names):
        words = _words(name)
        found = _component(words)
        if found is not None:
            kind, before, letter = found
            group = groups.setdefault((kind, before), {})
            doubt = doubt or (f"{name} is named twice" if letter in group else "")
            group[letter] = place
        elif time is None and words and (set(words) & _TIME or _unit(words[:1], _CLOCK_WORDS)):
            time = place
        elif frame is None and words and words[0] in _FRAME:
            frame = place
        if words and set(words) & _ANGLES:
            doubt = doubt or f"{name} is an angle: convert the orientation to quaternions"
    whole = {key: group for key, group in groups.items() if set("xyz") <= set(group)}
    quats = [group for (kind, _), group in whole.items() if kind == "quaternion" and "w" in group]
    spots = [group for (kind, _), group in whole.items() if kind == "position"]
    bare = whole.get(("bare", ()), {})
    if not quats and "w" in bare:
        quats = [bare]
    elif not spots and bare:
        spots = [bare]
    for what, several in (("orientations", quats), ("positions", spots)):
        if len(several) > 1:
            doubt = doubt or f"it names {len(several)} {what}"
    if doubt:
        return Columns(names=names, doubt=doubt)
    position = tuple(spots[0][letter] for letter in "xyz") if spots else None
    return Columns(
        names=names,
        time=time,
        frame=frame,
        position=position,
        quat_wxyz=tuple(quats[0][letter] for letter in "wxyz") if quats else None,
        clock=None if time is None else _clock(names[time]),
        length=None if position is None else _unit(_units(names[position[0]]), _LENGTH_WORDS),
    )


def _clock(name: str) -> str | None:
    return _unit(_units(name) or _words(name), _CLOCK_WORDS) or _unit(_words(name)[:1], _CLOCK_WORDS)
