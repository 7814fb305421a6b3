"""From a video to its camera trajectory. Importing costs nothing: names load on first use."""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from sfm import backends as backends
    from sfm import masks as masks
    from sfm import pipeline as pipeline
    from sfm import runs as runs
    from sfm import shots as shots
    from sfm import synthetic as synthetic
    from sfm import video as video
    from sfm.config import EstimateConfig as EstimateConfig
    from sfm.pipeline import estimate as estimate
    from sfm.runs.estimate import Estimate as Estimate
    from sfm.runs.estimate import ShotEstimate as ShotEstimate
    from sfm.runs.folder import read_run as read_run
    from sfm.runs.folder import write_run as write_run

_NAMES = {
    "estimate": "sfm.pipeline",
    "EstimateConfig": "sfm.config",
    "Estimate": "sfm.runs.estimate",
    "ShotEstimate": "sfm.runs.estimate",
    "read_run": "sfm.runs.folder",
    "write_run": "sfm.runs.folder",
}
__getattr__ = exporter(__name__, _NAMES, ("video", "shots", "masks", "synthetic", "backends", "runs", "pipeline"))
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
