"""Estimates that did not come from our own stages: another program's trajectory, or a failure and its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, final

from sfm.runs.estimate import Estimate, ShotEstimate
from sfm.runs.versions import installed_versions
from sfm.types import Status
from trajectory.model import Provenance, Trajectory


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Origin:
    """Where an estimate comes from that our own stages did not make.

    Attributes:
        source: the clip.
        backend: who made it.
        config: its options, JSON values.
        seed: that it was given.
        seconds: wall time by stage; "total" too.
        notes: remarks for run.json.
    """

    source: str
    backend: str
    config: Mapping[str, Any]
    seed: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = ()


def failed(reason: str, origin: Origin) -> Estimate:
    """The record of a clip that gave nothing: no frames, no trajectory, a reason."""
    return _estimate(None, "failed", reason, origin)


def of_trajectory(trajectory: Trajectory, origin: Origin) -> Estimate:
    """The record of a clip whose trajectory was read: "partial" where frames have no pose, "failed" where none has, and
    "unreliable" where the file says so of itself.

    The trajectory keeps what its reader says of the file, beside the given config.
    """
    missing = int((~trajectory.valid).sum())
    status: Status = "ok" if not missing else "partial" if missing < len(trajectory) else "failed"
    reason = "" if not missing else f"{missing} of {len(trajectory)} frames have no pose"
    read = trajectory.provenance
    if status != "failed" and read is not None and read.evidence.get("status") == "unreliable":
        status, reason = "unreliable", "; ".join(filter(None, ["its file says so of itself", reason]))
    provenance = Provenance(
        backend=origin.backend,
        config={**origin.config, "read": {} if read is None else {"file": read.source, **read.config}},
        versions=installed_versions(),
        seed=origin.seed,
        source=origin.source,
        evidence={**({} if read is None else read.evidence), "status": status},
    )
    whole = None if status == "failed" else trajectory.replace(provenance=provenance)
    return _estimate(whole, status, reason, origin)


def _estimate(trajectory: Trajectory | None, status: Status, reason: str, origin: Origin) -> Estimate:
    count = 0 if trajectory is None else len(trajectory)
    shot = ShotEstimate(
        start=0,
        stop=count,
        start_s=0.0 if trajectory is None else float(trajectory.time_s[0]),
        end_s=0.0 if trajectory is None else float(trajectory.time_s[-1]),
        status=status,
        reason=reason,
        motion_model=None,
        trajectory=trajectory,
        registered=0 if trajectory is None else int(trajectory.valid.sum()),
        statistics={},
        seconds={},
        notes=(),
        picture={},
    )
    video: dict[str, Any] = {}
    if trajectory is not None:
        video = {"frames": count, "time_source": trajectory.time_source}
    return Estimate(
        source=origin.source,
        backend=origin.backend,
        shots=(shot,),
        config=MappingProxyType(dict(origin.config)),
        versions=MappingProxyType(installed_versions()),
        seed=origin.seed,
        seconds=MappingProxyType({"total": 0.0, **origin.seconds}),
        video=MappingProxyType(video),
        notes=origin.notes,
    )
