"""Pairs of frames of three kinds of picture with the exact flow between them, rendered once for all tests."""

from dataclasses import dataclass
from functools import cache
from typing import Any, final

import numpy as np
import torch

from sfm.flow.pyramid import Pyramid, grey_of, grid, pyramid
from sfm.synthetic import ClipSpec, RenderedClip, flow, render

CPU = torch.device("cpu")
SMALL, LARGE = 1, 2
"""Targets of frame 0, which lie about 12 and 60 pixels away."""
PICTURES: dict[str, dict[str, Any]] = {
    "rich": {"noise": 1.5},
    "starved": {"textures": "low", "fog": 0.6, "noise": 2.0},
    "melting": {"melt": 0.7, "noise": 1.5},
}


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """Two frames, and where patches of the first truly are in the second; NaN where their content is not seen."""

    pyramid: Pyramid
    centres: torch.Tensor
    moved: np.ndarray

    def error_px(self, found: torch.Tensor) -> np.ndarray:
        """Of displacements (1 p 2), where the content is seen in both frames."""
        error = np.linalg.norm(found[0].numpy() - self.moved, axis=1)
        return error[np.isfinite(error)]


@cache
def _clip(picture: str) -> RenderedClip:
    values: dict[str, Any] = {"frames": 3, "easing": "in", "image_hw": (112, 208), "focal_px": 180.0}
    return render(ClipSpec(seed=5, move={"truck": 0.08, "pan_deg": 14.0}, **values, **PICTURES[picture]))


@cache
def pair(picture: str, target: int, cell_px: int = 8) -> Pair:
    """Frame 0 and one of the others of a truck with a pan."""
    made = _clip(picture)
    seen = pyramid(grey_of(made.rgb[[0, target]], CPU), 5)
    centres = grid(seen.hw(0), cell_px, CPU)
    truth, visible = flow(made, 0, target)
    column, line = (centres.reshape(-1, 2) - 0.5).long().numpy().T  # a middle lies between four pixels
    around = [(line + down, column + right) for down in (0, 1) for right in (0, 1)]
    shown = np.all([visible[at] for at in around], axis=0)
    moved = np.where(shown[:, None], np.mean([truth[at] for at in around], axis=0), np.nan)
    return Pair(pyramid=seen, centres=centres, moved=moved)
