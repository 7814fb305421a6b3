"""Many clips, on one machine or a cluster: workers that may die, results found again by content, a log that survives.

Names load on first use: a worker starts through this package and needs none of them.
"""

from typing import TYPE_CHECKING

from trajectory.lazy import exporter

if TYPE_CHECKING:
    from sfm.batch.inputs import Clip as Clip
    from sfm.batch.inputs import clips_of as clips_of
    from sfm.batch.runner import Outcome as Outcome
    from sfm.batch.runner import run_batch as run_batch
    from sfm.config import BatchConfig as BatchConfig

_NAMES = {
    "BatchConfig": "sfm.config",
    "Clip": "sfm.batch.inputs",
    "Outcome": "sfm.batch.runner",
    "clips_of": "sfm.batch.inputs",
    "run_batch": "sfm.batch.runner",
}
__getattr__ = exporter(__name__, _NAMES, ())
__all__ = sorted(_NAMES)  # pyright: ignore[reportUnsupportedDunderAll]
