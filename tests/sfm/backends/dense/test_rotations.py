"""Rotations as exponentials."""

import numpy as np
import torch

from sfm.backends.dense.rotations import exp_so3, log_so3


def test_exponential_is_the_rotation_about_its_vector():
    omega = torch.tensor([0.0, 0.3, 0.0], dtype=torch.float64)
    cos, sin = np.cos(0.3), np.sin(0.3)
    np.testing.assert_allclose(exp_so3(omega), [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], atol=1e-14)


def test_logarithm_is_the_inverse():
    omega = torch.tensor([[0.0, 0.0, 0.0], [0.3, -0.2, 1.0], [1e-9, 0.0, 0.0], [0.0, 3.0, 0.5]], dtype=torch.float64)
    torch.testing.assert_close(log_so3(exp_so3(omega)), omega, atol=1e-12, rtol=0)
