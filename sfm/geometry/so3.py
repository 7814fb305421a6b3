"""Rotations as exponentials of rotation vectors."""

import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

POSE = 6
"""Numbers of a twist: displacement, then rotation vector."""


def exp_so3(omega: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 3 3"]:
    """Rotation matrices of rotation vectors in radians (Rodrigues)."""
    return torch.linalg.matrix_exp(hat(omega))


def hat(v: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 3 3"]:
    """Cross-product matrices: hat(v) w = v × w."""
    zero = torch.zeros_like(v[..., 0])
    x, y, z = v.unbind(-1)
    return torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*v.shape[:-1], 3, 3)


def log_so3(rotation: Float[Tensor, "n 3 3"]) -> Float[Tensor, "n 3"]:
    """Rotation vectors in radians of rotation matrices, the inverse of `exp_so3` up to half a turn."""
    vectors = Rotation.from_matrix(rotation.cpu().numpy()).as_rotvec()
    return torch.from_numpy(vectors).to(rotation)


def adjoint(rotation: Float[Tensor, "*s 3 3"], translation: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 6 6"]:
    """Ad of target from source: exp(ξ_target) T = T exp(ξ_source) for ξ_target = Ad ξ_source, ξ = (v, ω)."""
    upper = torch.cat([rotation, hat(translation) @ rotation], -1)
    return torch.cat([upper, torch.cat([torch.zeros_like(rotation), rotation], -1)], -2)
