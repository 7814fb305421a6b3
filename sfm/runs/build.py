"""Estimates that did not come from our own stages: another program's trajectory, or a failure and its reason."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sfm.types import Status
from sfm.runs.estimate import Estimate, ShotEstimate
from sfm.runs.versions import installed_versions
from trajectory.model import Provenance, Trajectory


def failed(
    reason: str,
    *,
    source: str,
    backend: str,
    config: Mapping[str, Any],
    seed: int = 0,
    seconds: Mapping[str, float] | None = None,
) -> Estimate:
    """The record of a clip that gave nothing: no frames, no trajectory, a reason."""
    return _estimate(None, "failed", reason, source, backend, config, seed, seconds or {}, ())


def of_trajectory(
    trajectory: Trajectory,
    *,
    source: str,
    backend: str,
    config: Mapping[str, Any],
    seed: int = 0,
    seconds: Mapping[str, float] | None = None,
    notes: tuple[str, ...] = (),
) -> Estimate:
    """The record of a clip whose trajectory was read: "partial" where frames have no pose, "failed" where none has.

    The trajectory keeps what its reader says of the file, beside the given config.
    """
    missing = int((~trajectory.valid).sum())
    status: Status = "ok" if not missing else "partial" if missing < len(trajectory) else "failed"
    reason = "" if not missing else f"{missing} of {len(trajectory)} frames have no pose"
    origin = trajectory.provenance
    read = {} if origin is None else {"file": origin.source, **origin.config}
    provenance = Provenance(
        backend=backend,
        config={**config, "read": read},
        versions=installed_versions(),
        seed=seed,
        source=source,
        evidence={"status": status, **({} if origin is None else origin.evidence)},
    )
    whole = None if status == "failed" else trajectory.replace(provenance=provenance)
    return _estimate(whole, status, reason, source, backend, config, seed, seconds or {}, notes)


def _estimate(
    trajectory: Trajectory | None,
    status: Status,
    reason: str,
    source: str,
    backend: str,
    config: Mapping[str, Any],
    seed: int,
    seconds: Mapping[str, float],
    notes: tuple[str, ...],
) -> Estimate:
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
        source=source,
        backend=backend,
        shots=(shot,),
        config=MappingProxyType(dict(config)),
        versions=MappingProxyType(installed_versions()),
        seed=seed,
        seconds=MappingProxyType({"total": 0.0, **seconds}),
        video=MappingProxyType(video),
        notes=notes,
    )
