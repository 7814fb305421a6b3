"""AUC, Racc, Tacc: the share of all pairs of frames whose relative pose is right to within an angle.

VGGT's protocol (`evaluation/test_co3d.py`: align_to_first_camera, se3_to_relative_pose_error, calculate_auc_np), taken
over by Pi3, Depth Anything 3 and lingbot-map. Poses are world-to-camera relative to the first camera, P; of each pair
i < j of frames G = P_i⁻¹ P_j of both clips is compared: the angle between the rotations, and that between the
directions of the translations without their sign. The error of a pair is the larger of the two; AUC@t is the mean over
the whole degrees up to t of the share of pairs below them.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from compare.align import anchored, extent
from compare.metrics._metric import Comparison, Metric
from compare.metrics._scores import undefined
from compare.metrics.direction import DIRECTION_FLOOR
from compare.metrics.rotation import angles_between
from compare.rows import Score
from trajectory.frames import inverse_poses

THRESHOLDS_DEG = (3, 5, 15, 30)
NO_DIRECTION_DEG = 90.0
"""The error of a translation that has no direction: the largest there is without signs, as the scripts give."""


def pair_errors(
    reference: Float[np.ndarray, "k 4 4"], generated: Float[np.ndarray, "k 4 4"], *, guard: bool
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " p"]]:
    """Degrees by which rotation and direction of the translation of each pair are off.

    Args:
        reference, generated: camera-to-world, of points that both have.
        guard: a direction counts only where there is one: NaN for pairs of frames between which the reference moves
            less than `DIRECTION_FLOOR` of its extent, unless it moves at no time and the generated clip does.
    """
    paths = anchored(np.stack([reference, generated]), np.zeros(2, int))
    sizes = extent(paths[..., :3, 3], np.ones(paths.shape[:2], bool)).tolist()
    w2c = [inverse_poses(x) for x in paths]
    rotation: list[np.ndarray] = []
    direction: list[np.ndarray] = []
    for i in range(len(reference) - 1):
        turns = [w[i, :3, :3].T @ w[i + 1 :, :3, :3] for w in w2c]
        moves = [(w[i + 1 :, :3, 3] - w[i, :3, 3]) @ w[i, :3, :3] for w in w2c]
        rotation.append(np.degrees(angles_between(*turns)))
        error = _sign_free_angle_deg(*moves)
        if guard:
            apart = [np.linalg.norm(x[i + 1 :, :3, 3] - x[i, :3, 3], axis=1) for x in paths]
            moved = [a > DIRECTION_FLOOR * size for a, size in zip(apart, sizes, strict=True)]
            error = np.where(moved[0] & ~moved[1], NO_DIRECTION_DEG, error)
            invented = moved[1] & (sizes[0] == 0)
            error = np.where(moved[0], error, np.where(invented, NO_DIRECTION_DEG, np.nan))
        direction.append(error)
    return np.concatenate(rotation), np.concatenate(direction)


def _sign_free_angle_deg(a: Float[np.ndarray, "p 3"], b: Float[np.ndarray, "p 3"]) -> Float[np.ndarray, " p"]:
    """Angle between two lines, 90° where one has no direction."""
    across, along = np.linalg.norm(np.cross(a, b), axis=1), np.abs(np.einsum("pi,pi->p", a, b))
    found = np.degrees(np.arctan2(across, along))
    nothing = (across == 0) & (along == 0)
    return np.where(nothing, NO_DIRECTION_DEG, found)


def area_under_curve(errors_deg: Float[np.ndarray, " p"], limit_deg: int) -> float:
    """Mean over 1°, 2°, ... of the share of errors below it (calculate_auc_np: bins closed at their lower end)."""
    found, _ = np.histogram(errors_deg, bins=np.arange(limit_deg + 1))
    return float(np.cumsum(found / len(errors_deg)).mean())


@lru_cache(maxsize=1)
def _errors(comparison: Comparison) -> tuple[np.ndarray, np.ndarray]:
    """Of one comparison, for all twelve metrics of this file."""
    scored = comparison.pair.scored
    guard = comparison.protocol.static == "guard"
    return pair_errors(comparison.reference[scored], comparison.generated[scored], guard=guard)


def _score(comparison: Comparison, kind: str, limit_deg: int) -> Score:
    name = f"{kind}@{limit_deg}"
    if comparison.pair.scored.sum() < 2:
        return undefined(name, "share", "fewer than two points have a pose in both clips", better="higher", worst=0.0)
    rotation, direction = _errors(comparison)
    if kind == "AUC":
        value = area_under_curve(np.fmax(rotation, direction), limit_deg)
    elif kind == "Racc":
        value = float((rotation < limit_deg).mean())
    else:
        known = direction[~np.isnan(direction)]
        if len(known) == 0:
            return undefined(name, "share", "neither camera travels", better="higher", worst=0.0)
        value = float((known < limit_deg).mean())
    coverage = float(comparison.pair.scored.mean())
    return Score(name=name, value=value, unit="share", better="higher", worst=0.0, coverage=coverage)


def _metric(kind: str, limit_deg: int, summary: str) -> Metric:
    return Metric(
        name=f"{kind}@{limit_deg}",
        summary=summary,
        unit="share",
        better="higher",
        compute=lambda comparison: _score(comparison, kind, limit_deg),
        worst=0.0,
        fewest=2,
    )


_KINDS = {
    "AUC": "area under the curve of pairs of frames that are right in rotation and direction, up to {} degrees",
    "Racc": "share of pairs of frames whose relative rotation is right to {} degrees",
    "Tacc": "share of pairs of frames whose direction of travel, without its sign, is right to {} degrees",
}
METRIC = tuple(
    _metric(kind, limit, summary.format(limit)) for kind, summary in _KINDS.items() for limit in THRESHOLDS_DEG
)
