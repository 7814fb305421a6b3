"""Errors between two paths that meet at the same points: one file a metric, each a pure function that gives a `Score`.

Paths are `Float[np.ndarray, "k 4 4"]`, camera-to-world in OpenCV axes, already on a common gauge and scale
(`compare.align`); `scored` says where both have a pose. A metric is added by adding a file here, or by another
distribution whose entry point in the group `cinetraj.metrics` is a `Metric`; a protocol that names it computes it.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from compare.metrics._metric import Comparison, Comparisons, Metric, stacked, together
from compare.metrics._scores import WORST_TRANSLATION, Aggregation, aggregate, charge, over_points, undefined
from compare.metrics.direction import DIRECTION_FLOOR, direction_err
from compare.metrics.extent import motion_ratio
from compare.metrics.jerk import log_dimensionless_jerk, smoothness
from compare.metrics.pose_matrix import cam_mc
from compare.metrics.primitives import primitive_agreement
from compare.metrics.rotation import angles_between, rot_err
from compare.metrics.translation import trans_err
from compare.metrics.worldscore import world_score
from compare.metrics.zoom import zoom_err
from compare.rows import Better, Score
from trajectory.registry import registry

__all__ = [
    "DIRECTION_FLOOR",
    "METRICS",
    "WORST_TRANSLATION",
    "Aggregation",
    "Better",
    "Comparison",
    "Comparisons",
    "Metric",
    "Score",
    "aggregate",
    "angles_between",
    "better_of",
    "cam_mc",
    "charge",
    "direction_err",
    "log_dimensionless_jerk",
    "motion_ratio",
    "over_points",
    "primitive_agreement",
    "rot_err",
    "smoothness",
    "stacked",
    "together",
    "trans_err",
    "undefined",
    "world_score",
    "zoom_err",
]

METRICS: Mapping[str, Metric]
"""All metrics by name; looked for on first use, so that an extension may import this package."""


def better_of(metric: str) -> Better:
    """The direction of a metric; "lower" for one that is not known here, as in scores saved elsewhere."""
    known = _all().get(metric)
    return "lower" if known is None else known.better


@cache
def _all() -> Mapping[str, Metric]:
    return MappingProxyType(registry(__name__, "METRIC", Metric, group="cinetraj.metrics"))


def __getattr__(name: str) -> object:
    if name != "METRICS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _all()
