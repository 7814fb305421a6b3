"""Which clips a path stands for, and which of two sets belong together."""

import csv
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, final

from compare.rows import Fault
from compare.shots import Shot, best_shot, in_whole_clip, listed_shots
from trajectory.csv_tables import read_table
from trajectory.errors import CinetrajError, ReadError, is_address, not_there
from trajectory.files import decoded, named_place
from trajectory.io import split_part
from trajectory.media import is_video
from trajectory.model import Trajectory
from trajectory.posterior import Posterior, alone, rigid_probability, with_alternatives

WELL_KNOWN = (
    "trajectory.npz",
    "pred_traj.txt",
    "trajectory_tum.txt",
    "transforms.json",
    "images.txt",
    "images.bin",
    "gt_tum.txt",
    "intended_tum.txt",
)
"""Trajectory files that stand for the folder they are in, the most trusted first."""
TRAJECTORY_SUFFIXES = {".txt", ".npz", ".npy", ".json", ".csv", ".tum", ".kitti"}
NO_TRAJECTORY = {"run.json", "meta.json", "labels.json"}
GENERATED_PREFIX = re.compile(r"^gen_(540p|720p|1080p)_(.+)$")
"""CineTechBench's names of generated clips."""

Source = str | Path | Trajectory | Mapping[str, "str | Path | Trajectory"]


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """One clip of a set: a path to read, or a trajectory, or the reason why it has neither.

    Attributes:
        unreliable: the estimator's own words where it does not vouch for its result.
        run: the run folder it comes from, where there is one.
        fault: whose failure it is, as a generated clip, that it has neither.
        shot: which shot of a clip that falls into several it is.
    """

    name: str
    path: Path | None = None
    trajectory: Trajectory | None = None
    failed: str = ""
    unreliable: str = ""
    run: Path | None = None
    fault: Fault = "model"
    shot: Shot | None = None

    def load(self, format: str = "auto") -> Trajectory:
        """The trajectory, read now if need be. `format` is that of plain files; runs and their files know their own."""
        if self.failed:
            raise CinetrajError(self.failed)
        if self.trajectory is not None:
            return self.trajectory
        assert self.path is not None
        from trajectory.io import read

        own = self.run is not None or (format != "auto" and _is_ours(self.path))
        found = read(self.path, format="auto" if own else format)
        return found if self.shot is None else in_whole_clip(found, self.shot)

    def posterior(self, best: Trajectory) -> Posterior:
        """What else the path may be, beside what `load` gave."""
        if self.path is None:
            return alone(best)
        shot = self.shot
        return with_alternatives(best, self.path, place=None if shot is None else lambda t: in_whole_clip(t, shot))


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Match:
    """Two clips that belong together; one is missing where only the other exists."""

    name: str
    reference: Clip | None
    generated: Clip | None


def clips(source: Source) -> tuple[dict[str, Clip], bool]:
    """The clips that a source stands for, by name, and whether it is a single clip. Nothing is read but run.json.

    A source is a trajectory file, a run folder, a folder of either, a Trajectory, or a mapping of names to these.
    Folders of runs in a folder are sets of clips, as `cinetraj compare` leaves one for each source of videos among its
    runs, and none of the folder's clips.

    Raises:
        CinetrajError: the path does not exist, or a folder holds no clip.
    """
    if isinstance(source, Trajectory):
        clip = _of_value("trajectory", source)
        return {clip.name: clip}, True
    if isinstance(source, Mapping):
        found: dict[str, Clip] = {}
        for name, item in source.items():
            if isinstance(item, Trajectory):
                found[name] = _of_value(name, item)
            else:
                found[name] = _of_path(Path(item), name)
        if not found:
            raise CinetrajError("the mapping of clips is empty, expected names with trajectories or paths")
        return found, False
    require_there(source)
    path, part = split_part(Path(source))
    if part:
        return _of_cameras(path, part)
    if path.is_file():
        clip = _of_path(path, _name(path))
        return {clip.name: clip}, True
    own = _of_folder(path, named_place(path).name)
    if own is not None:
        return {own.name: own}, True
    found = {}
    sets: list[Path] = []
    for child in sorted(path.iterdir()):
        if child.name.startswith("."):
            continue
        if child.is_dir():
            clip = _of_folder(child, child.name)
            if clip is None and any(child.glob("*/run.json")):
                sets.append(child)
            else:
                found[child.name] = clip or _sole_file(child)
        elif _may_be_clip(child):
            if child.stem in found:
                other = found[child.stem].path
                raise CinetrajError(f"{path} holds two clips named {child.stem!r} ({other} and {child}); rename one")
            found[child.stem] = _of_path(child, child.stem)
    if not found:
        which = f"; give one of the folders of runs in it, as {sets[0]}" if sets else ""
        raise CinetrajError(f"{path} holds no clip, expected trajectory files or run folders in it{which}")
    return found, False


def require_there(*sources: Source) -> None:
    """Raises CinetrajError for a path that is not there: who mistyped it has no model that delivered nothing."""
    for source in sources:
        if isinstance(source, str | Path) and not (path := split_part(Path(source))[0]).exists():
            if is_address(source):
                raise not_there(source)
            raise CinetrajError(f"{path} does not exist, expected a trajectory file, a run folder or a folder of them")


def _of_cameras(path: Path, part: str) -> tuple[dict[str, Clip], bool]:
    """One camera of a file that holds several, or with "*" each under its name."""
    from trajectory.io import ALL, cameras

    named = cameras(path) if part == ALL else (part,)
    found = {name: Clip(name=name, path=Path(f"{path}#{name}")) for name in named}
    return (found or {path.stem: Clip(name=path.stem, path=path)}), part != ALL


def _may_be_clip(path: Path) -> bool:
    return is_video(path) or (path.suffix.lower() in TRAJECTORY_SUFFIXES and path.name not in NO_TRAJECTORY)


def _name(path: Path) -> str:
    generic = {Path(name).stem for name in WELL_KNOWN} | {"trajectory", "poses"}
    return named_place(path).parent.name if path.stem in generic else path.stem


def _of_value(name: str, trajectory: Trajectory) -> Clip:
    made = trajectory.provenance
    evidence: Mapping[str, Any] = made.evidence if made is not None else {}
    unreliable = str(evidence.get("reason") or "its estimator calls it unreliable")
    return Clip(
        name=name, trajectory=trajectory, unreliable=unreliable if evidence.get("status") == "unreliable" else ""
    )


def _of_path(path: Path, name: str) -> Clip:
    file, part = split_part(path)
    if part:
        missing = "" if file.exists() else f"{file} does not exist"
        return Clip(name=name, path=None if missing else path, failed=missing)
    if path.is_dir():
        return _of_folder(path, name) or _sole_file(path)
    if not path.exists():
        return Clip(name=name, failed=f"{path} does not exist")
    if is_video(path):
        return Clip(name=name, path=path, failed=f"{path} is a video: estimate its trajectory first")
    return Clip(name=name, path=path)


def _of_folder(path: Path, name: str) -> Clip | None:
    """The clip that a folder is; None where it is no clip itself."""
    run = path / "run.json"
    if run.is_file():
        return _of_run(path, run, name)
    for known in WELL_KNOWN:
        if (path / known).is_file():
            return Clip(name=name, path=path / known)
    return Clip(name=name, path=path) if _is_format(path) else None


def _is_ours(path: Path) -> bool:
    """Whether a file is in the format of cinetraj itself, which no other name of a format can mean."""
    from trajectory.io import detect

    try:
        return path.suffix.lower() == ".npz" and detect(path)[0] == "native"
    except CinetrajError:
        return False


def _is_format(path: Path) -> bool:
    """Whether the folder as a whole is in a format that we read (DROID, CUT3R, ViPE)."""
    from trajectory.io import detect

    try:
        detect(path)
    except ReadError:
        return False
    return True


def _of_run(path: Path, run: Path, name: str) -> Clip:
    try:
        record: dict[str, Any] = json.loads(run.read_text(encoding="utf-8"))
        status, reason = str(record["status"]), str(record.get("reason") or "")
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{run} is no run record ({type(error).__name__}): estimate the clip again"
        return Clip(name=name, failed=why, run=path, fault="instrument")
    if not (path / "trajectory.npz").is_file():
        shot = best_shot(path, record)
        if shot is not None:
            inner = _of_run(path / shot.name, path / shot.name / "run.json", name)
            return replace(inner, shot=shot)
    shots = listed_shots(record)
    if status == "failed" or (shots and all(shot.get("status") == "failed" for shot in shots)):
        reason = reason or "no reason given"
        return Clip(name=name, failed=f"estimation failed: {reason}", run=path, fault=_fault(record))
    if not (path / "trajectory.npz").is_file():
        why = "trajectory.npz is missing from its run; estimate the clip again"
        return Clip(name=name, failed=why, run=path, fault="instrument")
    unreliable = (reason or "its estimator calls it unreliable") if status == "unreliable" else ""
    return Clip(name=name, path=path / "trajectory.npz", unreliable=unreliable, run=path)


def _fault(record: Mapping[str, Any]) -> Fault:
    """Whose fault it is that a generated clip has no trajectory: the model's where there was nothing to be found."""
    batch: Any = record.get("batch")
    if isinstance(batch, Mapping) and cast("Mapping[str, Any]", batch).get("failure") == "input":
        return "model"  # it cannot be read
    if isinstance(record.get("frames"), int) and 0 < record["frames"] < 2:
        return "model"
    told = [rigid_probability(shot.get("statistics") or {}) for shot in listed_shots(record)]
    nothing_rigid = bool(told) and all(share is not None and share < 0.5 for share in told)
    return "model" if nothing_rigid else "instrument"


def _sole_file(path: Path) -> Clip:
    files = sorted(f for f in path.iterdir() if f.suffix.lower() in TRAJECTORY_SUFFIXES and f.name not in NO_TRAJECTORY)
    if len(files) == 1:
        return Clip(name=path.name, path=files[0])
    what = "no trajectory file" if not files else f"{len(files)} files that could be the trajectory"
    return Clip(name=path.name, failed=f"{path} holds {what}, expected one of {', '.join(WELL_KNOWN[:3])}")


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
            f"no clip name is on both sides: references {listed(left)}; generated {listed(right)}; "
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


def listed(names: Iterable[str]) -> str:
    """The first three names, and how many more there are."""
    known = list(names)
    return ", ".join(known[:3]) + (f" and {len(known) - 3} more" if len(known) > 3 else "")


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
    stem = Path(cell).stem if Path(cell).name == cell and _may_be_clip(Path(cell)) else ""
    by_file = known.get(stem) or known.get(_composed(stem))
    for path in (Path(cell), table.parent / cell):
        file, part = split_part(path)
        if file.exists() and not (by_file and is_video(file)):
            return _of_path(path, f"{_name(file)}#{part}" if part else _name(path))
    if by_file is not None:
        return by_file
    return Clip(name=cell, failed=f"{table} names {cell!r}, which is neither a clip nor a path")
