# pyright: basic
# (values of JSON)
"""Which frames of a source film are a CineTechBench clip: annotations, and the rule that turns mm:ss:ff into frames.

**The rule.** mm:ss is the clock of the film, counted in real seconds from its first frame; ff counts the frames after
that second began, at the film's own rate. At a constant rate r (an exact fraction, 24000/1001 included) the frame is

    ceil((60 mm + ss) r) + ff

so nothing drifts: at 23.976 frames a second most seconds hold 24 frames and about one in 42 holds 23, and a film of an
hour is not 3.6 s off as it would be by counting 24 for every second. At a variable rate ff / r is a time, r being the
mean rate, and the frame is the first one that is shown at or after it. The end is exclusive. This is what the authors'
`clip_videos.py` asks of ffmpeg (output seeking to mm*60 + ss + ff/r for a duration of end - start), without its
rounding of seconds to text.

ff must be below ceil(r). Where annotations were made at another rate than that of your source (a film at 25 for one
at 24), say so with `count_fps`: ff / count_fps is then a time, as at a variable rate.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from trajectory.errors import CinetrajError, ReadError
from trajectory.files import read_json

_REMEDY = "give video_annotation.json of the benchmark (cinetraj cinetechbench download)"

GONE = frozenset({20, 50, 65, 68, 103, 107, 108, 109})
"""Numbers of the clips whose source videos are gone from their host (issue 4 of the authors' repository)."""


@dataclass(frozen=True, kw_only=True)
class Timecode:
    """mm:ss:ff; `frames` counts frames within the second."""

    minutes: int
    seconds: int
    frames: int

    @property
    def whole_s(self) -> int:
        """The full seconds."""
        return 60 * self.minutes + self.seconds

    def __str__(self) -> str:
        return f"{self.minutes:02d}:{self.seconds:02d}:{self.frames:02d}"


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """One entry of video_annotation.json. start and end as written there.

    Attributes:
        kind: "Single" or "Combinational". prompt, answer: of its question, where it has one.
    """

    id: str
    video_name: str
    type: str
    kind: str
    start: str | None
    end: str | None
    prompt: str | None
    answer: str | None

    @property
    def name(self) -> str:
        """The name of its run: the file name without folder and last suffix."""
        return Path(self.video_name).stem

    @property
    def gone(self) -> bool:
        """Whether its source is known to be gone from its host; names begin with the clip's number, as in 005_."""
        number = re.match(r"(\d+)_", self.video_name)
        return number is not None and int(number[1]) in GONE


def parse_timecode(text: str) -> Timecode:
    """Read "mm:ss:ff".

    Raises:
        CinetrajError: another form, or 60 seconds and more.
    """
    match = re.fullmatch(r"\s*(\d{1,3}):(\d{1,2}):(\d{1,3})\s*", text)
    if match is None:
        raise CinetrajError(f"{text!r} is no timecode, expected mm:ss:ff (minutes, seconds, frames)")
    minutes, seconds, frames = (int(part) for part in match.groups())
    if seconds >= 60:
        raise CinetrajError(f"timecode {text!r} has {seconds} seconds, expected 0 to 59 (mm:ss:ff)")
    return Timecode(minutes=minutes, seconds=seconds, frames=frames)


def read_annotations(path: str | Path) -> tuple[Annotation, ...]:
    """Read video_annotation.json: a list of entries.

    Raises:
        ReadError: not such a file, or an entry without a name; names the entry.
    """
    source = Path(path)
    content = read_json(source, remedy=_REMEDY)
    records = cast("list[object]", content) if isinstance(content, list) else []
    if content == []:
        raise ReadError(source, "is empty: a list without entries", remedy=_REMEDY)
    if not records:
        raise ReadError(source, f"holds a {type(content).__name__}, expected a list of entries", remedy=_REMEDY)
    entries: list[Annotation] = []
    for number, record in enumerate(records):
        known = cast("dict[str, Any]", record) if isinstance(record, dict) else {}
        if not known.get("video_name"):
            raise ReadError(source, f"entry {number} has no video_name", remedy=_REMEDY)
        entries.append(_annotation(source, number, known))
    return tuple(entries)


def frame_number(
    timecode: Timecode,
    time_s: Float[np.ndarray, " n"],
    *,
    rate: Fraction | None,
    tick_s: Fraction,
    count_fps: Fraction | None = None,
) -> int:
    """The number of the frame at a timecode (see the rule above); n where it is the end of the film.

    Args:
        time_s: when each frame is shown, in seconds from the first one.
        rate: frames per second as the container states it; used only where the frames keep to it.
        tick_s: resolution of `time_s`.
        count_fps: rate at which ff was counted, if not the film's own.

    Raises:
        CinetrajError: ff does not fit the rate, or the film ends before the timecode.
    """
    n = len(time_s)
    constant = constant_rate(time_s, rate=rate, tick_s=tick_s)
    mean = constant or (Fraction((n - 1) / float(time_s[-1])) if n > 1 else Fraction(25))
    counted = count_fps or mean
    if timecode.frames >= ceil(counted):
        raise CinetrajError(
            f"timecode {timecode} counts frame {timecode.frames} of a second, but there are {ceil(counted)} "
            f"({float(counted):.3f} a second); if it was made at another rate, give it as --count-fps"
        )
    if constant and (count_fps is None or count_fps == constant):
        number = ceil(timecode.whole_s * constant) + timecode.frames
    else:
        moment = float(timecode.whole_s + timecode.frames / counted)
        # Stamps are rounded to the clock of the container: half a tick early is on time.
        number = int(np.searchsorted(time_s, moment - float(tick_s) / 2 - 1e-9))
        if number == n and moment > time_s[-1] + float(1 / mean) * 1.001:
            number = n + 1
    if number > n:
        raise CinetrajError(
            f"timecode {timecode} is after the end of the film ({n} frames, {time_s[-1]:.3f} s); "
            "take the source that the annotation links to"
        )
    return number


def clip_frames(
    annotation: Annotation,
    time_s: Float[np.ndarray, " n"],
    *,
    rate: Fraction | None,
    tick_s: Fraction,
    count_fps: Fraction | None = None,
) -> tuple[int, int]:
    """First frame and end (exclusive) of an annotated clip.

    Raises:
        CinetrajError: no timecodes, the end is not after the start, or they do not fit the film.
    """
    if annotation.start is None or annotation.end is None:
        raise CinetrajError(f"{annotation.video_name} has no start_frame and end_frame, expected mm:ss:ff for both")
    first, end = (
        frame_number(parse_timecode(text), time_s, rate=rate, tick_s=tick_s, count_fps=count_fps)
        for text in (annotation.start, annotation.end)
    )
    if end <= first:
        raise CinetrajError(
            f"{annotation.video_name} ends at {annotation.end} (frame {end}), expected after its start "
            f"{annotation.start} (frame {first})"
        )
    return first, end


def constant_rate(time_s: Float[np.ndarray, " n"], *, rate: Fraction | None, tick_s: Fraction) -> Fraction | None:
    """The stated rate where every frame keeps to it within one tick of the clock, else None."""
    if rate is None or rate <= 0:
        return None
    ideal = np.arange(len(time_s)) / float(rate)
    return rate if np.abs(time_s - ideal).max() <= float(tick_s) * 1.001 else None


def find_source(folder: str | Path, annotation: Annotation) -> Path | None:
    """The user's film of an annotation: the file of that name, else the only one with its name and another suffix."""
    exact = Path(folder) / annotation.video_name
    if exact.is_file():
        return exact
    same = [path for path in sorted(Path(folder).iterdir()) if path.is_file() and path.stem == annotation.name]
    return same[0] if len(same) == 1 else None


def _annotation(source: Path, number: int, record: dict[str, Any]) -> Annotation:
    def text(key: str) -> str | None:
        return None if record.get(key) is None else str(record[key])

    given: Any = record.get("QA") or {}
    if not isinstance(given, dict):
        raise ReadError(source, f"entry {number} has QA={given!r}, expected prompt and answer", remedy=_REMEDY)
    question = cast("dict[str, Any]", given)
    for key in ("prompt", "answer"):
        if not isinstance(question.get(key) or "", str):
            raise ReadError(source, f"entry {number} has {key}={question[key]!r}, expected a text", remedy=_REMEDY)
    return Annotation(
        id=str(record.get("id", number)),
        video_name=str(record["video_name"]),
        type=str(record.get("type", "")),
        kind=str(record.get("classification", "")),
        start=text("start_frame"),
        end=text("end_frame"),
        prompt=question.get("prompt"),
        answer=question.get("answer"),
    )
