"""Optical flow on a grid of patches from nothing: coarse to fine, each level offering its neighbours' motions too."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from sfm.flow.lucas_kanade import align, variance
from sfm.flow.patches import patches
from sfm.flow.pyramid import Pyramid, cell, grid, sampled

STRIDE = 4
"""Pixels between patches on the levels above the finest two; patches of 9 overlap by half there."""
ITERATIONS = 4
FIRST_PX = 3.0
"""On the coarsest level displacements of -3, 0 and 3 pixels along each axis are tried."""
MEDIAN_MARGIN = 1.05
"""A patch takes the median of its neighbours' displacements where that fits at most so much worse."""
START_LEVEL = 1
"""Level from which a known start is improved: there windows of 9 see 18 pixels and reach some 4 pixels."""


def flow(
    pyramid: Pyramid, source: Int[Tensor, " b"], target: Int[Tensor, " b"], centres: Float[Tensor, "gh gw 2"]
) -> tuple[Float[Tensor, "b p 2"], Float[Tensor, "b p"]]:
    """Where the patches of the frames `source` lie in the frames `target`.

    Args:
        pyramid: of all frames.
        source, target: numbers of frames, a pair a row.
        centres: middles of the patches on the finest level.

    Returns:
        Displacements in pixels of the finest level and the variance of grey values that they leave.
    """
    return _descended(pyramid, source, target, centres, len(pyramid.levels) - 1, None)


def flow_from(
    pyramid: Pyramid,
    source: Int[Tensor, " b"],
    target: Int[Tensor, " b"],
    centres: Float[Tensor, "gh gw 2"],
    start: Float[Tensor, "b p 2"],
) -> tuple[Float[Tensor, "b p 2"], Float[Tensor, "b p"]]:
    """The same where displacements to start from are known (pixels of the finest level): by the finest levels alone."""
    level = min(START_LEVEL, len(pyramid.levels) - 1)
    above = 2.0 ** (level + 1)
    known = start.reshape(len(source), *centres.shape) / above, centres / above
    return _descended(pyramid, source, target, centres, level, known)


def _descended(
    pyramid: Pyramid,
    source: Int[Tensor, " b"],
    target: Int[Tensor, " b"],
    centres: Float[Tensor, "gh gw 2"],
    top: int,
    coarse: tuple[Tensor, Tensor] | None,
) -> tuple[Float[Tensor, "b p 2"], Float[Tensor, "b p"]]:
    """`flow` from the level `top` down; `coarse` has displacements and middles of patches of the level above it."""
    unique, row = torch.unique(source, return_inverse=True)
    moved = left = torch.zeros(0)
    for level in range(top, -1, -1):
        here = _grid(pyramid, level, centres)
        template = patches(pyramid, level, unique, here.reshape(-1, 2)).take(row)
        offered = _first(here, len(source)) if coarse is None else _offered(*coarse, here)
        ratings = torch.stack([variance(pyramid, template, target, offer) for offer in offered])
        best = ratings.argmin(0)[None, ..., None].expand(1, -1, -1, 2)
        start = torch.gather(torch.stack(offered), 0, best)[0]
        moved, left = align(pyramid, template, target, start, ITERATIONS)
        if level:
            smooth = _median(moved, here.shape[:2])
            takes = variance(pyramid, template, target, smooth) < MEDIAN_MARGIN * left
            moved = torch.where(takes[..., None], smooth, moved)
        coarse = moved.reshape(len(source), *here.shape[:2], 2), here
    return moved, left


def _grid(pyramid: Pyramid, level: int, centres: Float[Tensor, "gh gw 2"]) -> Float[Tensor, "lh lw 2"]:
    """Middles of the patches of a level: those of the finest on the finest two, a grid of its own above."""
    if level < 2 and cell(centres) >= STRIDE * 2**level:
        return centres / 2**level
    return grid(pyramid.hw(level), STRIDE, pyramid.device)


def _first(centres: Float[Tensor, "gh gw 2"], count: int) -> list[Float[Tensor, "b p 2"]]:
    """Displacements to begin with."""
    still = torch.zeros(count, centres.shape[0] * centres.shape[1], 2, device=centres.device)
    shifts = [(x, y) for x in (0.0, -FIRST_PX, FIRST_PX) for y in (0.0, -FIRST_PX, FIRST_PX)]
    return [still + torch.tensor(shift, device=centres.device) for shift in shifts]


def _offered(
    coarse: Float[Tensor, "b ch cw 2"], coarse_grid: Float[Tensor, "ch cw 2"], centres: Float[Tensor, "gh gw 2"]
) -> list[Float[Tensor, "b p 2"]]:
    """What the level above says here and at its neighbours on four sides."""
    place = (centres.reshape(-1, 2) / 2)[None].expand(len(coarse), -1, -1)
    step = cell(coarse_grid)
    sides = ((0.0, 0.0), (step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step))
    return [2 * sampled(coarse, coarse_grid, place + torch.tensor(side, device=place.device)) for side in sides]


def _median(moved: Float[Tensor, "b p 2"], shape: torch.Size) -> Float[Tensor, "b p 2"]:
    """Median of 3 x 3 neighbours, each component for itself."""
    image = moved.reshape(len(moved), *shape, 2).permute(0, 3, 1, 2)
    around = F.pad(image, (1, 1, 1, 1), mode="replicate").unfold(2, 3, 1).unfold(3, 3, 1)
    return around.flatten(-2).median(-1)[0].flatten(2).transpose(1, 2)
