"""From a video to its camera trajectory. Importing costs nothing: names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from sfm.pipeline import Estimate as Estimate
    from sfm.pipeline import EstimateConfig as EstimateConfig
    from sfm.pipeline import estimate as estimate

_NAMES = {
    "estimate": "sfm.pipeline",
    "Estimate": "sfm.pipeline",
    "EstimateConfig": "sfm.pipeline",
    "ShotEstimate": "sfm.pipeline",
    "read_run": "sfm.runs",
    "write_run": "sfm.runs",
}
__getattr__ = exporter(__name__, _NAMES, ("video", "shots", "evidence", "synthetic", "backends", "runs", "pipeline"))
__all__ = sorted(_NAMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
