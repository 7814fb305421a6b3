"""Key points and their descriptors, on the device, for many frames. One file per kind in `sfm/feature_types`."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TypeAlias, final

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sfm.config import FeatureConfig
from trajectory.errors import CinetrajError

EDGE_PX = 4
"""Key points this near to an unusable pixel describe its edge (of a bar, of a logo), not the scene."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """k key points of one frame, the strongest first.

    xy_px: pixel centres have integer coordinates.
    scale_px, angle_deg: size and orientation; None where the kind of feature has none.
    descriptors: unit length.
    """

    xy_px: Float[np.ndarray, "k 2"]
    strength: Float[np.ndarray, " k"]
    descriptors: Float[np.ndarray, "k d"]
    scale_px: Float[np.ndarray, " k"] | None = None
    angle_deg: Float[np.ndarray, " k"] | None = None

    def __len__(self) -> int:
        return len(self.xy_px)

    def take(self, rows: np.ndarray) -> "Features":
        """The key points of `rows`, in that order."""
        return Features(
            xy_px=self.xy_px[rows],
            strength=self.strength[rows],
            descriptors=self.descriptors[rows],
            scale_px=None if self.scale_px is None else self.scale_px[rows],
            angle_deg=None if self.angle_deg is None else self.angle_deg[rows],
        )


Extractor: TypeAlias = Callable[[np.ndarray, int], list[Features]]
"""(rgb bytes b h w 3, number of key points) -> the features of each frame."""


@cache
def _modules() -> dict[str, ModuleType]:
    """Feature name -> its module: each kind of feature has a file with NAMES, BYTES_PER_PIXEL and build()."""
    import sfm.features

    found = {}
    for entry in sorted(pkgutil.iter_modules(sfm.features.__path__), key=lambda entry: entry.name):
        if entry.name.startswith("_"):
            continue
        module = importlib.import_module(f"sfm.features.{entry.name}")
        found.update(dict.fromkeys(getattr(module, "NAMES", ()), module))
    return found


def feature_names() -> tuple[str, ...]:
    """The kinds of features that can be asked for."""
    return tuple(sorted(_modules()))


def build(config: FeatureConfig, *, device: str = "cpu") -> Extractor:
    """The extractor that `config` asks for, its weights loaded. Raises CinetrajError for a bad config or weights."""
    if config.name not in _modules():
        raise CinetrajError(f"features {config.name!r} are unknown, expected one of {', '.join(feature_names())}")
    if config.max_features < 1 or config.budget_mb < 1:
        raise CinetrajError(
            f"max_features={config.max_features} and budget_mb={config.budget_mb} must both be at least 1"
        )
    return _modules()[config.name].build(config, device)


def extract(
    rgb: UInt8[np.ndarray, "n h w 3"],
    config: FeatureConfig | None = None,
    *,
    usable: Bool[np.ndarray, "h w"] | None = None,
    device: str = "cpu",
    progress: Callable[[int], object] | None = None,
) -> list[Features]:
    """Features of n frames, at most `max_features` each, none on or beside pixels that are not `usable`.

    progress: called with the number of frames done so far.
    """
    config = config or FeatureConfig()
    extractor = build(config, device=device)
    height, width = rgb.shape[1:3]
    allowed = _shrunk(usable) if usable is not None and not usable.all() else None
    share = 1.0 if allowed is None else max(float(allowed.mean()), 0.1)
    asked = int(np.ceil(config.max_features / share))
    per_frame = height * width * _modules()[config.name].BYTES_PER_PIXEL
    batch = max(1, config.budget_mb * 2**20 // per_frame)
    result: list[Features] = []
    for start in range(0, len(rgb), batch):
        for features in extractor(rgb[start : start + batch], asked):
            rows = np.argsort(-features.strength, kind="stable")
            if allowed is not None:
                xy = np.rint(features.xy_px[rows]).astype(int)
                rows = rows[allowed[np.clip(xy[:, 1], 0, height - 1), np.clip(xy[:, 0], 0, width - 1)]]
            result.append(features.take(rows[: config.max_features]))
        if progress is not None:
            progress(len(result))
    return result


def _shrunk(usable: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.erode(usable.astype(np.uint8), np.ones((2 * EDGE_PX + 1, 2 * EDGE_PX + 1), np.uint8)).astype(bool)
