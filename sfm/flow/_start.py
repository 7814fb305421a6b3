"""What the ways to a flow share: the types, and pictures as networks want them."""

from collections.abc import Callable
from typing import TypeAlias

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from sfm.flow.pyramid import Pyramid, pictures

Flow: TypeAlias = Callable[
    [Pyramid, Int[Tensor, " b"], Int[Tensor, " b"], Float[Tensor, "gh gw 2"]],
    tuple[Float[Tensor, "b p 2"], Float[Tensor, "b p"]],
]
"""(pyramid, frames, their target frames, middles of patches) -> displacements, variances: `coarse_to_fine.flow`."""
Start: TypeAlias = Callable[
    [Pyramid, Int[Tensor, " b"], Int[Tensor, " b"], Float[Tensor, "gh gw 2"]], Float[Tensor, "b p 2"]
]
"""The same for displacements to start from, in pixels of the finest level."""


def network_input(
    pyramid: Pyramid, frame: Int[Tensor, " b"], *, multiple: int, least: int = 0
) -> Float[Tensor, "b 1 _ _"]:
    """Grey values 0..1, continued to the right and below until each side is a multiple and so long (pixels)."""
    height, width = pyramid.hw(0)
    below, right = (max(-side % multiple, least - side) for side in (height, width))
    return F.pad(pictures(pyramid, frame)[:, None], (0, right, 0, below), mode="replicate")
