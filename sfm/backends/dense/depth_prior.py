"""What is told of the depths beforehand: for each row its inverse depths up to a scale and a shift, or nothing."""

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sfm.backends.dense.graph import DenseParameters, FlowGraph
from sfm.geometry.robust import geman_mcclure

SIGMA = 0.2
"""Standard deviation of what is told, as a share of each inverse depth: networks that give depth from one picture are
wrong by 5 to 15 %, more where they guess."""
LEAST_NEARNESS = 0.2
"""In units of the median one: what is farther is known to so much of the median and no better."""
KERNEL = 3.0
"""Of Geman and McClure, standard deviations: what is told may be plainly wrong in places."""
ROUNDS = 4
NEAREST, FARTHEST = 20.0, 0.05
"""Inverse depths of a start, in units of the median one."""


def on_grid(
    nearness: Float[np.ndarray, "k h w"], image_hw: tuple[int, int], cell_px: int, device: torch.device
) -> Float[Tensor, "k p"]:
    """Means of told inverse depths over the cells of a picture; NaN where half of a cell or more is unknown."""
    told = torch.from_numpy(nearness).to(device)
    known = told.isfinite().to(told.dtype)

    def of_cells(values: Tensor) -> Tensor:
        wide = torch.nn.functional.interpolate(values[:, None], image_hw, mode="bilinear", antialias=True)
        return torch.nn.functional.avg_pool2d(wide, cell_px).flatten(1)

    share = of_cells(known)
    return torch.where(share > 0.5, of_cells(told.nan_to_num(0.0)) / share.clamp_min(0.5), torch.nan)


def start_of(nearness: Float[Tensor, "k p"]) -> Float[Tensor, "k p"]:
    """Inverse depths to begin with, the median of each row 1, and 1 where nothing is told."""
    middle = nearness.nanmedian(-1, keepdim=True).values.clamp_min(1e-6)
    return (nearness / middle).nan_to_num(1.0).clamp(FARTHEST, NEAREST)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class DepthPrior:
    """What draws the inverse depths of some parameters, as a parabola for each patch.

    Attributes:
        expected: inverse depths.
        weight: half the curvature of the cost, one over the variance.
        cost: at the parameters.
    """

    expected: Float[Tensor, "*s k p"]
    weight: Float[Tensor, "*s k p"]
    cost: Float[Tensor, "*s"]


def depth_prior(
    parameters: DenseParameters, graph: FlowGraph, usual: float, noise: float | Float[Tensor, "*s"]
) -> DepthPrior:
    """What is known of the depths: that they are 1 in the median, which is their gauge, and what was told.

    The told ones are brought to the present ones by the scale (never negative: relief is not turned inside out) and
    the shift that cost least under `KERNEL`. Since these are optimal, the gradient of the cost is that with both held
    (the envelope theorem).

    Args:
        parameters: with the present depths.
        graph: with what is told.
        usual: weight of the gauge.
        noise: squared standard deviations of residuals that make one of what the flow promises.
    """
    present = parameters.inverse_depth
    gauge = torch.full_like(present, usual)
    cost = usual * ((1.0 - present) ** 2).sum((-2, -1), dtype=torch.float64)
    if graph.nearness is None:
        return DepthPrior(expected=torch.ones_like(present), weight=gauge, cost=cost)
    told = start_of(graph.nearness)
    noise = torch.as_tensor(noise, dtype=present.dtype, device=present.device)[..., None, None]
    trust = noise / (SIGMA * told.clamp_min(LEAST_NEARNESS)) ** 2 * graph.nearness.isfinite()
    aligned = _alike(told, present)
    for _ in range(ROUNDS):
        aligned = _aligned(told, present, trust * _agreeing(aligned, present, trust / noise))
    weight = trust * _agreeing(aligned, present, trust / noise)
    squared = (aligned - present) ** 2 * trust / noise
    total = weight + gauge
    return DepthPrior(
        expected=(weight * aligned + gauge) / total,
        weight=total,
        cost=cost + (noise * geman_mcclure(squared, KERNEL**2)).sum((-2, -1), dtype=torch.float64),
    )


def _agreeing(
    aligned: Float[Tensor, "*r k p"], present: Float[Tensor, "*s k p"], precision: Float[Tensor, "*q k p"]
) -> Float[Tensor, "*s k p"]:
    """Weights of Geman and McClure."""
    return (KERNEL**2 / (KERNEL**2 + (aligned - present) ** 2 * precision)) ** 2


def _alike(told: Float[Tensor, "k p"], present: Float[Tensor, "*s k p"]) -> Float[Tensor, "*s k p"]:
    """Told values with the median of the present ones and the same median distance from it: no outlier bends these."""
    middle, spread = zip(*(_median_and_spread(each) for each in (told, present)), strict=True)
    return middle[1] + (spread[1] / spread[0].clamp_min(1e-6)) * (told - middle[0])


def _median_and_spread(value: Float[Tensor, "*s k p"]) -> tuple[Float[Tensor, "*s k 1"], Float[Tensor, "*s k 1"]]:
    middle = value.median(-1, keepdim=True).values
    return middle, (value - middle).abs().median(-1, keepdim=True).values


def _aligned(
    told: Float[Tensor, "k p"], present: Float[Tensor, "*s k p"], weight: Float[Tensor, "*q k p"]
) -> Float[Tensor, "*s k p"]:
    """Told values scaled and shifted to the present ones by weighted least squares in each row."""
    total = weight.sum(-1, keepdim=True).clamp_min(1e-9)
    middle = [(weight * each).sum(-1, keepdim=True) / total for each in (told, present)]
    away, change = told - middle[0], present - middle[1]
    scale = (weight * away * change).sum(-1, keepdim=True) / (weight * away**2).sum(-1, keepdim=True).clamp_min(1e-9)
    return middle[1] + scale.clamp_min(0.0) * away
