"""Key points and their descriptors, on the device, for many frames. One file of this folder per kind of features."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from jaxtyping import Bool, UInt8

from sfm.config import FeatureConfig
from sfm.features._kind import Extractor, FeatureKind
from sfm.features.types import Features
from sfm.processes.gpu import available_bytes
from trajectory.errors import CinetrajError, expected_of
from trajectory.registry import registry

BUDGET_MB, MOST_MB = 2048, 16384
"""For one batch of frames on a CPU, and at most on a GPU."""
EDGE_PX = 4
"""Key points this near to an unusable pixel describe its edge (of a bar, of a logo), not the scene."""


@cache
def kinds() -> dict[str, FeatureKind]:
    """All kinds of features by name, those of other distributions (`cinetraj.features`) included."""
    besides = ("extract", "types", "weights")
    return registry("sfm.features", "FEATURE", FeatureKind, group="cinetraj.features", besides=besides)


def kind_of(config: FeatureConfig, device: str) -> str:
    """The kind of features that `config` asks for on "cpu" or "cuda"."""
    if config.name != "auto":
        return config.name
    return "aliked-n16" if device == "cuda" else "sift"


def build(config: FeatureConfig, *, device: str = "cpu") -> Extractor:
    """The extractor that `config` asks for, its weights loaded. Raises CinetrajError for a bad config or weights."""
    config = replace(config, name=kind_of(config, device))
    if config.name not in kinds():
        raise CinetrajError(f"features {config.name!r} are unknown{expected_of(config.name, kinds(), 'auto or ')}")
    return kinds()[config.name].build(config, device)


def extract(
    rgb: UInt8[np.ndarray, "n h w 3"],
    config: FeatureConfig | None = None,
    *,
    usable: Bool[np.ndarray, "h w"] | Bool[np.ndarray, "n h w"] | None = None,
    device: str = "cpu",
    progress: Callable[[int], object] | None = None,
) -> list[Features]:
    """Features of n frames, at most `max_features` each, none on or beside pixels that are not `usable`.

    Args:
        usable: of all frames, or of each.
        progress: called with the number of frames done so far.
    """
    config = config or FeatureConfig()
    extractor = build(config, device=device)
    height, width = rgb.shape[1:3]
    allowed = shrunk(usable, len(rgb)) if usable is not None and not usable.all() else None
    share = 1.0 if allowed is None else max(float(allowed.mean((1, 2)).min()), 0.1)
    asked = int(np.ceil(config.max_features / share))
    kind = kind_of(config, device)
    budget_mb = config.budget_mb or _budget_mb("cpu" if kind == "sift" else device)
    batch = max(1, budget_mb * 2**20 // (height * width * kinds()[kind].bytes_per_pixel))
    result: list[Features] = []
    for start in range(0, len(rgb), batch):
        some = _continued(rgb[start : start + batch], kinds()[kind].least_px)
        found = extractor(some, asked)
        if len(found) != len(some):
            raise CinetrajError(
                f"features {kind!r} gave {len(found)} results for {len(some)} frames, expected one each"
            )
        for features in found:
            rows = np.argsort(-features.strength, kind="stable")
            rows = rows[(features.xy_px[rows] <= (width - 0.5, height - 0.5)).all(1)]
            if allowed is not None:
                xy = np.rint(features.xy_px[rows]).astype(int)
                own = allowed[len(result)]
                rows = rows[own[np.clip(xy[:, 1], 0, height - 1), np.clip(xy[:, 0], 0, width - 1)]]
            result.append(features.take(rows[: config.max_features]))
        if progress is not None:
            progress(len(result))
    return result


def _continued(rgb: UInt8[np.ndarray, "n h w 3"], least_px: int) -> np.ndarray:
    """Frames with at least `least_px` a side: where they are smaller, their last row and column go on."""
    below, right = (max(0, least_px - side) for side in rgb.shape[1:3])
    return np.pad(rgb, ((0, 0), (0, below), (0, right), (0, 0)), mode="edge") if below or right else rgb


def _budget_mb(device: str) -> int:
    """Memory for one batch where none is told: on a GPU it is the number of batches that costs."""
    return BUDGET_MB if device == "cpu" else max(1, min(MOST_MB, available_bytes(device) // 4 // 2**20))


def shrunk(usable: np.ndarray, count: int) -> Bool[np.ndarray, "n h w"]:
    """Pixels of each of `count` frames that may bear key points: without what lies beside unusable ones."""
    import cv2

    around = np.ones((2 * EDGE_PX + 1, 2 * EDGE_PX + 1), np.uint8)
    each = usable.reshape(-1, *usable.shape[-2:])
    shrunk = np.stack([cv2.erode(one.astype(np.uint8), around).astype(bool) for one in each])
    return np.broadcast_to(shrunk, (count, *shrunk.shape[1:]))
