"""Which images of a folder are the frames of one clip, by their names: their order, the holes in their numbering.

Folders also hold masks, depth images, a second camera. What is not part of the clip is named, never read as frames of
it; where two series are equally good none is chosen.
"""

import glob
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from trajectory.errors import CinetrajError

BESIDE = re.compile(
    r"(?<![a-z])(masks?|depths?|disp|disparity|normals?|seg|segmentation|semantic|instance|labels?|alpha|matte|flow"
    r"|conf|confidence)(?![a-z])",
    re.IGNORECASE,
)
"""Words in the names of images that are made of a clip's frames."""
MOST_OF_ALL = 0.8
"""Share of the images that a numbered series has where the others are a cover, a preview, a copy."""
COUNTED = 20
"""A number that leaves out more than so many for each that is there counts no frames: it is a date or a name."""
FILLED = 1
"""With more missing for each that is there it is a choice of frames: the missing ones get no place of theirs."""
POSELESS = "frames without a pose"
"""What missing images are to a clip; to a mask they are frames of which nothing is told."""
_DATE = re.compile(r"(19|20)\d\d[01]\d[0-3]\d\D?\d{6}")
_DECIMAL = re.compile(r"\d+\.\d+")
_COLOUR_MODES = ("RGB", "RGBA", "YCbCr", "CMYK", "RGBX", "LAB", "HSV")
"""Of Pillow; label maps have palettes, depths and masks are grey."""


@final
@dataclass(frozen=True, kw_only=True)
class Series:
    """The images of a clip in order.

    Attributes:
        position: place of each in the numbering of their names, from 0, in units of its step: its frame number.
        first, step: the number in the name at position k is first + step k; None where the names do not number.
        notes: what the names tell, in words, for the record.
        lost: what was left out or is missing, in words; the user must know.
    """

    paths: tuple[Path, ...]
    position: tuple[int, ...]
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    first: int | None = None
    step: int = 1

    @property
    def holes(self) -> int:
        """Numbers in between that have no image."""
        return self.position[-1] + 1 - len(self.position)

    @property
    def filled(self) -> bool:
        """Whether these are frames that are not there; else the images are a choice."""
        return self.holes <= FILLED * len(self.paths)


@final
@dataclass(frozen=True, kw_only=True)
class _Group:
    """Images whose names differ in one number at most. pattern: that matches them; numbers: None where none counts."""

    pattern: str
    paths: tuple[Path, ...]
    numbers: tuple[int, ...] | None


def natural_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sort key by which img2 comes before img10."""
    parts = re.split(r"(\d+)", path.name)
    return tuple((1, int(part), part) if part.isdecimal() else (0, 0, part.casefold()) for part in parts if part)


def find(paths: Sequence[Path], source: str) -> Series:
    """The one series that a set of images is. Raises CinetrajError where it is several, and names them."""
    ordered = sorted(paths, key=natural_key)
    frames = [path for path in ordered if not _beside(path)] or ordered
    lost: list[str] = []
    if rest := set(ordered) - set(frames):
        lost.append(f"{len(rest)} images that go with the frames were left out ({_some(rest)})")
    for divide in (_by_suffix, _by_name):
        groups = divide(frames)
        if len(groups) > 1 and (chosen := _one_of(groups, source)) is not None:
            rest = set(frames) - set(chosen.paths)
            lost.append(f"{len(rest)} images not of the series {chosen.pattern} were left out ({_some(rest)})")
            frames, groups = list(chosen.paths), [chosen]
    if len(groups) == 1:
        return _numbered(groups[0], tuple(lost))
    several = [group for group in groups if group.numbers is not None]
    if len(several) > 1:
        names = " and ".join(f"{group.pattern} ({len(group.paths)})" for group in several[:3])
        lost.append(f"{len(several)} series of images are read one after the other: {names}")
    return Series(paths=tuple(frames), position=tuple(range(len(frames))), lost=tuple(lost))


def _one_of(groups: list[_Group], source: str) -> _Group | None:
    """The group that is the clip: nearly all images, or the only one in colour of those that show the same frames.

    None where the groups do not meet: then all are frames. Raises CinetrajError where none can be told from another.
    """
    count = sum(len(group.paths) for group in groups)
    largest = max(groups, key=lambda group: len(group.paths))
    if largest.numbers is not None and len(largest.paths) >= MOST_OF_ALL * count:
        return largest
    if not _overlap(groups):
        return None
    colour = [group for group in groups if _in_colour(group.paths[0])]
    if len(colour) != 1:
        raise CinetrajError(_several(groups, source))
    return colour[0]


def _numbered(group: _Group, lost: tuple[str, ...]) -> Series:
    """The series with the frame numbers of its names; holes in them are frames that are not there."""
    count = len(group.paths)
    if group.numbers is None or count < 2:
        return Series(paths=group.paths, position=tuple(range(count)), lost=lost)
    first = group.numbers[0]
    step = math.gcd(*(number - first for number in group.numbers))
    position = tuple((number - first) // step for number in group.numbers)
    series = Series(paths=group.paths, position=position, lost=lost, first=first, step=step)
    if not series.holes:
        return series
    there = set(position)
    missing = [first + step * k for k in range(position[-1] + 1) if k not in there]
    said = f"{series.holes} of {position[-1] + 1} numbers have no image ({_ranges(missing, step)})"
    if series.filled:
        return replace(series, lost=(*lost, f"{said}: {POSELESS}"))
    return replace(series, notes=(f"{said}: the images are a choice",))


def _by_suffix(paths: Sequence[Path]) -> list[_Group]:
    """Images by their suffixes where one name has several, else all in one."""
    if len({path.stem for path in paths}) == len(paths):
        return [_Group(pattern="*", paths=tuple(paths), numbers=None)]
    by_suffix: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        by_suffix[path.suffix].append(path)
    return [
        _Group(pattern=f"*{glob.escape(suffix)}", paths=tuple(same), numbers=None) for suffix, same in by_suffix.items()
    ]


def _by_name(paths: Sequence[Path]) -> list[_Group]:
    """Images by the words of their names, then by their numbers."""
    by_text: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path in paths:
        by_text[tuple(text.casefold() for text in re.split(r"\d+", path.stem))].append(path)
    return [group for alike in by_text.values() for group in _by_number(alike)]


def _by_number(paths: list[Path]) -> list[_Group]:
    """Names of the same words: the number that varies most counts the frames, others that vary tell series apart."""
    numbers = [[int(number) for number in re.findall(r"\d+", path.stem)] for path in paths]
    values = [len(set(column)) for column in zip(*numbers, strict=True)]
    if max(values, default=1) == 1 or any(_DATE.search(p.stem) or _DECIMAL.fullmatch(p.stem) for p in paths):
        return [_Group(pattern=_pattern(paths, None), paths=tuple(paths), numbers=None)]
    slot = max(range(len(values)), key=lambda k: (values[k], k))
    series: dict[tuple[int, ...], list[tuple[int, Path]]] = defaultdict(list)
    for path, row in zip(paths, numbers, strict=True):
        series[(*row[:slot], *row[slot + 1 :])].append((row[slot], path))
    if not all(_counts([number for number, _ in rows]) for rows in series.values()):
        return [_Group(pattern=_pattern(paths, None), paths=tuple(paths), numbers=None)]
    found: list[_Group] = []
    for rows in series.values():
        counted = sorted(rows, key=lambda row: row[0])
        inside = tuple(path for _, path in counted)
        found.append(
            _Group(pattern=_pattern(inside, slot), paths=inside, numbers=tuple(number for number, _ in counted))
        )
    return found


def _counts(numbers: list[int]) -> bool:
    """Whether numbers count frames: all different, and not too far apart for their step."""
    low = min(numbers)
    step = math.gcd(*(number - low for number in numbers))
    if len(set(numbers)) < max(len(numbers), 2):
        return False
    return (max(numbers) - low) // step + 1 <= (COUNTED + 1) * len(numbers)


def _overlap(groups: list[_Group]) -> bool:
    """Whether two series have images of one number, or of one name with two suffixes."""
    seen: set[str | int] = set()
    for group in groups:
        own = {path.stem for path in group.paths} if group.numbers is None else set(group.numbers)
        if len(group.paths) > 1 and seen & own:
            return True
        seen |= own if len(group.paths) > 1 else set()
    return False


def _several(groups: list[_Group], source: str) -> str:
    large = sorted(groups, key=lambda group: -len(group.paths))
    names = " and ".join(f"{group.pattern} ({len(group.paths)})" for group in large[:3])
    more = f" and {len(large) - 3} more" if len(large) > 3 else ""
    where = Path(glob.escape(str(large[0].paths[0].parent))) / large[0].pattern
    return f"{source}: {len(groups)} series of images, {names}{more}; give one of them, such as '{where}'"


def _pattern(paths: Sequence[Path], slot: int | None) -> str:
    """A glob for the names: the number that counts, or all of them, as a star."""
    parts = re.split(r"(\d+)", paths[0].stem)
    for k in range(1, len(parts), 2):
        if slot is None or k == 2 * slot + 1:
            parts[k] = "\0"
    suffixes = {path.suffix for path in paths}
    name = "".join(parts) + (paths[0].suffix if len(suffixes) == 1 else ".\0")
    return glob.escape(name).replace("\0", "*")


def goes_with_frames(image: Path) -> bool:
    """Whether the folder of an image is named as masks, depth and the like are, and the image is grey as they are."""
    return BESIDE.search(image.parent.name) is not None and not _in_colour(image)


def _beside(path: Path) -> bool:
    return BESIDE.search(path.stem) is not None


def _in_colour(path: Path) -> bool:
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.mode in _COLOUR_MODES
    except Exception:  # plugins raise anything on damage, which is named where the image is read
        return True


def _some(paths: set[Path]) -> str:
    names = [path.name for path in sorted(paths, key=natural_key)]
    return ", ".join(names[:2]) + (", ..." if len(names) > 2 else "")


def _ranges(numbers: list[int], step: int) -> str:
    """3, 7 to 9, ...: at most four runs."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + step:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [f"{low}" if low == high else f"{low} to {high}" for low, high in runs[:4]]
    return ", ".join(words) + (", ..." if len(runs) > 4 else "")
