"""Which of the files that `--save` names an estimate can give, and why not."""

import numpy as np

from sfm.structure import Structure
from trajectory.model import Trajectory


def obstacle(name: str, structure: Structure | None, trajectory: Trajectory | None, *, tracked: bool = False) -> str:
    """Why the file `name` (one of `sfm.config.SAVABLE`) cannot be written, "" where it can.

    Args:
        tracked: whether the answer rests on tracks of points.
    """
    if trajectory is None:
        return "the shot has no trajectory"
    if name == "tracks":
        return "" if tracked else "the answer rests on dense flow, and no point was followed"
    if name == "mask":
        there = structure is not None and structure.moving is not None
        return "" if there else "the backend has no movement mask; give --backend dense"
    if name in ("points", "colmap"):
        if structure is None or structure.points is None or not len(structure.points):
            return _no_depth(trajectory, "points")
        return ""
    if structure is None or not structure.has_depth():
        return _no_depth(trajectory, "depth maps", "; give --backend dense")
    return _no_place_in_megasam(trajectory) if name == "megasam" else ""


def _no_depth(trajectory: Trajectory, what: str, remedy: str = "") -> str:
    if trajectory.scale == "bounded":
        return f"the camera does not translate, so that there are no {what}"
    return f"the backend has no {what}{remedy}"


def _no_place_in_megasam(trajectory: Trajectory) -> str:
    """MegaSaM's file holds one K without a lens's distortion, and a pose for every frame."""
    if trajectory.distortion is not None and np.any(trajectory.distortion != 0):
        return "the lens bends, and the file holds a pinhole; --save depth,colmap: depth.json and cameras.txt tell k1"
    missing = int((~trajectory.valid).sum())
    if missing:
        return f"{missing} of {len(trajectory)} frames have no pose, and the file cannot say which"
    focal = trajectory.focal_px
    if focal is not None and float(focal.max() - focal.min()) > 1e-9 * float(focal.max()):
        return "the camera zooms, and the file holds one focal length"
    return ""
