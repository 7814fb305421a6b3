"""The unit of work of the rehearsal: the estimator itself, but for two clips that end or hang their worker."""

import os
import time
from pathlib import Path

from sfm.batch import work as unit
from sfm.config import EstimateConfig
from sfm.runs.estimate import Estimate

load = unit.load


def work(clip: str, config: EstimateConfig, *, smaller: bool = False) -> Estimate:
    """As `sfm.batch.work.estimate_clip`."""
    if Path(clip).stem == "crash":
        os.abort()
    if Path(clip).stem == "endless":
        time.sleep(1e6)
    return unit.estimate_clip(clip, config, smaller=smaller)
