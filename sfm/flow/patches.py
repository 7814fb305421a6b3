"""Templates for Lucas-Kanade: patches of zero mean, their gradients and structure tensors."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.flow import compiled
from sfm.flow.pyramid import Pyramid, windows

RADIUS = 4
"""Patches are 9 pixels a side."""
SIDE = 2 * RADIUS + 1
SPREAD = 0.6
"""Standard deviation of a patch's window, in radii."""


@final
@dataclass(frozen=True, eq=False)
class Patches:
    """Patches of some frames at the same places of one level.

    Attributes:
        level: of the pyramid.
        centre: (x, y) of the patches in pixels of the level.
        basis: what a window is projected on: the two gradients and the patch itself, all times the window, and without
            a mean under it, so that a change of brightness does not pull.
        offset: projections of the patch on its own gradients.
        deviation: standard deviation of the grey values under the window, at least that of the noise.
        tensor: structure tensor, the sum of the outer products of the gradients under the window (1/px²).
        row: of `basis` for each; None where it has its own.
    """

    level: int
    centre: Float[Tensor, "p 2"]
    basis: Float[Tensor, "u p 3 k"]
    offset: Float[Tensor, "b p 2"]
    deviation: Float[Tensor, "b p"]
    tensor: Float[Tensor, "b p 2 2"]
    row: Int[Tensor, " b"] | None = None

    def take(self, rows: Int[Tensor, " r"]) -> "Patches":
        """The patches of some of the frames, in the order of `rows`; on a CPU with one basis for all that share it."""
        shared = self.basis.device.type == "cpu"
        own = rows if self.row is None else self.row[rows]
        return Patches(
            level=self.level,
            centre=self.centre,
            basis=self.basis if shared else self.basis[own],
            row=own if shared else None,
            offset=self.offset[rows],
            deviation=self.deviation[rows],
            tensor=self.tensor[rows],
        )


def window_weights(device: torch.device) -> Float[Tensor, " k"]:
    """The Gaussian window, of mean one."""
    along = torch.arange(-RADIUS, RADIUS + 1, device=device, dtype=torch.float32)
    weight = torch.exp(-(along**2) / (2 * (SPREAD * RADIUS) ** 2))
    both = (weight[:, None] * weight).reshape(-1)
    return both / both.mean()


def patches(pyramid: Pyramid, level: int, frame: Int[Tensor, " b"], centre: Float[Tensor, "p 2"]) -> Patches:
    """Templates of the frames `frame` about the places `centre` of a level."""
    if pyramid.device.type == "cpu":
        return _on_cpu(pyramid, level, frame, centre)
    return patches_of_batch(pyramid, level, frame, centre)


def _on_cpu(pyramid: Pyramid, level: int, frame: Int[Tensor, " b"], centre: Float[Tensor, "p 2"]) -> Patches:
    window = window_weights(pyramid.device)
    basis, sums = torch.empty(len(frame), len(centre), 3, len(window)), torch.empty(len(frame), len(centre), 6)
    given = (pyramid.levels[level], frame, centre.contiguous(), window, basis, sums)
    compiled.templates(*(each.numpy() for each in given))
    xx, xy, yy = sums[..., 3:].unbind(-1)
    return Patches(
        level=level,
        centre=centre,
        basis=basis,
        offset=sums[..., :2],
        deviation=sums[..., 2].clamp_min(0.0).sqrt().clamp_min(pyramid.noise),
        tensor=torch.stack([xx, xy, xy, yy], -1).unflatten(-1, (2, 2)),
    )


def patches_of_batch(pyramid: Pyramid, level: int, frame: Int[Tensor, " b"], centre: Float[Tensor, "p 2"]) -> Patches:
    """As `patches`, on any device."""
    window = window_weights(pyramid.device)
    cut = windows(pyramid.levels[level], frame, centre.expand(len(frame), -1, -1), SIDE + 2)
    value = cut[..., 1:-1, 1:-1].flatten(-2)
    across = ((cut[..., 1:-1, 2:] - cut[..., 1:-1, :-2]) / 2).flatten(-2)
    down = ((cut[..., 2:, 1:-1] - cut[..., :-2, 1:-1]) / 2).flatten(-2)
    value = value - (value * window).mean(-1, keepdim=True)
    gradient = torch.stack([across, down], 2)
    gradient = gradient - (gradient * window).mean(-1, keepdim=True)
    weighted = gradient * window
    return Patches(
        level=level,
        centre=centre,
        basis=torch.cat([weighted, (value * window).unsqueeze(2)], 2),
        offset=(weighted @ value[..., None])[..., 0],
        deviation=((value**2) @ window / len(window)).clamp_min(0.0).sqrt().clamp_min(pyramid.noise),
        tensor=weighted @ gradient.transpose(-1, -2),
    )
