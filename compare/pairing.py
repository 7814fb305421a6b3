"""Which clips of two sets belong together: by name, or by a table of pairs."""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from compare.counts import first_three
from compare.sources import Clip, Source, clips, may_be_clip, name_of, of_path
from trajectory.csv_tables import read_table
from trajectory.errors import CinetrajError, ReadError
from trajectory.files import decoded
from trajectory.io import split_part
from trajectory.media import is_video

GENERATED_PREFIX = re.compile(r"^gen_(540p|720p|1080p)_(.+)$")
"""CineTechBench's names of generated clips."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Match:
    """Two clips that belong together; one is missing where only the other exists."""

    name: str
    reference: Clip | None
    generated: Clip | None


def match(
    reference: Source, generated: Source, *, pairs: Path | None = None, resolution: str | None = None
) -> list[Match]:
    """Pairs of clips: two single clips, or by name (also CineTechBench's gen_720p_NAME), or by a CSV.

    Names that differ in capitals alone belong together where no other clip has such a name.

    Every clip of either side is in the result once; what has no partner has None on the other side.

    Raises:
        CinetrajError: a side holds nothing, or no name is on both sides.
    """
    if pairs is not None:
        return _from_csv(pairs, reference, generated)
    left, left_single = clips(reference)
    right, right_single = clips(generated)
    if left_single and right_single:
        a, b = next(iter(left.values())), next(iter(right.values()))
        name = b.name if a.name in ("trajectory", b.name) else a.name
        return [Match(name=name, reference=a, generated=b)]
    return _by_name(left, right, resolution)


def _by_name(left: Mapping[str, Clip], right: Mapping[str, Clip], resolution: str | None) -> list[Match]:
    spelt = {_composed(name): name for name in left}
    partner = {name: name for name in right if name in left}
    partner |= {name: own for name in right if (own := spelt.get(_composed(name))) and own not in partner}
    paired = set(partner.values())
    prefixed: dict[str, list[str]] = {}
    for name in right:
        found = GENERATED_PREFIX.match(name)
        own = spelt.get(_composed(found[2])) if found else None
        if name in partner or not found or own is None or own in paired:
            continue
        if resolution is None or found[1] == resolution:
            prefixed.setdefault(own, []).append(name)
    for name, candidates in prefixed.items():
        if len(candidates) > 1:
            raise CinetrajError(
                f"{name!r} was generated in several resolutions ({', '.join(candidates)}), expected one; "
                "choose with --resolution"
            )
        partner[candidates[0]] = name
    partner |= _but_for_capitals([n for n in right if n not in partner], set(left) - set(partner.values()))
    if not partner:
        raise CinetrajError(
            f"no clip name is on both sides: references {first_three(left)}; generated {first_three(right)}; "
            "rename them, or give --pairs CSV with the columns reference,generated"
        )
    by_reference = {name: right[key] for key, name in partner.items()}
    matches = [Match(name=name, reference=clip, generated=by_reference.get(name)) for name, clip in left.items()]
    alone = {name: clip for name, clip in right.items() if name not in partner}
    plain = Counter(_without_prefix(name) for name in right)
    for name, clip in alone.items():
        short = _without_prefix(name)
        # Two resolutions of one clip, or one beside its own reference, are told apart by the prefix alone.
        told = short if plain[short] == 1 and short not in left else name
        matches.append(Match(name=told, reference=None, generated=clip))
    return matches


def _but_for_capitals(generated: Iterable[str], references: Iterable[str]) -> dict[str, str]:
    """The reference of each generated clip whose name differs from it in capitals alone, where there are no two."""
    sides: list[dict[str, list[str]]] = []
    for names in (generated, references):
        spelt: dict[str, list[str]] = {}
        for name in names:
            spelt.setdefault(_composed(_without_prefix(name)).casefold(), []).append(name)
        sides.append(spelt)
    ours, theirs = sides
    return {ours[key][0]: theirs[key][0] for key in ours if len(ours[key]) == len(theirs.get(key, ())) == 1}


def _composed(name: str) -> str:
    """The name with each letter and its accents as one character, as Linux and Windows write it and macOS does not."""
    return unicodedata.normalize("NFC", name)


def _without_prefix(name: str) -> str:
    found = GENERATED_PREFIX.match(name)
    return found[2] if found else name


def named_in(path: Path) -> frozenset[str]:
    """All clips that a CSV of pairs names. Raises ReadError."""
    cells = [row[side] for row in _pair_rows(path) for side in ("reference", "generated")]
    return frozenset((*cells, *(cell.strip() for cell in cells)))


def _pair_rows(path: Path) -> Sequence[Mapping[str, str]]:
    try:
        table = read_table(decoded(path.read_bytes()), ("reference", "generated", "name"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReadError(
            path, f"cannot be read ({error})", remedy="expected a CSV with columns reference,generated"
        ) from error
    if not {"reference", "generated"} <= {*table.columns}:
        raise ReadError(path, "has no columns reference and generated", remedy="add them as the first line")
    if not any(row["reference"].strip() or row["generated"].strip() for _, row in table.rows):
        raise ReadError(path, "names no clip", remedy="add a row for each pair below its first line")
    return [row for _, row in table.rows]


def _from_csv(path: Path, reference: Source, generated: Source) -> list[Match]:
    """Rows `reference,generated[,name]`; entries are clip names of the two sources, or paths beside the CSV.

    An empty cell is a clip that is not there, as one whose name only one of two folders has.
    """
    rows = _pair_rows(path)
    sides = (clips(reference)[0], clips(generated)[0])
    left, right = ({_composed(name): clip for name, clip in side.items()} | side for side in sides)
    matches: list[Match] = []
    for row in rows:
        a, b = (
            _from_cell(row[key], known, path) if row[key].strip() else None
            for key, known in (("reference", left), ("generated", right))
        )
        told = row.get("name", "").strip()
        if clip := b or a:
            matches.append(Match(name=told or clip.name, reference=a, generated=b))
    names = [m.name for m in matches]
    for name in names:
        if names.count(name) > 1:
            raise ReadError(path, f"gives the name {name!r} twice", remedy="add a column name that differs")
    return matches


def _from_cell(text: str, known: Mapping[str, Clip], table: Path) -> Clip:
    """The clip that a cell names; spaces at its end are part of the name only where there is one with them.

    It may be the clip's file name; a path that is there comes first, but for a video, of which the clip's run is meant.
    """
    cell = text.strip()
    for each in (text, cell):
        if (clip := known.get(each) or known.get(_composed(each))) is not None:
            return clip
    stem = Path(cell).stem if Path(cell).name == cell and may_be_clip(Path(cell)) else ""
    by_file = known.get(stem) or known.get(_composed(stem))
    for path in (Path(cell), table.parent / cell):
        file, part = split_part(path)
        if file.exists() and not (by_file and is_video(file)):
            return of_path(path, f"{name_of(file)}#{part}" if part else name_of(path))
    if by_file is not None:
        return by_file
    return Clip(name=cell, failed=f"{table} names {cell!r}, which is neither a clip nor a path")
