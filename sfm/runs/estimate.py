"""What became of a clip and of its shots, and how `run.json` says it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from types import MappingProxyType
from typing import Any, cast, final

import numpy as np
from jaxtyping import UInt8

from sfm.structure import Structure
from sfm.types import ModelName, Status
from trajectory.candidates import Candidates
from trajectory.errors import CinetrajError
from trajectory.files import printable
from trajectory.frozen import reduced
from trajectory.model import Trajectory
from trajectory.run_names import RUN_FORMAT, RUN_VERSION


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class ShotEstimate:
    """What became of one shot: its frames start..stop of the frames that were read.

    Attributes:
        trajectory: with intrinsics in pixels of the source; None where status is "failed".
        picture: arrays for the plot: those of the backend, `frame` (number in the shot) and `rgb` (that frame).
        structure: depth, movement and points, in the trajectory's world and unit.
        save: files beyond the usual ones that are to be written; names of `sfm.config.SAVABLE`.
        unsaved: those that were asked for and cannot be, with the reason.
        images: all frames at the working size, where a file of `save` holds them.
        alternatives: other motions that may be the right one, in the order of the trajectory's
            `evidence["candidates"]`, which begins with the trajectory itself.
    """

    start: int
    stop: int
    start_s: float
    end_s: float
    status: Status
    reason: str
    motion_model: ModelName | None
    trajectory: Trajectory | None
    registered: int
    statistics: Mapping[str, Any]
    seconds: Mapping[str, float]
    notes: tuple[str, ...]
    picture: Mapping[str, np.ndarray]
    structure: Structure | None = None
    save: tuple[str, ...] = ()
    unsaved: Mapping[str, str] = field(default_factory=dict[str, str])
    images: UInt8[np.ndarray, "n h w 3"] | None = None
    alternatives: tuple[Trajectory, ...] = ()

    @property
    def candidates(self) -> Candidates:
        """The alternatives and the probability of each, as `trajectory.describe` takes them."""
        origin = None if self.trajectory is None else self.trajectory.provenance
        told = () if origin is None else origin.evidence.get("candidates") or ()
        if len(told) != 1 + len(self.alternatives):
            return Candidates()
        own, *others = (float(each["probability"]) for each in told)
        return Candidates(own=own, others=tuple(zip(others, self.alternatives, strict=True)))

    def without(self, names: tuple[str, ...], why: str) -> "ShotEstimate":
        """The shot, told that it has none of these files."""
        return replace(self, save=(), unsaved=MappingProxyType(dict.fromkeys(names, why)))

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """What became of a clip.

    Attributes:
        seconds: wall time of the stages that serve all shots, and "total".
        video: what was read: sizes, number and times of frames, the focal length that was known beforehand.
    """

    source: str
    backend: str
    shots: tuple[ShotEstimate, ...]
    config: Mapping[str, Any]
    versions: Mapping[str, str]
    seed: int
    seconds: Mapping[str, float]
    video: Mapping[str, Any]
    notes: tuple[str, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return reduced(self)

    @property
    def status(self) -> Status:
        """That of the shots where they agree; "partial" where some failed; else the more doubtful one."""
        found: set[Status] = {shot.status for shot in self.shots}
        if len(found) == 1:
            return found.pop()
        return "unreliable" if found == {"ok", "unreliable"} else "partial"

    @property
    def reason(self) -> str:
        """Why the status is not "ok", by shot."""
        if len(self.shots) == 1:
            return self.shots[0].reason
        return "; ".join(f"shot {k}: {s.status}, {s.reason}" for k, s in enumerate(self.shots) if s.status != "ok")

    @property
    def trajectory(self) -> Trajectory:
        """The trajectory of a clip of one shot. Raises CinetrajError where there are several, or none was found."""
        if len(self.shots) != 1:
            raise CinetrajError(
                f"{self.source} has {len(self.shots)} shots and no one trajectory; use .shots[k].trajectory"
            )
        found = self.shots[0].trajectory
        if found is None:
            raise CinetrajError(f"{self.source} has no trajectory: {self.shots[0].reason}")
        return found

    def to_json(self) -> dict[str, Any]:
        """What `run.json` holds, JSON values only (docs/formats.md)."""
        shots = [shot_json(shot, name) for shot, name in zip(self.shots, self.shot_names(), strict=True)]
        models = {shot.motion_model for shot in self.shots}
        return {
            "format": RUN_FORMAT,
            "version": RUN_VERSION,
            "source": printable(self.source),
            "status": self.status,
            "reason": self.reason,
            "backend": self.backend,
            "frames": sum(shot.stop - shot.start for shot in self.shots),
            "registered": sum(shot.registered for shot in self.shots),
            "motion_model": models.pop() if len(models) == 1 else None,
            "seconds": self._seconds(),
            "seed": self.seed,
            "versions": dict(self.versions),
            "config": dict(self.config),
            "video": dict(self.video),
            "notes": [printable(note) for note in self.notes],
            "shots": shots,
        }

    def shot_names(self) -> tuple[str, ...]:
        """Folder of each shot inside of the run; "" where the clip is one shot and needs none."""
        return ("",) if len(self.shots) == 1 else tuple(f"shot-{k:03d}" for k in range(len(self.shots)))

    def _seconds(self) -> dict[str, float]:
        spent = dict(self.seconds)
        for shot in self.shots:
            for stage, seconds in shot.seconds.items():
                spent[stage] = spent.get(stage, 0.0) + seconds
        total = spent.pop("total", sum(spent.values()))
        return {stage: round(seconds, 3) for stage, seconds in [*spent.items(), ("total", total)]}


def shot_json(shot: ShotEstimate, name: str) -> dict[str, Any]:
    """One entry of the list `shots` of run.json."""
    return {
        "name": name,
        "start": shot.start,
        "stop": shot.stop,
        "start_s": shot.start_s,
        "end_s": shot.end_s,
        "status": shot.status,
        "reason": shot.reason,
        "frames": shot.stop - shot.start,
        "registered": shot.registered,
        "motion_model": shot.motion_model,
        "seconds": {stage: round(seconds, 3) for stage, seconds in shot.seconds.items()},
        "statistics": dict(shot.statistics),
        "notes": list(shot.notes),
        "saved": list(shot.save),
        "unsaved": dict(shot.unsaved),
    }


def plain(value: Any) -> Any:
    """JSON values from what configs and statistics hold; what is not finite becomes None."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in cast("Iterable[Any]", value)]
    if is_dataclass(value) and not isinstance(value, type):
        return {"type": type(value).__name__, **plain(asdict(value))}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return printable(str(value))
