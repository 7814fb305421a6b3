"""The first look at a path, and the choice of a format by what is seen."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from trajectory.errors import FormatAmbiguousError, ReadError
from trajectory.io import _json
from trajectory.io._arrays import npy_shape, npz_shapes
from trajectory.io._format import Format, Match, Probe
from trajectory.io._guess import guess
from trajectory.io._text import SPARE, comment, decode, lines_of, number, read_bytes, read_table, split

_HEAD_ROWS = 64
_BAGS = (b"#ROSBAG V", b"\x89MCAP0\r\n", b"SQLite fo")
"""How bags of ROS 1, MCAP files and bags of ROS 2 begin."""


ALL = "*"
"""FILE#* stands for every camera of a file."""


def split_part(path: Path) -> tuple[Path, str]:
    """A path and the part after '#' (cameras.json#cam01); "" where there is none or the file is really so named."""
    stem, mark, part = path.name.rpartition("#")
    if _exists(path):
        return path, ""
    if mark and stem:
        return path.with_name(stem), part
    whole, mark, part = str(path).rpartition("#")  # topics of bags have slashes in their names
    return (Path(whole), part) if mark and _exists(Path(whole)) and Path(whole).name else (path, "")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def look(path: Path) -> Probe:
    """What can be seen without knowing the format; damaged containers raise ReadError."""
    given, (path, _) = path, split_part(path)
    if not _exists(path):
        raise ReadError(given, "does not exist", remedy="check the path")
    if path.is_dir():
        names = frozenset(entry.name for entry in path.iterdir())
        if not names:
            raise ReadError(path, "is an empty folder", remedy="name a trajectory file or the folder of a run")
        return Probe(path=path, kind="folder", names=names, arrays={})
    with path.open("rb") as stream:
        magic = stream.read(9)  # archives may hold gigabytes of images: only their headers are read
    if magic.startswith(b"PK"):
        return Probe(path=path, kind="npz", arrays=npz_shapes(path))
    if magic.startswith(_BAGS):
        return Probe(path=path, kind="bag", arrays={})
    if magic.startswith(b"\x93NUMPY"):
        return Probe(path=path, kind="npy", arrays={"": npy_shape(path)})
    text = decode(path, read_bytes(path))
    if text.lstrip()[:1] in ("{", "["):
        return Probe(path=path, kind="json", document=_json.parse(path, text), arrays={})
    return _look_at_text(path, text)


def _look_at_text(path: Path, text: str) -> Probe:
    comments: list[str] = []
    rows: list[tuple[str, ...]] = []
    commas = False
    for raw in lines_of(text):
        line = raw.strip()
        said = comment(line)
        if not line:
            continue
        row = split(line)
        if said is None and not rows and not comments and number((row or ("",))[0]) is None:
            said = line
        if said is not None:
            comments.append(said)
            continue
        rows.append(row)
        commas = commas or len(re.findall(r"[,;]", line)) >= len(row) - 1 > 0
        if len(rows) == _HEAD_ROWS:
            break
    return Probe(path=path, kind="text", comments=tuple(comments), rows=_regular(rows), commas=commas, arrays={})


def _regular(rows: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """The rows without the few that are cut off or hold words: their readers decide what to do with them."""
    if not rows:
        return ()
    width, _ = Counter(map(len, rows)).most_common(1)[0]
    good = [row for row in rows if len(row) == width and all(number(token) is not None for token in row)]
    return tuple(good if len(rows) - len(good) <= SPARE * len(rows) else rows)


def choose(probe: Probe, formats: Mapping[str, Format]) -> tuple[Format, str]:
    """The one format that a file is in, with the evidence; FormatAmbiguousError where it cannot be told."""
    found: list[tuple[Format, Match]] = []
    for candidate in formats.values():
        match = candidate.sniff(probe)
        if match is not None:
            found.append((candidate, match))
    sure = _told_by_words(probe, [pair for pair in found if pair[1].sure])
    if len(sure) == 1:
        return sure[0][0], sure[0][1].evidence
    contest = sure or found
    if contest:
        _refuse_shared_fault(probe, [candidate for candidate, _ in contest])
        said = "; ".join(f"{candidate.name}: {match.evidence}" for candidate, match in contest)
        flags = " or ".join(f"--format {candidate.name}" for candidate, _ in contest)
        only = f" if it is that, or {guess(probe)[1]}" if len(contest) == 1 else ""
        raise FormatAmbiguousError(probe.path, f"cannot tell its format ({said})", remedy=f"say {flags}{only}")
    if probe.rows and not probe.columns:  # names the line where the number of columns changes
        read_table(probe.path, columns=(len(probe.rows[0]),), layout="the same number of numbers", titled=True)
    seen, remedy = guess(probe)
    raise ReadError(probe.path, f"is in no format that is recognised ({seen})", remedy=remedy)


def _told_by_words(probe: Probe, sure: list[tuple[Format, Match]]) -> list[tuple[Format, Match]]:
    """The one format that a file names in its comments, before those that its columns would fit as well."""
    if len(sure) < 2 or not probe.comments:
        return sure
    mute = replace(probe, comments=())
    named = [pair for pair in sure if (match := pair[0].sniff(mute)) is None or not match.sure]
    return named if len(named) == 1 else sure


def _refuse_shared_fault(probe: Probe, contest: Sequence[Format]) -> None:
    """Raise the fault that a text has in every format it may be in: naming the format would not help."""
    if probe.kind != "text":
        return
    faults: list[ReadError] = []
    for candidate in contest:
        try:
            if candidate.read is None:
                return
            candidate.read(probe.path)
        except ReadError as fault:
            faults.append(fault)
    if len(faults) == len(contest) and len({(fault.line, fault.problem) for fault in faults}) == 1:
        raise faults[0]
