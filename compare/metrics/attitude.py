"""PitchErr, RollErr, FovErr: how the camera is held against the ground, and how wide it sees; absolute.

Ours. All other metrics are relative to the first frame, so that a clip that looks down where it should look up scores
perfectly. UCPE (arXiv 2512.07237) publishes such errors, without the script.
"""

import numpy as np
from jaxtyping import Float

from compare.metrics._metric import Comparison, Metric
from compare.metrics._scores import over_points, undefined
from compare.metrics.rotation import in_unit
from compare.rows import Score
from trajectory.gravity import attitude_deg
from trajectory.model import Trajectory


def field_of_view_deg(trajectory: Trajectory, time_s: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"] | None:
    """Horizontal field of view at times of the trajectory's own clock; None without a lens or size of the image."""
    if trajectory.intrinsics_px is None or trajectory.image_hw is None:
        return None
    fx = trajectory.intrinsics_px[:, 0, 0]
    known = np.isfinite(fx)
    if not known.any():
        return None
    focal = np.exp(np.interp(time_s, trajectory.time_s[known], np.log(fx[known])))
    return 2 * np.degrees(np.arctan2(trajectory.image_hw[1] / 2, focal))


def _turn(comparison: Comparison, name: str, axis: int) -> Score:
    """The error about one axis; a turn by 359° is one by -1°."""
    both = (
        attitude_deg(comparison.reference_trajectory, comparison.pair.reference),
        attitude_deg(comparison.generated_trajectory, comparison.pair.generated),
    )
    unit = comparison.protocol.angle
    if both[0] is None or both[1] is None:
        who = "reference" if both[0] is None else "generated clip"
        why = f"the {who} does not tell which way is down (evidence 'gravity', as `cinetraj estimate` leaves it)"
        return undefined(name, unit, why)
    apart = np.abs((both[1][axis] - both[0][axis] + 180) % 360 - 180)
    return _over_points(comparison, name, apart)


def _fov(comparison: Comparison) -> Score:
    pair = comparison.pair
    a = field_of_view_deg(comparison.reference_trajectory, pair.reference_time_s)
    b = field_of_view_deg(comparison.generated_trajectory, pair.generated_time_s)
    if a is None or b is None:
        who = "reference" if a is None else "generated clip"
        return undefined("FovErr", comparison.protocol.angle, f"the {who} has no focal length, or no size of its image")
    return _over_points(comparison, "FovErr", np.abs(b - a))


def _over_points(comparison: Comparison, name: str, error_deg: Float[np.ndarray, " k"]) -> Score:
    unit = comparison.protocol.angle
    factor = in_unit(unit) / in_unit("deg")
    worst = 180.0 * factor
    return over_points(name, error_deg * factor, comparison.pair.scored, how="mean", unit=unit, worst=worst)


METRIC = (
    Metric(
        name="PitchErr",
        summary="difference of the pitch above the horizon",
        unit="angle",
        compute=lambda comparison: _turn(comparison, "PitchErr", 0),
        worst="half turn",
    ),
    Metric(
        name="RollErr",
        summary="difference of the roll against the horizon",
        unit="angle",
        compute=lambda comparison: _turn(comparison, "RollErr", 1),
        worst="half turn",
    ),
    Metric(
        name="FovErr",
        summary="difference of the horizontal field of view",
        unit="angle",
        compute=_fov,
        worst="half turn",
    ),
)
