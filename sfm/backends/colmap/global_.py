"""Global mapping (GLOMAP, Pan et al. 2024) fed by our features and matches."""

from dataclasses import dataclass, field
from typing import final

from sfm.backends.colmap.own_features import MapConfig, PairConfig, run_fed
from sfm.features.extract import FeatureConfig
from sfm.matching.match import MatchConfig
from sfm.types import BackendResult, Evidence, Frames


@final
@dataclass(frozen=True, kw_only=True)
class GlomapConfig:
    """Settings of the glomap backend, by stage."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    matching: MatchConfig = field(default_factory=MatchConfig)
    pairs: PairConfig = field(default_factory=PairConfig)
    mapping: MapConfig = field(default_factory=MapConfig)


def run(
    frames: Frames, evidence: Evidence, config: GlomapConfig, *, device: str = "cpu", seed: int = 0, threads: int = 1
) -> BackendResult:
    """The camera of one shot. Scale is arbitrary: the median scene depth is 1; the first valid frame is the world."""
    return run_fed(
        frames, evidence, config, backend="glomap", mapper="global", device=device, seed=seed, threads=threads
    )
