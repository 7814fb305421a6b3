"""Curves over time: signs, continuity, and no trace of the world."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from turning import moving

from trajectory.curves import rotation_deg


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("turn_deg", [-50.0, 170.0, 360.0, 400.0, -720.0, -725.0])
def test_rotation_is_continuous_beyond_half_a_turn(axis: int, turn_deg: float) -> None:
    found = rotation_deg(moving(60, turn_deg=turn_deg, axis=axis))
    expected = np.zeros(3)
    expected[axis] = turn_deg
    np.testing.assert_allclose(found[-1], expected, atol=1e-6)


def test_rotation_does_not_depend_on_the_world() -> None:
    trajectory = moving()
    world = np.eye(4)
    world[:3, :3] = Rotation.from_euler("xyz", (20, 40, 60), degrees=True).as_matrix()
    turned = trajectory.replace(world_from_cam=world @ trajectory.world_from_cam)
    np.testing.assert_allclose(rotation_deg(turned), rotation_deg(trajectory), atol=1e-9)


def test_signs_say_what_the_labels_say() -> None:
    # Pan right: the optical axis turns to +x. Tilt up: it turns to -y. Roll clockwise: the camera's x turns to +y.
    for axis, cam, world, sign in ((1, 2, 0, 1), (0, 2, 1, -1), (2, 0, 1, 1)):
        trajectory = moving(axis=axis)
        assert rotation_deg(trajectory)[-1, axis] > 0
        assert sign * trajectory.rotations[-1][world, cam] > 0
