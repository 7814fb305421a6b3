"""From runs or descriptions to what the benchmarks need of each clip."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from trajectory.errors import CinetrajError, ReadError
from trajectory.files import read_json

if TYPE_CHECKING:
    from trajectory.candidates import Candidates
    from trajectory.model import Trajectory

Rule = Literal["apparent", "authors"]
NOT_ESTIMATED = "not estimated"


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One clip: a description, or the reason why there is none.

    Attributes:
        camera: `Description.to_json()` of the trajectory.
        shots: how many shots the clip has; more than one means that only the longest one is described.
    """

    name: str
    camera: Mapping[str, Any] | None
    failure: str | None = None
    shots: int = 1

    def __post_init__(self) -> None:
        if (self.camera is None) == (self.failure is None):
            raise CinetrajError(f"clip {self.name!r} needs a description or a failure, and not both")


def clips_from_runs(
    folder: str | Path, *, rule: Rule = "apparent", progress: Callable[[int, int], None] | None = None
) -> dict[str, Clip]:
    """Describe every run below `folder` (runs/NAME/run.json); keys are the names of the runs.

    A run of several shots (NAME/shot-000, ...) is taken as one clip by its longest shot, counted in frames; where
    that shot failed, the clip failed, as does one that cannot be read. progress: called with (runs done, runs in all).

    Raises:
        ReadError: no run below the folder.
    """
    root = Path(folder)
    runs = sorted(path.parent for path in root.glob("*/run.json") if not path.parent.name.startswith("."))
    if not runs:
        raise ReadError(root, "holds no NAME/run.json", remedy="give the folder that `cinetraj estimate --out` wrote")
    clips: dict[str, Clip] = {}
    for run in runs:
        clips[run.name] = _clip(run, rule)
        if progress is not None:
            progress(len(clips), len(runs))
    return clips


def clips_from_descriptions(descriptions: Mapping[str, Any]) -> dict[str, Clip]:
    """Clips from `Description.to_json()` by name, or {"failed": reason}, as `cinetraj describe --json` prints them."""
    clips: dict[str, Clip] = {}
    for name, told in descriptions.items():
        if "/" in name:
            raise CinetrajError(
                f"{name!r} is one shot of a clip, expected whole clips; score the folder of runs instead"
            )
        if not isinstance(told, Mapping):
            raise CinetrajError(f"description of {name!r} is {told!r}, expected an object")
        description = cast("Mapping[str, Any]", told)
        if "failed" in description:
            clips[name] = Clip(name=name, camera=None, failure=str(description["failed"]))
        elif {"scores", "decisions", "rule"} <= set(description):
            clips[name] = Clip(name=name, camera=description)
        else:
            raise CinetrajError(
                f"description of {name!r} has keys {sorted(description)}, expected scores, decisions, rule, or failed"
            )
    return clips


def clip_of_trajectory(
    name: str,
    trajectory: "Trajectory",
    *,
    rule: Rule = "apparent",
    shots: int = 1,
    candidates: "Candidates | None" = None,
) -> Clip:
    """Describe one trajectory, with the other answers that its estimator held for possible."""
    from trajectory import DescribeConfig, describe

    camera = describe(trajectory, DescribeConfig(rule=rule), candidates=candidates).to_json()
    return Clip(name=name, camera=camera, shots=shots)


def _clip(run: Path, rule: Rule) -> Clip:
    from trajectory.candidates import candidates_beside
    from trajectory.io import read

    shots = sorted(path.parent for path in run.glob("shot-*/run.json"))
    count = max(1, len(shots))
    try:
        home = max(shots, key=lambda shot: _frames(_run_record(shot)), default=run)  # the first of equally long ones
        record = _run_record(home)
        path = home / "trajectory.npz"
        failed = record.get("status") == "failed"
        if failed or not path.is_file():
            reason = str(record.get("reason") or "no reason given") if failed else "has no trajectory.npz"
            return Clip(name=run.name, camera=None, failure=reason, shots=count)
        trajectory = read(path, format="native")
        others = candidates_beside(trajectory, home)
        return clip_of_trajectory(run.name, trajectory, rule=rule, shots=count, candidates=others)
    except CinetrajError as error:
        # One clip that cannot be described is a failure of that clip, shown as such; the others go on.
        return Clip(name=run.name, camera=None, failure=str(error), shots=count)


def _run_record(run: Path) -> dict[str, Any]:
    path = run / "run.json"
    content = read_json(path, remedy="estimate this clip again")
    if not isinstance(content, dict):
        raise ReadError(path, f"holds a {type(content).__name__}, expected an object", remedy="estimate it again")
    return cast("dict[str, Any]", content)


def _frames(record: Mapping[str, Any]) -> int:
    frames = record.get("frames", 0)
    if isinstance(frames, int):
        return frames
    return len(cast("list[object]", frames)) if isinstance(frames, list) else 0
