"""Run folders: what an estimate leaves on disk, complete or not at all."""

import json
import os
import re
import shutil
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

from sfm.runs.estimate import Estimate, ShotEstimate, shot_json
from sfm.runs.saved import SAVED_FILES, SAVED_FOLDERS, alternative_file, write_saved
from trajectory.errors import CinetrajError, ReadError
from trajectory.files import printable, require_folder
from trajectory.model import Trajectory
from trajectory.run_names import PAGE_FILE, RUN_FORMAT, RUN_VERSION
from trajectory.run_names import RUN_FILE as RUN_FILE
from trajectory.run_names import TRAJECTORY_FILE as TRAJECTORY_FILE

TUM_FILE = "trajectory_tum.txt"
PLOT_FILE = "plot.png"
OWN_FILES = frozenset({RUN_FILE, TRAJECTORY_FILE, TUM_FILE, PLOT_FILE, PAGE_FILE, *SAVED_FILES, *SAVED_FOLDERS})
_ELSEWHERE = "choose another folder"  # commands call the option by different names
_SHOT = re.compile(r"shot-\d{3,}")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A run read from disk.

    Attributes:
        record: run.json as it stands.
        trajectories: shot folder ("" for a clip of one shot) to its trajectory; failed shots are absent.
    """

    path: Path
    record: dict[str, Any]
    trajectories: dict[str, Trajectory]

    @property
    def status(self) -> str:
        """ok, partial, unreliable or failed."""
        return str(self.record["status"])


def write_run(
    estimate: Estimate, folder: str | Path, *, plot: bool = True, extra: Mapping[str, Any] | None = None
) -> Path:
    """Write `run.json`, `trajectory.npz`, `trajectory_tum.txt`, `plot.png` and what shots save, all or nothing.

    Several shots get a folder each (`shot-000`, ...); a shot that failed has its run.json only.

    Args:
        extra: further keys of the clip's run.json, JSON values. A run that is there already is replaced; anything else
            that is in the way is an error.
    """
    target = Path(folder)
    require_free(target)
    record = {"name": printable(target.name), **estimate.to_json(), **(extra or {})}
    with replaced_folder(target) as temporary:
        for shot, name in zip(estimate.shots, estimate.shot_names(), strict=True):
            place = temporary / name
            place.mkdir(exist_ok=True)
            if shot.trajectory is not None:
                _write_trajectory(shot, shot.trajectory, place, f"{record['name']} {name}".strip(), estimate, plot=plot)
                write_saved(shot, place)
            if name:
                own = {**record, **shot_json(shot, ""), "name": f"{record['name']}/{name}", "notes": list(shot.notes)}
                _write_json(place / RUN_FILE, {**own, "shots": [shot_json(shot, "")]})
        _write_json(temporary / RUN_FILE, record)
    return target


def require_free(folder: str | Path) -> None:
    """Raises CinetrajError where a run cannot be written: something else is there, or no folder can be made."""
    target = Path(folder)
    if target.is_dir():
        if any(target.iterdir()) and not _was_run(target):
            lacks = "a run.json of ours" if (target / RUN_FILE).exists() else RUN_FILE
            raise CinetrajError(f"{target} exists and is no run, as it lacks {lacks}; move it away, or {_ELSEWHERE}")
    elif target.exists():
        raise CinetrajError(f"{target} exists and is no run; move it away, or {_ELSEWHERE}")
    require_folder(target.absolute().parent)


def is_run(path: str | Path) -> bool:
    """Whether a folder is a run: it holds a run.json of ours."""
    try:
        return json.loads((Path(path) / RUN_FILE).read_bytes()).get("format") == RUN_FORMAT
    except (OSError, ValueError, AttributeError):
        return False


def _was_run(path: Path) -> bool:
    """Whether a folder is a run, or was one before its run.json was cut short."""
    try:
        return is_run(path) or f'"format": "{RUN_FORMAT}"'.encode() in (path / RUN_FILE).read_bytes()
    except OSError:
        return False


def find_runs(folder: str | Path) -> list[Path]:
    """The runs in a folder, the folder itself if it is one; shots count to the run that lists them."""
    folder = Path(folder)
    if is_run(folder):
        return [folder]
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path) and is_run(path))


def read_run(folder: str | Path) -> Run:
    """A run from disk. Raises ReadError where it is no run, or an incomplete one."""
    from trajectory import io

    path = Path(folder)
    file = path / RUN_FILE
    try:
        value: Any = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        what = "is a file and no run" if path.is_file() else "holds no run.json"
        raise ReadError(path, what, remedy="give a folder that `cinetraj estimate` wrote") from None
    except OSError as error:
        raise ReadError(file, f"cannot be read ({error.strerror})", remedy="check its permissions") from error
    except ValueError as error:
        raise ReadError(file, f"is no JSON ({error})", remedy="estimate the clip again") from error
    record = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    if record.get("format") != RUN_FORMAT:
        raise ReadError(file, f"is not marked as {RUN_FORMAT}", remedy="give a folder that `cinetraj estimate` wrote")
    if (record.get("version") or 0) > RUN_VERSION:
        raise ReadError(file, f"has version {record['version']}, expected {RUN_VERSION}", remedy="update cinetraj")
    try:
        whole = [str(shot["name"]) for shot in record["shots"] if shot["status"] != "failed"]
    except (KeyError, TypeError) as error:
        raise ReadError(file, f"is no run record ({error!r})", remedy="estimate the clip again") from error
    found = {name: io.read(path / name / TRAJECTORY_FILE, format="native") for name in whole}
    return Run(path=path, record=record, trajectories=found)


@contextmanager
def replaced_folder(target: Path) -> Generator[Path, None, None]:
    """A temporary sibling that takes the place of `target` when the block ends well, and vanishes when it does not."""
    mark = uuid.uuid4().hex[:8]
    temporary = target.parent / f".{target.name}.new-{mark}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
    except OSError as error:
        raise CinetrajError(f"{target.parent} cannot be written ({error.strerror}); {_ELSEWHERE}") from error
    try:
        yield temporary
        if target.exists():
            old = target.parent / f".{target.name}.old-{mark}"
            os.rename(target, old)
            os.rename(temporary, target)
            take_others(old, target)
            shutil.rmtree(old)
        else:
            os.rename(temporary, target)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


def take_others(old: Path, new: Path) -> None:
    """What lies in a run or in its shots and is none of their files (notes of the user, other runs) moves into the one
    in its place."""
    for path in old.iterdir():
        if _SHOT.fullmatch(path.name) and path.is_dir():
            take_others(path, new / path.name)
        elif path.name not in OWN_FILES and not (new / path.name).exists():
            new.mkdir(exist_ok=True)
            os.rename(path, new / path.name)


def _write_trajectory(
    shot: ShotEstimate, trajectory: Trajectory, place: Path, title: str, estimate: Estimate, *, plot: bool
) -> None:
    from trajectory import io

    io.write(trajectory, place / TRAJECTORY_FILE, format="native")
    if trajectory.valid.any():
        io.write(trajectory, place / TUM_FILE, format="tum")
    for number, other in enumerate(shot.alternatives, start=1):
        file = place / alternative_file(number)
        file.parent.mkdir(exist_ok=True)
        io.write(other, file, format="native")
    if plot:
        from sfm.runs.figure import write_picture

        write_picture(shot, trajectory, place / PLOT_FILE, title=title, backend=estimate.backend)


def _write_json(path: Path, record: dict[str, Any]) -> None:
    path.write_text(json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")
