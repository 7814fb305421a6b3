"""Global mapping (GLOMAP, Pan et al. 2024) fed by our features and matches."""

from sfm.backends.colmap.own_features import run_fed
from sfm.config import GlomapConfig
from sfm.types import BackendResult, Frames, Masks


def run(
    frames: Frames, masks: Masks, config: GlomapConfig, *, device: str = "cpu", seed: int = 0, threads: int = 1
) -> BackendResult:
    """The camera of one shot. Scale is arbitrary: the median scene depth is 1; the first valid frame is the world."""
    return run_fed(frames, masks, config, backend="glomap", device=device, seed=seed, threads=threads)
