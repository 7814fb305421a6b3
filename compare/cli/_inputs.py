"""What a command was given: a trajectory file, a run, a folder of either, or a clip to be estimated first."""

import shlex
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

from trajectory.companions import is_companion
from trajectory.errors import CinetrajError, ReadError, is_address, not_there
from trajectory.files import named_place
from trajectory.media import is_video

if TYPE_CHECKING:
    from trajectory.candidates import Candidates
    from trajectory.model import Trajectory


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Loaded:
    """One camera path by name, or why there is none.

    Attributes:
        failed: why there is none.
        status: of the estimate that it is; "" where it is none, or the file does not say.
        reason: why the status is not ok.
        others: other answers beside it; None where files beside `path` tell of them.
    """

    name: str
    path: Path
    trajectory: "Trajectory | None"
    failed: str = ""
    status: str = ""
    reason: str = ""
    others: "Candidates | None" = None

    @property
    def doubt(self) -> str:
        """What must be said of an estimate that is not vouched for, "" of others."""
        if self.status != "unreliable":
            return ""
        return "the estimate is unreliable" + (f": {self.reason}" if self.reason else "")


def warn_of_other_names(folder: Path, runs: Collection[str], clips: Collection[str]) -> None:
    """Warn where some runs are named after no clip while clips have no run: their names may be mistyped."""
    from compare.cli._report import warn
    from compare.counts import first_three

    others = [name for name in runs if name not in clips]
    lacking = [name for name in clips if name not in runs]
    if not others or not lacking:
        return
    if len(others) == len(runs):
        told = f"no run in {folder} is named after a clip: runs {first_three(others)}, clips {first_three(lacking)}"
    else:
        told = (
            f"runs in {folder} named after no clip: {first_three(others)}; clips without a run: {first_three(lacking)}"
        )
    warn(f"{told}; rename the folders of the runs, or give --runs another folder")


def load(
    given: str | Path, format: str = "auto", *, estimate_clip: Callable[[Path], list[Loaded]] | None = None
) -> list[Loaded]:
    """Everything that a path holds; a file, run or model folder gives one (a run of several shots one per shot).

    FILE#* gives one for each camera of the file.
    A folder of runs or of trajectory files gives one per entry; entries that cannot be read are `failed`.
    Raises CinetrajError where the path itself is nothing that can be read.
    """
    from compare.run_files import below_it, is_run
    from trajectory.io import split_part

    path, part = split_part(Path(given))
    if not path.exists():
        raise not_there(given if is_address(given) else path)
    if part:
        return _cameras(path, part, format)
    if path.is_file():
        if format == "auto" and is_video(path):
            if estimate_clip is None:
                raise CinetrajError(estimate_first(path))
            return estimate_clip(path)
        return [_read(path, path.stem, format)]
    if is_run(path):
        return _run(path, named_place(path).name)
    entries = [p for p in sorted(path.iterdir()) if not p.name.startswith(".") and not is_companion(p)]
    runs = [p for p in entries if p.is_dir() and is_run(p)]
    if runs:
        return [loaded for run in runs for loaded in _one_of_runs(run)]
    whole = _attempt(path, format)
    if not whole.failed:
        return [whole]
    found = [_attempt(entry, format) for entry in entries]
    if not found:
        raise CinetrajError(f"{path} is an empty folder; give a run, a folder of runs, or trajectory files")
    if all(each.failed for each in found):
        if _is_format(path):  # what is wrong with the whole says more than what its parts are not
            raise CinetrajError(whole.failed)
        why = below_it(path) or f"; {found[0].name}: {found[0].failed}"
        raise CinetrajError(f"{path} holds neither runs nor trajectories{why}")
    return _apart(found)


def _apart(found: list[Loaded]) -> list[Loaded]:
    names = apart([(each.name, each.path, bool(each.failed)) for each in found])
    return [replace(each, name=name) for each, name in zip(found, names, strict=True)]


def apart(found: Sequence[tuple[str, Path, bool]]) -> list[str]:
    """Names of what was read from a folder. Paths of one name in files of several suffixes, a.npz and a.txt, are called
    as their files, and what is no path as its file where a path has its name: each is kept.

    Args:
        found: name, file or folder, and whether it could not be read.
    """
    whole = Counter(name for name, _, failed in found if not failed)
    every = Counter(name for name, _, _ in found)
    return [path.name if (every if failed else whole)[name] > 1 else name for name, path, failed in found]


def entry_name(path: Path) -> str:
    """What is in a file or a folder of a folder is called so."""
    return path.stem if path.is_file() else path.name


def estimate_first(video: Path) -> str:
    """What to do with a video where its run is expected."""
    run = shlex.quote(f"runs/{run_name(video)}")
    return f"{video} is a video; run `cinetraj estimate {shlex.quote(str(video))} --out runs/` first, then give {run}"


def run_name(video: Path) -> str:
    """What `cinetraj estimate` calls the run of a video."""
    from sfm.batch.inputs import safe_name
    from sfm.video.reader import told_name

    return safe_name(told_name(str(video)))


def sole(given: str | Path, found: list[Loaded]) -> Loaded:
    """The single camera path of what a file, model folder or run of one shot holds. Raises CinetrajError otherwise."""
    require_some(given, found)
    if len(found) > 1:
        raise CinetrajError(f"{given} holds {len(found)} trajectories ({found[0].name}, ...); give one of them")
    return found[0]


def require_some(given: str | Path, found: list[Loaded]) -> None:
    """Raises CinetrajError where nothing that was found has a path, as of a run all of whose shots failed."""
    if all(each.trajectory is None for each in found):
        raise CinetrajError(f"{given} has no trajectory: {found[0].failed}")


def _one_of_runs(path: Path) -> list[Loaded]:
    """As `_run`; one that cannot be read keeps its place."""
    try:
        return _run(path, path.name)
    except ReadError as error:
        return [Loaded(name=path.name, path=path, trajectory=None, failed=str(error))]


def _run(path: Path, name: str) -> list[Loaded]:
    from sfm.runs.folder import read_run

    run = read_run(path)
    return [
        Loaded(
            name=f"{name}/{shot['name']}" if shot["name"] else name,
            path=path / shot["name"],
            trajectory=run.trajectories.get(shot["name"]),
            failed=shot["reason"] if shot["status"] == "failed" else "",
            status=shot["status"],
            reason=shot["reason"],
        )
        for shot in run.record["shots"]
    ]


def _cameras(path: Path, part: str, format: str) -> list[Loaded]:
    """One camera of a file that holds several, or with "*" each of them."""
    from trajectory import io

    if part != io.ALL:
        return [_read(Path(f"{path}#{part}"), f"{path.stem}#{part}", format)]
    named = io.cameras(path, format=format)
    if not named:
        return [_read(path, path.stem, format)]
    found = [_attempt(Path(f"{path}#{name}"), format, f"{path.stem}#{name}") for name in named]
    if all(each.failed for each in found):
        raise CinetrajError(found[0].failed)
    return found


def _read(path: Path, name: str, format: str) -> Loaded:
    from trajectory import io
    from trajectory.model import evidence_of

    trajectory = io.read(path, format=format)
    status = evidence_of(trajectory).get("status")
    return Loaded(name=name, path=path, trajectory=trajectory, status=status if isinstance(status, str) else "")


def _is_format(path: Path) -> bool:
    from trajectory import io

    try:
        io.detect(path)
    except CinetrajError:
        return False
    return True


def _attempt(path: Path, format: str, name: str = "") -> Loaded:
    name = name or entry_name(path)
    try:
        return _read(path, name, format)
    except CinetrajError as error:
        return Loaded(name=name, path=path, trajectory=None, failed=str(error))
