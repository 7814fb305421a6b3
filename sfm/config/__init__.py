"""Every setting of every stage: frozen values, checked where they are made. Light at import: the command line reads it.

What is here decides results: it is recorded in run.json, hashed into the keys of a batch, and turned into the options
of the command line. Lengths in pixels are those of the working size where nothing else is said.
"""

from sfm.config.batch import BatchConfig
from sfm.config.command import PLACES, CommandConfig, words
from sfm.config.dense import DENSE_SELECTION, TRAINED_FLOWS, DenseConfig, FlowName
from sfm.config.estimate import NARROWEST_DEG, PERSON, SAVABLE, WIDEST_DEG, EstimateConfig
from sfm.config.frames import Rate, VideoConfig, WindowConfig
from sfm.config.gravity import GravityConfig
from sfm.config.lens import STRONGEST_LENS
from sfm.config.mapping import (
    ColmapConfig,
    ColmapSiftConfig,
    FeatureConfig,
    GlomapConfig,
    MapConfig,
    MatchConfig,
    PairConfig,
)
from sfm.config.masks import BlankConfig, DuplicateConfig, MaskConfig, OverlayConfig
from sfm.config.shots import DissolveConfig, ShotConfig, SimilarityConfig, WipeConfig
from sfm.config.tracks import AutoConfig, SelectionConfig, TrackConfig

__all__ = [
    "DENSE_SELECTION",
    "NARROWEST_DEG",
    "PERSON",
    "PLACES",
    "SAVABLE",
    "STRONGEST_LENS",
    "TRAINED_FLOWS",
    "WIDEST_DEG",
    "AutoConfig",
    "BatchConfig",
    "BlankConfig",
    "ColmapConfig",
    "ColmapSiftConfig",
    "CommandConfig",
    "DenseConfig",
    "DissolveConfig",
    "DuplicateConfig",
    "EstimateConfig",
    "FeatureConfig",
    "FlowName",
    "GlomapConfig",
    "GravityConfig",
    "MapConfig",
    "MaskConfig",
    "MatchConfig",
    "OverlayConfig",
    "PairConfig",
    "Rate",
    "SelectionConfig",
    "ShotConfig",
    "SimilarityConfig",
    "TrackConfig",
    "VideoConfig",
    "WindowConfig",
    "WipeConfig",
    "words",
]
