"""How well a displacement is known: the information of its patch, and whether the way back leads back."""

import torch
from jaxtyping import Float
from torch import Tensor

from sfm.flow.pyramid import sampled

LEAST_SIGMA_PX = 0.12
"""No displacement is known better than this, whatever the patch: interpolation and aliasing see to that."""
BACK_SIGMAS = 18.0**0.5
"""A way back that misses by so many standard deviations counts half."""
EDGE_PX = 3.0
"""What lies nearer to the edge of the frame is cut off by it."""


def information(
    tensor: Float[Tensor, "*b p 2 2"], variance: Float[Tensor, "*b p"], noise: float
) -> Float[Tensor, "*b p 3"]:
    """Information of displacements, the inverse of their covariance: entries xx, xy, yy in 1/px².

    Along an eigenvector of the structure tensor with eigenvalue l the variance is 2 s² / l + LEAST_SIGMA_PX² (Förstner
    1982), s² being the noise of one frame, or what the displacement left over where that is more. So an edge testifies
    across itself and not along.

    Args:
        tensor: structure tensor of the template.
        variance: mean squared difference that is left.
        noise: standard deviation of the grey values of one frame.
    """
    spread = 2.0 * variance.clamp_min(noise**2)
    xx, yy, xy = tensor[..., 0, 0], tensor[..., 1, 1], tensor[..., 0, 1]
    middle, half = (xx + yy) / 2, (((xx - yy) / 2) ** 2 + xy**2 + 1e-20).sqrt()
    large, small = middle + half, (middle - half).clamp_min(0.0)
    along, across = (value / (spread + LEAST_SIGMA_PX**2 * value) for value in (small, large))
    slope = (across - along) / (large - small).clamp_min(1e-12)
    rest = along - slope * small
    return torch.stack([slope * xx + rest, slope * xy, slope * yy + rest], -1)


def there_and_back(
    forward: Float[Tensor, "b p 2"], backward: Float[Tensor, "b p 2"], centres: Float[Tensor, "gh gw 2"]
) -> tuple[Float[Tensor, "b p 2"], Float[Tensor, "b p 2"]]:
    """Where patches go, and by how much the opposite flow from there misses their middles; as in `way_back`."""
    place = centres.reshape(-1, 2) + forward
    return place, forward + sampled(backward.reshape(len(backward), *centres.shape[:2], 2), centres, place)


def way_back(
    forward: Float[Tensor, "b p 2"],
    backward: Float[Tensor, "b p 2"],
    info: Float[Tensor, "b p 3"],
    centres: Float[Tensor, "gh gw 2"],
    hw: tuple[int, int],
) -> Float[Tensor, "b p"]:
    """Weight 0..1 of displacements by how near the opposite flow leads back; 0 where they leave the frame.

    Args:
        forward: displacements of the pairs.
        backward: those of the opposite pairs, on the same grid.
        info: of `forward`.
        centres: middles of the patches.
        hw: size of the frames.
    """
    place, missed = there_and_back(forward, backward, centres)
    x, y = missed.unbind(-1)
    squared = info[..., 0] * x * x + 2 * info[..., 1] * x * y + info[..., 2] * y * y
    return inside(place, hw) / (1.0 + squared / BACK_SIGMAS**2)


def resemblance(variance: Float[Tensor, "*s"], deviation: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
    """Weight 0..1 of a place by how far it differs from its patch, in units of the patch's own contrast.

    What differs has the variance 2 (1 - ρ) of the patch at a correlation ρ: 1 at ρ = 1/2, where the weight is a half.
    Bare ground and what only the search brought near do not resemble.

    Args:
        variance: mean squared difference.
        deviation: standard deviation of the patch's grey values.
    """
    return 1.0 / (1.0 + (variance / deviation**2) ** 4)


def inside(place: Float[Tensor, "*b p 2"], hw: tuple[int, int]) -> Float[Tensor, "*b p"]:
    """1 for places within the frame, 0 outside and at its very edge."""
    x, y = place.unbind(-1)
    return ((x > EDGE_PX) & (x < hw[1] - 1 - EDGE_PX) & (y > EDGE_PX) & (y < hw[0] - 1 - EDGE_PX)).to(place.dtype)
