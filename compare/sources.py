"""Which clips a path stands for: files, runs, folders of either, and paths in memory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, final

from compare.rows import Fault
from compare.shots import Shot, best_shot, in_whole_clip, listed_shots
from trajectory.companions import is_companion
from trajectory.errors import CinetrajError, ReadError, is_address, not_there
from trajectory.files import named_place, require_named
from trajectory.io import split_part
from trajectory.media import is_video
from trajectory.model import Trajectory, require_trajectory
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
TRAJECTORY_SUFFIXES = {".txt", ".npz", ".npy", ".json", ".csv", ".tum", ".kitti", ".chan"}
NO_TRAJECTORY = {"run.json", "meta.json", "labels.json"}

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

        own = format == "auto" or self.knows_format
        found = read(self.path, format="auto" if own else format)
        return found if self.shot is None else in_whole_clip(found, self.shot)

    @property
    def knows_format(self) -> bool:
        """Whether no format that is named has an effect on it: a trajectory, a run, a file of ours."""
        return self.trajectory is not None or self.run is not None or self.path is None or _is_ours(self.path)

    def posterior(self, best: Trajectory) -> Posterior:
        """What else the path may be, beside what `load` gave."""
        if self.path is None:
            return alone(best)
        shot = self.shot
        return with_alternatives(best, self.path, place=None if shot is None else lambda t: in_whole_clip(t, shot))


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
        for key, item in source.items():
            name = str(key)  # numbers and paths name clips, too
            if name in found:
                raise CinetrajError(f"the mapping of clips has two that are named {name!r}; rename one")
            found[name] = _of_item(item, name)
        if not found:
            raise CinetrajError("the mapping of clips is empty, expected names with trajectories or paths")
        return found, False
    if not isinstance(source, str | Path):  # pyright: ignore[reportUnnecessaryIsInstance]
        kind = type(source).__name__
        raise CinetrajError(
            f"set of clips is of type {kind}, expected a path, a Trajectory, or a mapping of names to these"
        )
    require_named(source)
    require_there(source)
    path, part = split_part(Path(source))
    if part:
        return _of_cameras(path, part)
    if path.is_file():
        clip = of_path(path, name_of(path))
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
        elif may_be_clip(child):
            if child.stem in found:
                other = found[child.stem].path
                raise CinetrajError(f"{path} holds two clips named {child.stem!r} ({other} and {child}); rename one")
            found[child.stem] = of_path(child, child.stem)
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


def may_be_clip(path: Path) -> bool:
    return is_video(path) or _may_be_path(path)


def _may_be_path(path: Path) -> bool:
    known = path.suffix.lower() in TRAJECTORY_SUFFIXES and path.name not in NO_TRAJECTORY
    return known and not is_companion(path)


def name_of(path: Path) -> str:
    generic = {Path(name).stem for name in WELL_KNOWN} | {"trajectory", "poses"}
    return named_place(path).parent.name if path.stem in generic else path.stem


def _of_item(item: Any, name: str) -> Clip:
    """The clip that a value of a mapping is."""
    if isinstance(item, str | Path):
        return of_path(Path(item), name)
    if item is None:
        raise CinetrajError(
            f"clip {name!r} is None, expected a Trajectory or a path; leave out what was never delivered, and of an "
            "estimate that failed give the folder of its run (sfm.write_run), so that its row says why"
        )
    return _of_value(name, require_trajectory(item, f"clip {name!r}"))


def _of_value(name: str, trajectory: Trajectory) -> Clip:
    made = trajectory.provenance
    evidence: Mapping[str, Any] = made.evidence if made is not None else {}
    unreliable = str(evidence.get("reason") or "its estimator calls it unreliable")
    return Clip(
        name=name, trajectory=trajectory, unreliable=unreliable if evidence.get("status") == "unreliable" else ""
    )


def of_path(path: Path, name: str) -> Clip:
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
    files = sorted(f for f in path.iterdir() if _may_be_path(f))
    if len(files) == 1:
        return Clip(name=path.name, path=files[0])
    what = "no trajectory file" if not files else f"{len(files)} files that could be the trajectory"
    return Clip(name=path.name, failed=f"{path} holds {what}, expected one of {', '.join(WELL_KNOWN[:3])}")
