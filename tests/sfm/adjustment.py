"""What the tests of the adjuster share: which parameters move, and states a little off the truth."""

import numpy as np
import torch
from projected import FOCAL_PX, Projected, project

from sfm.geometry.problem import FreeParameters, Parameters
from sfm.geometry.so3 import exp_so3

ALL = {"rotation", "translation", "zoom", "focal"}
MOVE = {"truck": 0.1, "dolly": 0.05, "pan_deg": 2.0, "tilt_deg": -1.0, "roll_deg": 3.0, "zoom": 1.2}


def free(*kinds: set[str], prior_px: float = FOCAL_PX, sigma: float = 0.35) -> FreeParameters:
    """The freedom of hypotheses, each named by the kinds of parameters that it moves."""

    def flag(name: str) -> torch.Tensor:
        return torch.tensor([name in k for k in kinds])

    return FreeParameters(
        rotation=flag("rotation"),
        translation=flag("translation"),
        zoom=flag("zoom"),
        focal=flag("focal"),
        log_focal_prior=float(np.log(prior_px)),
        log_focal_sigma=sigma,
    )


def shaken(state: Parameters, seed: int, size: float = 0.01, *, focal: float = 0.0) -> Parameters:
    """The state with small errors everywhere but in the first camera; points off by `size` in direction and depth."""
    rng = torch.Generator().manual_seed(seed)
    b, n = state.zoom.shape
    options = {"dtype": torch.float64}
    turn, shift = (size * torch.randn(b, n, 3, generator=rng, **options) for _ in range(2))
    turn[:, 0] = shift[:, 0] = 0
    zoom = size * torch.randn(b, n, generator=rng, **options)
    zoom[:, 0] = 0
    point = state.point + size * state.point.norm(dim=-1, keepdim=True) * torch.randn(
        state.point.shape, generator=rng, **options
    ) * torch.tensor([0.3, 0.3, 0.3, 1.0])
    return Parameters(
        rotation=exp_so3(turn) @ state.rotation,
        translation=state.translation + shift,
        zoom=state.zoom + zoom,
        log_focal=state.log_focal + focal,
        point=point / point.norm(dim=-1, keepdim=True),
    )


def small(seed: int = 0, **changes: float) -> Projected:
    """Few tracks over four frames."""
    return project(MOVE, seed=seed, points=14, frames=4, **changes)


def kernel_of(width_px: float) -> torch.Tensor:
    """The width of the robust kernel, for one hypothesis."""
    return torch.tensor([width_px], dtype=torch.float64)
