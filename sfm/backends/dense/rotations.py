"""Rotations as exponentials of rotation vectors, in torch."""

import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from sfm.geometry.so3 import hat


def exp_so3(omega: Float[Tensor, "*s 3"]) -> Float[Tensor, "*s 3 3"]:
    """Rotation matrices of rotation vectors in radians (Rodrigues)."""
    return torch.linalg.matrix_exp(hat(omega))


def log_so3(rotation: Float[Tensor, "n 3 3"]) -> Float[Tensor, "n 3"]:
    """Rotation vectors in radians of rotation matrices, the inverse of `exp_so3` up to half a turn."""
    vectors = Rotation.from_matrix(rotation.cpu().numpy()).as_rotvec()
    return torch.from_numpy(vectors).to(rotation)
