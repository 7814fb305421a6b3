"""An estimated trajectory against the exact one."""

from typing import Any

import numpy as np
from jaxtyping import Float

from trajectory.model import Trajectory


def rotation_errors_deg(truth: Trajectory, found: Trajectory) -> Float[np.ndarray, " k"]:
    """Angle between true and estimated rotation relative to the first frame that both have, valid frames only."""
    both = np.flatnonzero(truth.valid & found.valid)
    if not len(both):
        return np.zeros(0)
    relative = [t.rotations[both[0]].T @ t.rotations[both] for t in (truth, found)]
    difference = relative[0].transpose(0, 2, 1) @ relative[1]
    # From the sine and the cosine: arccos alone cannot tell angles below 0.001 degree.
    skew = difference - difference.transpose(0, 2, 1)
    sine = 0.5 * np.sqrt(skew[:, 2, 1] ** 2 + skew[:, 0, 2] ** 2 + skew[:, 1, 0] ** 2)
    cosine = (np.trace(difference, axis1=1, axis2=2) - 1) / 2
    return np.degrees(np.arctan2(sine, cosine))


def position_error(truth: Trajectory, found: Trajectory) -> float | None:
    """RMS position error after the best similarity, over the true path's length; None where nothing moves.

    Umeyama 1991, equations 40 to 43; a straight path leaves the turn about itself open, which changes no position.
    An estimate that stands still cannot be scaled: its error is the spread of the true positions.
    """
    both = truth.valid & found.valid
    x, y = found.positions[both], truth.positions[both]
    length = float(np.linalg.norm(np.diff(truth.positions[truth.valid], axis=0), axis=1).sum())
    if length < 1e-9 or len(x) < 2:
        return None
    x, y = x - x.mean(0), y - y.mean(0)
    u, s, vt = np.linalg.svd(y.T @ x)
    turn = np.ones(3)
    turn[2] = np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0
    spread = float((x**2).sum())
    scale = float((s * turn).sum()) / spread if spread > 1e-18 else 0.0
    error = y - scale * x @ (u * turn @ vt).T
    return float(np.sqrt((error**2).sum(1).mean())) / length


def zoom_ratio(trajectory: Trajectory) -> float | None:
    """Focal length of the last valid frame over that of the first."""
    valid = np.flatnonzero(trajectory.valid)
    if trajectory.focal_px is None or len(valid) < 2:
        return None
    return float(trajectory.focal_px[valid[-1]] / trajectory.focal_px[valid[0]])


def largest_translation(found: Trajectory) -> float:
    """Largest distance from the first valid frame in units of the median scene depth; 0 where only a bound is known."""
    positions = found.positions[found.valid]
    if found.scale == "bounded" or not len(positions):
        return 0.0
    distance = float(np.linalg.norm(positions - positions[0], axis=1).max())
    if found.scene_depth is None or not np.isfinite(found.scene_depth).any():
        return distance
    return distance / float(np.nanmedian(found.scene_depth))


def compare(truth: Trajectory, found: Trajectory) -> dict[str, Any]:
    """All of it, JSON values."""
    true_zoom, zoom = zoom_ratio(truth), zoom_ratio(found)
    focal = None
    if truth.focal_px is not None and found.focal_px is not None and found.valid.any():
        focal = float(np.nanmedian(found.focal_px[found.valid] / truth.focal_px[found.valid])) - 1
    return {
        "valid": int(found.valid.sum()),
        "frames": len(found),
        "scale": found.scale,
        "bound": None if found.translation_bound is None else float(min(found.translation_bound, 1e9)),
        "rotation_deg": np.round(rotation_errors_deg(truth, found), 5).tolist(),
        "position": position_error(truth, found),
        "translation": largest_translation(found),
        "zoom_true": true_zoom,
        "zoom": zoom,
        "focal_error": focal,
    }
