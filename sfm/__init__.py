"""From a video to its camera trajectory. Importing costs nothing: names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from sfm.pipeline import EstimateConfig as EstimateConfig
    from sfm.pipeline import estimate as estimate
    from sfm.result import Estimate as Estimate
    from sfm.result import ShotEstimate as ShotEstimate
    from sfm.runs import read_run as read_run
    from sfm.runs import write_run as write_run

_NAMES = {
    "estimate": "sfm.pipeline",
    "EstimateConfig": "sfm.pipeline",
    "Estimate": "sfm.result",
    "ShotEstimate": "sfm.result",
    "read_run": "sfm.runs",
    "write_run": "sfm.runs",
}
__getattr__ = exporter(__name__, _NAMES, ("video", "shots", "evidence", "synthetic", "backends", "runs", "pipeline"))
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
