"""Rotations as exponentials of rotation vectors, in torch."""

import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from sfm.geometry.so3 import hat

SMALL = 1e-30
"""Squared angle of no turn: a root has no derivative at 0."""


def exp_so3(omega: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 3 3"]:
    """Rotation matrices of rotation vectors in radians (Rodrigues): 1 + sin θ / θ K + (1 - cos θ) / θ² K²."""
    half_turns, cross = omega.square().sum(-1).clamp_min(SMALL).sqrt()[..., None, None] / torch.pi, hat(omega)
    unit = torch.eye(3, dtype=omega.dtype, device=omega.device)
    return unit + torch.sinc(half_turns) * cross + 0.5 * torch.sinc(half_turns / 2).square() * (cross @ cross)


def log_so3(rotation: Float[Tensor, "n 3 3"]) -> Float[Tensor, "n 3"]:
    """Rotation vectors in radians of rotation matrices, the inverse of `exp_so3` up to half a turn."""
    vectors = Rotation.from_matrix(rotation.cpu().numpy()).as_rotvec()
    return torch.from_numpy(vectors).to(rotation)
