"""Which clips a batch is about, from files, folders, globs and lists, and under what name each becomes a run."""

import csv
import glob
import hashlib
import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, final

from sfm.batch.manifest import MANIFEST_FILE
from sfm.runs.folder import RUN_FILE, is_run
from sfm.video.animation import is_animation
from sfm.video.images import IMAGE_SUFFIXES
from sfm.video.reader import place_of, told_name, told_names
from sfm.video.recognition import FILM, content_of
from sfm.video.series import goes_with_frames
from trajectory.csv_tables import read_table
from trajectory.errors import CinetrajError, ReadError, is_address, not_there
from trajectory.files import decoded, printable
from trajectory.media import VIDEO_SUFFIXES

LIST_SUFFIXES = frozenset({".csv", ".jsonl", ".txt"})
COLUMNS = ("video", "path")
"""Names of the column that holds the clip, the first that is there."""
A_RUN, THE_FILM = "a run of cinetraj, not a clip", "give the film it was made from"
NAME_BYTES = 200
"""Longest run name: file systems allow 255 bytes, and the temporary folder of a run adds to its name."""


@final
@dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip and the name of its run. named: the name was given by the user."""

    path: str
    name: str
    named: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", str(self.path))  # a Path too: jobs and keys are texts


class _RunError(CinetrajError):
    """A run, or a folder of nothing else, where a clip is expected."""


def require_clips(clips: Iterable[object]) -> list[Clip]:
    """The clips of a batch. Raises CinetrajError for what is none, and for names that cannot be those of their runs."""
    remedy = "clips, said = sfm.batch.clips_of([...]) makes clips of paths"
    found: list[Clip] = []
    for clip in clips:
        if not isinstance(clip, Clip):
            raise CinetrajError(
                f"a clip of the batch is of type {type(clip).__name__}, expected sfm.batch.Clip; {remedy}"
            )
        if not clip.name or clip.name.startswith(".") or "/" in clip.name or clip.name == MANIFEST_FILE:
            raise CinetrajError(
                f"a clip is named {clip.name!r}, expected the name of a folder that holds its run: no '/', not hidden"
            )
        found.append(clip)
    name, count = Counter(clip.name for clip in found).most_common(1)[0] if found else ("", 0)
    if count > 1:
        paths = [clip.path for clip in found if clip.name == name]
        raise CinetrajError(
            f"{count} clips are named {name!r} ({paths[0]} and {paths[1]}), and each run has its own; {remedy}, under "
            "names that differ"
        )
    return found


def clips_of(given: str | Path | Iterable[str | Path]) -> tuple[list[Clip], list[str]]:
    """The clips that the arguments stand for, each once, with distinct names; and what the user should know.

    A folder stands for the videos in it (by their suffix, or without one by their content) at any depth, but for those
    in runs; a list (.csv or .jsonl with a column `video` and perhaps `name`; .txt with one path a line) for its rows,
    whose relative paths start at the list's own folder.
    Raises CinetrajError for what is not there at all; a clip of a list that is missing fails when its turn comes.
    """
    heard: list[str] = []
    texts = [given] if isinstance(given, str | Path) else given
    clips = [clip for text in texts for clip in _expand(str(text), heard)]
    once: dict[tuple[str, str], Clip] = {}
    for clip in clips:
        once.setdefault((os.path.abspath(clip.path), clip.name if clip.named else ""), clip)
    named, said = distinct(list(once.values()))
    return named, [*heard, *said]


def distinct(clips: list[Clip]) -> tuple[list[Clip], list[str]]:
    """Names that a file system can hold, no two of which are the same; says which names are not the clips' own.

    Clips of one name in several folders are told apart by the next folder that is not in the name, then by the file's
    suffix, then by a digest.
    """
    said: list[str] = []
    clips = list(dict.fromkeys(clips))  # a list may have one line twice
    kept = [replace(clip, name=safe_name(clip.name)) for clip in clips]
    for widen in (_with_folder, _with_suffix, _with_digest):
        twice = _repeated(kept)
        kept = [replace(c, name=safe_name(widen(c))) if c.name.casefold() in twice and not c.named else c for c in kept]
    if twice := _repeated(kept):
        clash = next(c for c in kept if c.name.casefold() in twice)
        others = [c.path for c in kept if c.name.casefold() == clash.name.casefold()]
        raise CinetrajError(f"{others[0]} and {others[1]} are both given the name {clash.name!r}; give each its own")
    for before, after in zip(clips, kept, strict=True):
        if before.name != after.name:
            said.append(f"{printable(before.path)} becomes the run {after.name!r}")
    return kept, said


def safe_name(name: str) -> str:
    """A folder name: no separators, control or undecodable characters, not hidden, not too long, not the manifest."""
    safe = re.sub(r"[\x00-\x1f\x7f/\\\ud800-\udfff\ufffd]", "_", name)
    if safe.startswith(".") or not safe.strip():
        safe = "_" + safe.lstrip(".")
    if safe == MANIFEST_FILE:
        safe = safe.replace(".", "_")
    if len(safe.encode()) > NAME_BYTES:
        short = safe.encode()[: NAME_BYTES - 9].decode("utf-8", "ignore")
        safe = f"{short}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return safe


def read_list(path: Path, *, there: bool = True) -> list[Clip]:
    """The rows of a list file; with `there` one of its clips must be at hand. Raises ReadError with the line."""
    text = _text_of(path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        rows = _csv_rows(path, text)
    elif suffix == ".jsonl":
        rows = _json_rows(path, text)
    else:
        lines = ((k, line.strip()) for k, line in enumerate(text.splitlines(), 1))
        rows = [(k, line, "") for k, line in lines if line and not _is_comment(line, path.parent)]
        if any(_is_numbers(line) for _, line, _ in rows[:3]):
            raise ReadError(
                path,
                "has rows of numbers and names no clips; it may be a camera path",
                remedy="give the film that it was taken from; cinetraj info shows a path",
                line=next(k for k, line, _ in rows if _is_numbers(line)),
            )
    if not rows:
        raise ReadError(path, "names no clip", remedy="give one clip a row")
    clips: list[Clip] = []
    for line, video, name in rows:
        if not video:
            raise ReadError(path, "has no clip", remedy="fill the column video", line=line)
        place = video if os.path.isabs(video) or is_address(video) else os.path.join(path.parent, video)
        clips.append(Clip(path=place, name=name or told_name(place), named=bool(name)))
    for clip, (line, _, _) in zip(clips, rows, strict=True):
        if is_run(clip.path):
            raise ReadError(path, f"names {printable(clip.path)}, {A_RUN}", remedy=THE_FILM, line=line)
    if there and not any(_may_be_there(clip.path) for clip in clips):
        several = f"names {len(clips)} clips, none of which is there; the first is {printable(clips[0].path)}"
        raise ReadError(
            path,
            several if len(clips) > 1 else f"names one clip, which is not there: {printable(clips[0].path)}",
            remedy="give paths relative to the list's own folder, or whole ones",
            line=rows[0][0],
        )
    return clips


def _text_of(path: Path) -> str:
    """The text of a list: UTF-8, any bytes in its names, or what Excel and PowerShell write, UTF-16."""
    try:
        data = path.read_bytes()
        return decoded(data) if b"\0" in data else data.decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise ReadError(path, f"cannot be read ({error.strerror})", remedy="check the path") from error
    except UnicodeDecodeError as error:
        raise ReadError(path, "is no text", remedy="give a list of clips, or the clips themselves") from error


def _is_comment(line: str, folder: Path) -> bool:
    """Whether a line begins with # and is not the name of a file that does."""
    return line.startswith("#") and not (folder / line).exists()


def _is_numbers(line: str) -> bool:
    """Whether a line is a row of a table, as files of camera paths have: two numbers or more and nothing else."""
    words = line.replace(",", " ").split()
    try:
        return len([float(word) for word in words]) > 1
    except ValueError:
        return False


def _may_be_there(path: str) -> bool:
    """Whether a path exists, or is none of this file system (a pattern, an address)."""
    return os.path.exists(path) or glob.has_magic(path) or is_address(path)


def _csv_rows(path: Path, text: str) -> list[tuple[int, str, str]]:
    try:
        table = read_table(text, (*COLUMNS, "name"))
    except csv.Error as error:
        remedy = "close what begins with a quotation mark, and write those within it twice"
        raise ReadError(path, f"is no CSV ({error})", remedy=remedy) from error
    column = next((c for c in COLUMNS if c in table.columns), None)
    if column is None:
        found = ", ".join(map(repr, table.columns)) or "nothing"
        raise ReadError(path, f"has the columns {found}, expected video (and name)", remedy="add a header", line=1)
    return [(line, row[column].strip(), row.get("name", "").strip()) for line, row in table.rows]


def _json_rows(path: Path, text: str) -> list[tuple[int, str, str]]:
    rows: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value: Any = json.loads(line)
        except ValueError as error:
            raise ReadError(path, f"is no JSON ({error})", remedy="write one object a line", line=number) from error
        if not isinstance(value, dict):
            raise ReadError(path, "is no JSON object", remedy='write {"video": "a.mp4"}', line=number)
        row = cast("dict[str, Any]", value)
        video = next((row[c] for c in COLUMNS if isinstance(row.get(c), str)), "")
        rows.append((number, video, str(row.get("name") or "")))
    return rows


def _expand(text: str, heard: list[str]) -> list[Clip]:
    path = Path(text)
    if path.is_file():
        if path.suffix.lower() in LIST_SUFFIXES:
            return read_list(path)
        return [Clip(path=text, name=told_name(text))]
    if path.is_dir():
        if is_run(path):
            raise _RunError(f"{path} is {A_RUN}; {THE_FILM}")
        found, said = _in_folder(path)
        heard += said
        return [Clip(path=each, name=told_name(each)) for each in found]
    if is_address(text):
        raise not_there(text)
    if glob.has_magic(text):
        found = sorted(glob.glob(text, recursive=True))
        if not found:
            raise CinetrajError(f"{text}: matches no file; check the pattern")
        if any(Path(name).suffix.lower() in IMAGE_SUFFIXES for name in found):
            return [Clip(path=text, name=told_name(text))]
        return _expand_all(found, heard)
    return [Clip(path=text, name=told_name(text))]


def _expand_all(found: list[str], heard: list[str]) -> list[Clip]:
    """What a pattern matches. Runs among it, and texts that are no lists of clips (captions), are left out, but where
    there is nothing else.
    """
    clips: list[Clip] = []
    refused: list[CinetrajError] = []
    texts: list[str] = []
    for name in found:
        try:
            clips += _expand(name, heard)
        except _RunError as error:
            refused.append(error)
        except ReadError as error:
            refused.append(error)
            texts.append(name)
    if refused and not clips:
        raise refused[0]
    if texts:
        some = ", ".join(map(printable, texts[:3])) + (", ..." if len(texts) > 3 else "")
        heard.append(f"left out, since they are no lists of clips that are there: {len(texts)} matches: {some}")
    return clips


def _in_folder(folder: Path) -> tuple[list[str], list[str]]:
    """The clips in a folder at any depth, and what else is there, in words.

    The videos and animated pictures; where there are none, the folders of images; else the folder itself. Runs are left
    out: their pictures and masks are no clips.
    """
    videos: list[str] = []
    pictures: list[str] = []
    beside: list[str] = []
    runs: list[str] = []
    broken: list[str] = []
    for place, names in _walk(folder, runs, broken):
        kinds = {name: Path(name).suffix.lower() for name in names}
        images = [n for n in names if kinds[n] in IMAGE_SUFFIXES]
        films = [n for n in names if kinds[n] in VIDEO_SUFFIXES - IMAGE_SUFFIXES or _is_bare_film(Path(place, n))]
        if images and is_animation(Path(place, images[0])):  # else the others are frames, too, and reading them says so
            films = sorted([*films, *(n for n in images if is_animation(Path(place, n)))])
            images = [n for n in images if n not in films]
        videos += [os.path.join(place, name) for name in films]
        if images:  # beside films the folder itself stands for these
            kind = beside if goes_with_frames(Path(place, images[0])) else pictures
            kind.append(os.path.join(place, f"*{Path(images[0]).suffix}") if films else place)
    heard: list[str] = []
    together = {os.path.dirname(each) for each in pictures}
    pictures += [each for each in beside if os.path.dirname(each) not in together]
    if not videos and (rest := [each for each in beside if each not in pictures]):
        some = ", ".join(map(printable, rest[:3])) + (", ..." if len(rest) > 3 else "")
        heard.append(f"left out, since they go with the frames beside them: {len(rest)} folders of images: {some}")
    if broken:
        some = ", ".join(map(printable, broken[:3])) + (", ..." if len(broken) > 3 else "")
        heard.append(f"left out, since they link to what is not there: {len(broken)} of {folder}: {some}")
    if videos and pictures:
        some = ", ".join(shlex.quote(each) for each in pictures[:3]) + (", ..." if len(pictures) > 3 else "")
        count = "1 video" if len(videos) == 1 else f"{len(videos)} videos"
        said = f"{folder} has {count}; images beside them were left out; to have them as clips give too: {some}"
        heard.append(said)
        return videos, heard
    if runs and not (videos or pictures):
        raise _RunError(
            f"{folder} holds no clips but runs of cinetraj, as {runs[0]}; give the films they were made from"
        )
    return videos or pictures or [str(folder)], heard


def _is_bare_film(path: Path) -> bool:
    """Whether a file without a suffix is a film by its content."""
    try:
        return not path.suffix and content_of(path) == FILM
    except OSError:
        return False


def _walk(folder: Path, runs: list[str], broken: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Folders and their files in order; links are followed, each folder is seen once, hidden ones are not.

    Args:
        runs: those that are met are added here, and not looked into.
        broken: links to films and images that are not there are added here.
    """
    seen: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        if RUN_FILE in names and is_run(place):
            runs.append(place)
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        there: list[str] = []
        for name in sorted(name for name in names if not name.startswith(".")):
            path = os.path.join(place, name)
            if os.path.isfile(path):
                there.append(name)
            elif os.path.islink(path) and Path(name).suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES:
                broken.append(path)
        yield place, there


def _repeated(clips: list[Clip]) -> set[str]:
    counts = Counter(clip.name.casefold() for clip in clips)
    return {name for name, count in counts.items() if count > 1}


def _with_folder(clip: Clip) -> str:
    """Behind the next folder that is not in the name."""
    above = Path(os.path.abspath(place_of(clip.path))).parents
    number = len(told_names(clip.path)) - 1
    return f"{above[number].name}-{clip.name}" if number < len(above) and above[number].name else clip.name


def _with_suffix(clip: Clip) -> str:
    return clip.name + Path(clip.path).suffix


def _with_digest(clip: Clip) -> str:
    path = os.path.abspath(clip.path).encode("utf-8", "surrogatepass")
    return f"{clip.name}-{hashlib.sha256(path).hexdigest()[:8]}"
