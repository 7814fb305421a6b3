"""Incremental mapping (COLMAP, Schönberger and Frahm 2016) fed by our features and matches."""

from sfm.backends.colmap.own_features import run_fed
from sfm.config import ColmapConfig
from sfm.types import BackendResult, Frames, Masks


def run(
    frames: Frames, masks: Masks, config: ColmapConfig, *, device: str = "cpu", seed: int = 0, threads: int = 1
) -> BackendResult:
    """The camera of one shot. Scale is arbitrary: the median scene depth is 1; the first valid frame is the world."""
    return run_fed(frames, masks, config, backend="colmap", device=device, seed=seed, threads=threads)
