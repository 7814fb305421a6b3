"""The key points of a frame."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """k key points of one frame, the strongest first.

    Attributes:
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
