"""Features, matches and pycolmap's mappers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, final

from sfm.ranges import Count, Duration, Limit, Megabytes, Part, Positive, Range, Ranged


@final
@dataclass(frozen=True, kw_only=True)
class FeatureConfig(Ranged):
    """Which features, and how many.

    `sfm.features.extract.kinds` has the kinds, each with a line that says what it is.

    Attributes:
        name: kind of features; auto takes aliked-n16 on a GPU, where it is quick and finds more that lasts, else sift.
        max_features: the strongest of each frame that are kept.
        weights: local file or folder of the trained weights, a folder also those of the matcher; None downloads them
            from their hub.
        budget_mb: memory for one batch of frames on the device; None takes 2048, on a GPU a quarter of what is free.
    """

    name: str = "auto"
    max_features: Count = 2048
    weights: Path | None = None
    budget_mb: Megabytes | None = None


@final
@dataclass(frozen=True, kw_only=True)
class MatchConfig(Ranged):
    """How descriptors are matched.

    `sfm.matching.match.matchers` has the matchers, each with a line that says what it is.

    Attributes:
        method: matcher.
        ratio: largest nearest over second nearest distance (Lowe 2004), for snn and smnn.
        budget_mb: memory for the table of distances on the device; larger problems go through it in blocks.
        weights: local file or folder of the weights of a trained matcher; None: those of the features where they are a
            folder, else they are downloaded from their hub.
    """

    method: str = "smnn"
    ratio: Part = 0.8
    budget_mb: Megabytes = 512
    weights: Path | None = None


@final
@dataclass(frozen=True, kw_only=True)
class PairConfig(Ranged):
    """Which frames are matched.

    Attributes:
        window: all gaps up to this many frames.
        quadratic: doubling gaps beyond, too.
    """

    window: Count = 6
    quadratic: bool = True


@final
@dataclass(frozen=True, kw_only=True)
class MapConfig(Ranged):
    """Settings of verification and mapping.

    Attributes:
        time_limit_s: seconds after which pycolmap's mapper is killed; the clip counts as failed.
        refine_focal: refine a focal length that was given; an unknown one is always refined.
        max_error_px: inlier bound of the two-view geometry, in pixels of the working size.
        min_matches: verified matches that make a pair.
        retries: further starts of the mapper with other seeds while the mean residual of its model is larger than
            `retry_above_px`; the model with the most frames, then the smallest residual, is kept. Not for the stock
            baseline.
        retry_above_px: mean residual of a model above which the mapper is started again.
        options: further pycolmap options by name, such as {"mapper.filter_min_tri_angle": 1.0}.
    """

    time_limit_s: Duration = 120.0
    refine_focal: bool = False
    max_error_px: Positive = 2.0
    min_matches: Count = 20
    retries: Annotated[int, Range(0, 1000)] = 2
    retry_above_px: Limit = 0.5
    options: dict[str, Any] = field(default_factory=dict[str, Any])


@final
@dataclass(frozen=True, kw_only=True)
class ColmapConfig(Ranged):
    """Settings of the colmap backend, by stage.

    Attributes:
        features: which features, and how many.
        matching: how they are matched.
        pairs: which frames are matched.
        mapping: verification and mapping.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    matching: MatchConfig = field(default_factory=MatchConfig)
    pairs: PairConfig = field(default_factory=PairConfig)
    mapping: MapConfig = field(default_factory=MapConfig)


@final
@dataclass(frozen=True, kw_only=True)
class GlomapConfig(Ranged):
    """Settings of the glomap backend, by stage.

    Attributes:
        features: which features, and how many.
        matching: how they are matched.
        pairs: which frames are matched.
        mapping: verification and mapping.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    matching: MatchConfig = field(default_factory=MatchConfig)
    pairs: PairConfig = field(default_factory=PairConfig)
    mapping: MapConfig = field(default_factory=MapConfig)


@final
@dataclass(frozen=True, kw_only=True)
class ColmapSiftConfig(Ranged):
    """Settings of the stock baseline; what is not here is pycolmap's default.

    Attributes:
        overlap: frames ahead that each frame is matched with (and doubling gaps beyond, COLMAP's default).
        single_camera: one camera for the clip, as its users set it for video; False is COLMAP's default, a camera per
            frame, which makes every focal length free.
        mapping: only `time_limit_s`, `refine_focal` and `options` have an effect here: the rest is stock.
    """

    overlap: Count = 10
    single_camera: bool = True
    mapping: MapConfig = field(default_factory=MapConfig)
