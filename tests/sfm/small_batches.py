"""Batches of text files that say what happens to the one who reads them (`batch_fakes`)."""

from pathlib import Path
from typing import Any

from batch_fakes import WORK

from sfm.batch.inputs import Clip
from sfm.batch.runner import Outcome, run_batch
from sfm.config import BatchConfig, EstimateConfig

CONFIG = EstimateConfig(threads=1, backend="colmap-sift")
"""Its options load no torch, so that a batch starts at once; the work function does not look at it."""
FAST = {"plot": False, "work": WORK}


def clips(folder: Path, **orders: str) -> list[Clip]:
    """A clip for each order, by its name."""
    folder.mkdir(exist_ok=True)
    for name, order in orders.items():
        (folder / f"{name}.clip").write_text(f"{order} 0 {name}" if " " not in order else order)
    return [Clip(path=str(folder / f"{name}.clip"), name=name) for name in orders]


def run(wanted: list[Clip], out: str | Path, config: EstimateConfig = CONFIG, **options: Any) -> dict[str, Outcome]:
    """What became of each clip, by name."""
    return {o.name: o for o in run_batch(wanted, out, config, BatchConfig(**{**FAST, **options}))}
