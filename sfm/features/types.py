"""The key points of a frame."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

from trajectory.errors import CinetrajError


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

    def __post_init__(self) -> None:
        k = len(self.xy_px)
        ends = {"xy_px": (2,), "strength": (), "descriptors": np.shape(self.descriptors)[1:2] or ("d",)}
        ends |= {name: () for name in ("scale_px", "angle_deg") if getattr(self, name) is not None}
        for name, end in ends.items():
            array = np.asarray(getattr(self, name))
            if array.shape != (k, *end):
                raise CinetrajError(
                    f"{name} of features has shape {array.shape}, expected {(k, *end)}, a row a key point"
                )
            if name != "descriptors" and not np.isfinite(array).all():
                raise CinetrajError(f"{name} of features has a value that is not finite; leave such key points out")
            object.__setattr__(self, name, array)

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
