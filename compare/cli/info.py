"""Show what a trajectory file or a run holds."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import tyro

from compare.cli import _inputs, _report

if TYPE_CHECKING:
    from trajectory.model import Trajectory


@dataclass(frozen=True, kw_only=True)
class Args:
    """Options of `cinetraj info`."""

    target: tyro.conf.Positional[Path]
    """Trajectory file, model folder, run, or folder of these."""
    format: str = "auto"
    """Format of a trajectory file, where it cannot be recognised."""
    json: bool = False
    """Print JSON: one object, for several camera paths one under each name."""


def run(args: Args) -> int:
    """Facts of one camera path or of many."""
    found = _inputs.load(args.target, args.format)
    facts: dict[str, Any] = {
        each.name: {"failed": each.failed} if each.trajectory is None else facts_of(each.trajectory) for each in found
    }
    if args.json:
        _report.print_json(facts[found[0].name] if len(found) == 1 else facts)
    else:
        print("\n\n".join(_words(name, fact) for name, fact in facts.items()))
    return 1 if any(each.trajectory is None for each in found) else 0


def facts_of(trajectory: "Trajectory") -> dict[str, Any]:
    """JSON values; lengths are in the trajectory's own unit, angles in degrees."""
    import numpy as np

    from trajectory.plot import rotation_deg

    valid = trajectory.valid
    points = trajectory.positions[valid]
    turned = rotation_deg(trajectory)[valid]
    focal = trajectory.focal_px
    bound = trajectory.translation_bound
    depth = None if trajectory.scene_depth is None else trajectory.scene_depth[np.isfinite(trajectory.scene_depth)]
    facts: dict[str, Any] = {
        "frames": len(trajectory),
        "valid": int(valid.sum()),
        "time_source": trajectory.time_source,
        "start": float(trajectory.time_s[0]),
        "end": float(trajectory.time_s[-1]),
        "scale": trajectory.scale,
        "path_length": float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum()),
        "distance_first_to_last": float(np.linalg.norm(points[-1] - points[0])) if len(points) else None,
        "rotation_first_to_last_deg": _angles(turned[-1].tolist()) if len(points) else None,
        "translation_bound": float(bound) if bound is not None and np.isfinite(bound) else None,
        "scene_depth_median": float(np.median(depth)) if depth is not None and depth.size else None,
        "image_hw": list(trajectory.image_hw) if trajectory.image_hw else None,
        "focal_px_first_last": None if focal is None or not valid.any() else focal[valid][[0, -1]].tolist(),
    }
    if trajectory.provenance is not None:
        facts["backend"] = trajectory.provenance.backend
        facts["source"] = trajectory.provenance.source
        facts["versions"] = dict(trajectory.provenance.versions)
    return facts


def _angles(rotation_vector_deg: list[float]) -> dict[str, float]:
    return dict(zip(("tilt_up", "pan_right", "roll_clockwise"), rotation_vector_deg, strict=True))


def _words(name: str, fact: dict[str, Any]) -> str:
    rows = [["", name]]
    for key, value in fact.items():
        if value is None or value == {}:
            continue
        if isinstance(value, dict):
            parts = cast("dict[str, object]", value)
            value = ", ".join(f"{k.replace('_', ' ')} {_number(v)}" for k, v in parts.items())
        elif isinstance(value, list):
            numbers = cast("list[object]", value)
            ends = key.startswith("focal")
            value = " to ".join(map(_number, numbers)) if ends else " x ".join(map(str, numbers))
        rows.append([key.replace("_", " "), _number(value)])
    return _report.table(rows)


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
