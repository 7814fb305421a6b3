"""Show what a trajectory file or a run holds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import tyro

from compare.cli import _inputs, _once, _report

if TYPE_CHECKING:
    from trajectory.model import Trajectory


_EPOCH_S = (946_684_800.0, 4_102_444_800.0)
"""The years 2000 to 2100 in seconds since 1970."""
_MARKS = {"image_hw": " x ", "focal_px_first_last": " to ", "notes": "; "}
"""What stands between the values of a list."""


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj info`."""

    target: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="TARGET")]
    """Trajectory file, model folder, run, or folder of these."""
    format: str = "auto"
    """Format of a trajectory file, where it cannot be recognised."""
    json: bool = False
    """Print JSON: one object, for several camera paths one under each name."""


def run(args: Args) -> int:
    """Facts of one camera path or of many."""
    found = _inputs.load(args.target, args.format)
    facts = {each.name: _facts(each) for each in found}
    _once.tell(_report.warn, {each.name: [each.doubt] for each in found if each.doubt}, of=len(found))
    if not args.json:
        lacking = [each for each in found if each.trajectory is None and not each.doubt]
        _once.tell(_report.error, {each.name: [each.failed] for each in lacking}, of=len(found))
    if args.json:
        _report.print_json(facts[found[0].name] if len(found) == 1 else facts)
    elif shown := [_words(name, fact) for name, fact in facts.items() if "failed" not in fact]:
        print("\n\n".join(shown))
    return 1 if any(each.trajectory is None for each in found) else 0


def _facts(one: _inputs.Loaded) -> dict[str, Any]:
    """What is shown of a path: of an estimate its status first, with the reason where it is not ok."""
    status = {"status": one.status} if one.status else {}
    if one.trajectory is None:
        return status | {"failed": one.failed}
    return status | ({"reason": one.reason} if one.reason else {}) | facts_of(one.trajectory)


def facts_of(trajectory: "Trajectory") -> dict[str, Any]:
    """JSON values; lengths are in the trajectory's own unit, angles in degrees."""
    import numpy as np
    from scipy.spatial.transform import Rotation

    from trajectory.io import notes
    from trajectory.picture import IN_PARTS, in_parts

    valid = trajectory.valid
    points = trajectory.positions[valid]
    turned = None
    if len(points):
        first, last = trajectory.rotations[valid][[0, -1]]
        turned = Rotation.from_matrix(first.T @ last).as_rotvec(degrees=True).tolist()  # the shortest turn: ±180
    parts = in_parts(trajectory)
    hw, focal = (None, None) if parts else (trajectory.image_hw, trajectory.focal_px)
    bound = trajectory.translation_bound
    depth = None if trajectory.scene_depth is None else trajectory.scene_depth[np.isfinite(trajectory.scene_depth)]
    facts: dict[str, Any] = {
        "frames": len(trajectory),
        "valid": int(valid.sum()),
        "time_source": trajectory.time_source,
        "start": float(trajectory.time_s[0]),
        "end": float(trajectory.time_s[-1]),
        "duration": float(trajectory.time_s[-1] - trajectory.time_s[0]),
        "start_date": _date(trajectory, 0),
        "end_date": _date(trajectory, -1),
        "scale": trajectory.scale,
        "path_length": float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum()),
        "distance_first_to_last": float(np.linalg.norm(points[-1] - points[0])) if len(points) else None,
        "rotation_first_to_last_deg": None if turned is None else _angles(turned),
        "translation_bound": float(bound) if bound is not None and np.isfinite(bound) else None,
        "scene_depth_median": float(np.median(depth)) if depth is not None and depth.size else None,
        "image_hw": list(hw) if hw else None,
        "focal_px_first_last": None if focal is None or not valid.any() else focal[valid][[0, -1]].tolist(),
    }
    if trajectory.distortion is not None:
        facts["distortion"] = trajectory.distortion.tolist()
    if trajectory.provenance is not None:
        facts["backend"] = trajectory.provenance.backend
        facts["source"] = trajectory.provenance.source
        facts["versions"] = dict(trajectory.provenance.versions)
    facts["notes"] = [*notes(trajectory), *([IN_PARTS.format("cinetraj convert ")] if parts else [])]
    return facts


def _date(trajectory: "Trajectory", row: int) -> str | None:
    """Date and time of a frame where the clock counts from 1970, as those of cameras and robots do."""
    time_s = float(trajectory.time_s[row])
    if trajectory.time_source != "seconds" or not _EPOCH_S[0] <= time_s <= _EPOCH_S[1]:
        return None
    return datetime.fromtimestamp(time_s, tz=UTC).isoformat(sep=" ", timespec="milliseconds")


def _angles(rotation_vector_deg: list[float]) -> dict[str, float]:
    return dict(zip(("tilt_up", "pan_right", "roll_clockwise"), rotation_vector_deg, strict=True))


def _words(name: str, fact: dict[str, Any]) -> str:
    rows = [["", name]]
    for key, value in fact.items():
        if value is None or value in ({}, []):
            continue
        if isinstance(value, dict):
            parts = cast("dict[str, object]", value)
            value = ", ".join(f"{k.replace('_', ' ')} {_number(v)}" for k, v in parts.items())
        elif isinstance(value, list):
            numbers = cast("list[object]", value)
            mark = _MARKS.get(key, ", ")
            value = mark.join(map(_number, numbers))
        elif key in ("start", "end"):
            value = f"{value:.6f}".rstrip("0").rstrip(".")  # six digits in all would hide the seconds of a date
        label = key.replace("_", " ")
        if key in ("start", "end", "duration"):
            label += " (frames)" if fact["time_source"] == "index" else " (s)"
        rows.append([label, _number(value)])
    return _report.table(rows)


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
