"""What a kind of features offers; each public module of `sfm.features` that is one defines it as FEATURE."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from sfm.config import FeatureConfig
from sfm.features.types import Features

Extractor: TypeAlias = Callable[[np.ndarray, int], list[Features]]
"""(rgb bytes b h w 3, number of key points) -> the features of each frame."""


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureKind:
    """One kind of features.

    Attributes:
        name: by which `--features` asks for it.
        summary: one line for the help.
        bytes_per_pixel: memory of one frame on the device.
        build: (config, device) -> extractor with its weights loaded.
        least_px: sides of the smallest picture that it can work on; smaller frames are continued to that.
    """

    name: str
    summary: str
    bytes_per_pixel: int
    build: Callable[[FeatureConfig, str], Extractor]
    least_px: int = 1
