"""A clip that falls into shots stands for itself by the shot that covers most of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

import numpy as np

from trajectory.model import Trajectory

ELSEWHERE = "in another shot"


@final
@dataclass(frozen=True, kw_only=True)
class Shot:
    """One shot of a clip.

    Attributes:
        name: of its folder.
        count: how many shots the clip has.
        share: of the clip's frames that are in it.
        before, after: frames of the clip before and after it.
        clip_s: when the clip starts and ends.
    """

    name: str
    count: int
    share: float
    before: int
    after: int
    clip_s: tuple[float, float]

    @property
    def note(self) -> str:
        """What is to be said of the choice."""
        return (
            f"was cut into {self.count} shots; {self.name}, {self.share:.0%} of it, is compared "
            "(estimate it with --no-split-shots if it is one shot)"
        )


def listed_shots(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What run.json says of each shot; of a damaged one only what is there."""
    told: Any = record.get("shots")
    listed = cast("list[Any]", told) if isinstance(told, list) else []
    return [cast("dict[str, Any]", shot) for shot in listed if isinstance(shot, dict)]


def best_shot(run: Path, record: Mapping[str, Any]) -> Shot | None:
    """The shot of a run that has a trajectory and most frames of the clip; None where none has."""
    shots = listed_shots(record)
    known = {str(shot.get("name")): shot for shot in shots}
    folders = sorted(path for path in run.glob("shot-*") if (path / "trajectory.npz").is_file())
    if not folders:
        return None
    frames = [_frames(known.get(folder.name), folder) for folder in folders]
    total = sum(int(shot.get("frames", 0)) for shot in shots) or sum(frames)
    at = int(np.argmax(frames))
    mine: dict[str, Any] = known.get(folders[at].name, {})
    start, stop = int(mine.get("start", 0)), int(mine.get("stop", frames[at]))
    placed = bool(mine) and all("start_s" in shot and "end_s" in shot for shot in shots)
    return Shot(
        name=folders[at].name,
        count=max(len(shots), len(list(run.glob("shot-*")))),
        share=frames[at] / total,
        before=start if placed else 0,
        after=total - stop if placed else 0,
        clip_s=(float(shots[0]["start_s"]), float(shots[-1]["end_s"])) if placed else (0.0, 0.0),
    )


def _frames(told: Mapping[str, Any] | None, folder: Path) -> int:
    if told is not None and isinstance(told.get("frames"), int):
        return int(told["frames"])
    from trajectory.io import read

    return len(read(folder / "trajectory.npz", format="native"))


def in_whole_clip(trajectory: Trajectory, shot: Shot) -> Trajectory:
    """The path of a shot on the clip's own axis of time: frames of other shots have no pose."""
    if shot.before == shot.after == 0:
        return trajectory
    time_s = trajectory.time_s
    first, last = float(time_s[0]), float(time_s[-1])
    ahead = np.linspace(min(shot.clip_s[0], first - 1e-6), first, shot.before, endpoint=False)
    behind = np.linspace(last, max(shot.clip_s[1], last + 1e-6), shot.after + 1)[1:]

    def padded(values: np.ndarray | None) -> np.ndarray | None:
        if values is None:
            return None
        wide = np.full((shot.before + len(values) + shot.after, *values.shape[1:]), np.nan)
        wide[shot.before : shot.before + len(values)] = values
        return wide

    valid = np.zeros(shot.before + len(trajectory) + shot.after, dtype=bool)
    valid[shot.before : shot.before + len(trajectory)] = trajectory.valid
    reason = trajectory.reason or ("",) * len(trajectory)
    return trajectory.replace(
        world_from_cam=padded(trajectory.world_from_cam),
        time_s=np.concatenate([ahead, time_s, behind]),
        valid=valid,
        intrinsics_px=padded(trajectory.intrinsics_px),
        scene_depth=padded(trajectory.scene_depth),
        focal_sigma_px=padded(trajectory.focal_sigma_px),
        pose_covariance=padded(trajectory.pose_covariance),
        reason=(*(ELSEWHERE,) * shot.before, *reason, *(ELSEWHERE,) * shot.after),
    )
