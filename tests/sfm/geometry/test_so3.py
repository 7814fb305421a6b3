"""Twists as matrices, of numpy and of torch."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from sfm.geometry.so3 import POSE, adjoint, hat

KINDS = pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])


@KINDS
def test_a_hat_makes_the_cross_product(kind):
    a, b = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose(hat(kind(a)) @ kind(b)[..., None], np.cross(a, b)[..., None], atol=1e-15)


@KINDS
def test_a_twist_is_the_same_motion_before_and_after_a_change_of_axes(kind):
    """exp(Ad ξ) T = T exp(ξ), to first order in ξ."""
    rng = np.random.default_rng(1)
    rotation, shift, twist = Rotation.random(random_state=2).as_matrix(), rng.normal(size=3), rng.normal(size=POSE)
    there = np.asarray(adjoint(kind(rotation), kind(shift))) @ twist
    carried = rotation @ hat(twist[3:]) @ rotation.T
    np.testing.assert_allclose(hat(there[3:]), carried, atol=1e-14)
    np.testing.assert_allclose(there[:3], rotation @ twist[:3] - carried @ shift, atol=1e-14)
