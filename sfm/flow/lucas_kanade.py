"""Inverse-compositional Lucas-Kanade on patches, indifferent to gain and offset, for many patches at once.

Baker and Matthews (2004): the gradients and the normal matrix are those of the template, once and for all, so that
an iteration cuts a window and projects it on four vectors. Patches are compared after their means were taken off and
their contrasts made equal.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from sfm.flow import compiled
from sfm.flow.patches import SIDE, Patches, window_weights
from sfm.flow.pyramid import Pyramid, windows

LONGEST_STEP_PX = 2.0
DAMPING = 0.002
"""Share of the structure tensor's trace that keeps a patch of one direction from running along its edge."""


def align(
    pyramid: Pyramid, template: Patches, target: Int[Tensor, " b"], start: Float[Tensor, "b p 2"], iterations: int
) -> tuple[Float[Tensor, "b p 2"], Float[Tensor, "b p"]]:
    """Displacement of each patch towards its target frame, and the variance of what then differs.

    Args:
        pyramid: holds the target frames.
        template: the patches; row b is looked for in frame `target[b]`.
        target: numbers of frames.
        start: first displacement in pixels of the level.
        iterations: steps of Gauss-Newton; with 0 the start is only rated.

    Returns:
        Displacements in pixels of the level, and mean squared differences of grey values.
    """
    damping = 2.0 * pyramid.noise**2 + DAMPING * (template.tensor[..., 0, 0] + template.tensor[..., 1, 1])
    a, c, b = template.tensor[..., 0, 0] + damping, template.tensor[..., 1, 1] + damping, template.tensor[..., 0, 1]
    determinant = a * c - b * b
    moved = start
    for _ in range(iterations):
        gain, projected = _compared(pyramid, template, target, moved)
        error = gain[..., None] * projected[..., 1:3] - template.offset
        x, y = error.unbind(-1)
        step = torch.stack([c * x - b * y, a * y - b * x], -1) / determinant[..., None]
        moved = moved - step.clamp(-LONGEST_STEP_PX, LONGEST_STEP_PX)
    return moved, variance(pyramid, template, target, moved)


def variance(
    pyramid: Pyramid, template: Patches, target: Int[Tensor, " b"], moved: Float[Tensor, "b p 2"]
) -> Float[Tensor, "b p"]:
    """Mean squared difference under the window, after gain and offset, of displaced patches."""
    gain, projected = _compared(pyramid, template, target, moved)
    inner = projected[..., 3] / (SIDE * SIDE)
    own = template.deviation**2
    return (gain**2 * projected[..., 0] + own - 2.0 * gain * inner).clamp_min(0.0)


def _compared(
    pyramid: Pyramid, template: Patches, target: Int[Tensor, " b"], moved: Float[Tensor, "b p 2"]
) -> tuple[Float[Tensor, "b p"], Float[Tensor, "b p 4"]]:
    """Gain that makes the contrasts equal, and (variance, projections on both gradients, on the patch)."""
    on_cpu = moved.device.type == "cpu"
    found = (_projected_on_cpu if on_cpu else projected)(pyramid.levels[template.level], template, target, moved)
    return template.deviation / found[..., 0].sqrt().clamp_min(pyramid.noise), found


def projected(
    level: Float[Tensor, "n h w"], template: Patches, target: Int[Tensor, " b"], moved: Float[Tensor, "b p 2"]
) -> Float[Tensor, "b p 4"]:
    """Variance of displaced patches under the window, and projections on the template's vectors, on any device."""
    basis = template.basis if template.row is None else template.basis[template.row]
    cut = windows(level, target, template.centre + moved, SIDE).flatten(-2)
    weight = window_weights(cut.device) / cut.shape[-1]
    cut = cut - (cut @ weight)[..., None]  # first of all: faint texture on bright ground drowns in the rounding of sums
    return torch.cat([((cut**2) @ weight)[..., None], (basis @ cut[..., None])[..., 0]], -1)


def _projected_on_cpu(
    level: Float[Tensor, "n h w"], template: Patches, target: Int[Tensor, " b"], moved: Float[Tensor, "b p 2"]
) -> Float[Tensor, "b p 4"]:
    """As `projected`, by compiled loops."""
    row = torch.arange(len(moved)) if template.row is None else template.row
    out = torch.empty(*moved.shape[:2], 4)
    given = (level, target, template.centre + moved, template.basis, row, window_weights(moved.device), out)
    compiled.projected(*(each.contiguous().numpy() for each in given))
    return out
