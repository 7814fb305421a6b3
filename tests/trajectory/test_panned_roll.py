"""Rolls that a pan of a pitched camera would look like."""

import numpy as np
import pytest
from motions import build, steered
from scipy.spatial.transform import Rotation

from trajectory.description import DescribeConfig, describe
from trajectory.kinematics import motion
from trajectory.model import Trajectory
from trajectory.panned_roll import STEEPEST_DEG, explaining_pitch_deg

LIMIT = np.radians(3.5)


@pytest.mark.parametrize("pitch_deg", [-35.0, -20.0, 15.0, 30.0])
def test_a_pitch_that_explains_the_roll_is_found(pitch_deg):
    t, _ = steered((pitch_deg, 0, 0), (0, 60, 0))
    found = explaining_pitch_deg(motion(t), LIMIT)
    assert found == pytest.approx(pitch_deg, abs=5.0)


def test_a_level_pan_a_roll_and_what_is_too_steep_have_none():
    assert explaining_pitch_deg(motion(build(turn_deg=(0, 60, 0))), LIMIT) is None
    assert explaining_pitch_deg(motion(build(turn_deg=(0, 0, 20))), LIMIT) is None
    assert explaining_pitch_deg(motion(build(turn_deg=(0, 10, 45))), LIMIT) is None
    steep, _ = steered((STEEPEST_DEG + 15, 0, 0), (0, 60, 0))
    assert explaining_pitch_deg(motion(steep), LIMIT) is None


def test_such_a_roll_is_flagged_until_gravity_is_known():
    t, _ = steered((-20, 0, 0), (0, 60, 0))
    found = describe(t)
    assert found.decisions["Roll_Clockwise"].yes is True
    assert "possibly rolling clockwise" in found.sentence
    assert "pitched by -1" in found.flagged["Roll_Clockwise"]
    assert set(found.flagged) == {"Roll_Clockwise"}
    assert found.decisions["Roll_Clockwise"].reliability == 0.5 * found.decisions["Pan_Right"].reliability
    assert describe(t, DescribeConfig(pitch_deg=-20.0)).flagged == {}
    real = describe(build(turn_deg=(0, 0, 20)))
    assert real.flagged == {}
    assert real.sentence.startswith("The camera rolls clockwise")


@pytest.mark.parametrize("heading_deg", [lambda u: 30 * np.sin(np.pi * u) ** 2, lambda u: 360 * u, lambda u: 270 * u])
def test_rolls_on_the_way_are_hedged_as_those_of_the_whole_clip(heading_deg):
    """A pan there and back, and one all around, end level."""
    turn = Rotation.from_euler("Y", heading_deg(np.linspace(0, 1, 121))[:, None], degrees=True)
    poses = np.tile(np.eye(4), (121, 1, 1))
    poses[:, :3, :3] = (turn * Rotation.from_euler("X", -25, degrees=True)).as_matrix()
    panned = Trajectory(world_from_cam=poses, time_s=np.arange(121) / 30, valid=np.ones(121, bool))
    found = describe(panned)
    assert set(found.flagged) >= {"Roll_Clockwise", "Roll_Counterclockwise"}
    assert "roll" in found.sentence
    assert found.captions.long.replace("possibly roll", "").count("roll") <= 1  # that of the sum of all turns
    assert "roll" not in describe(panned, DescribeConfig(pitch_deg=-25.0)).sentence


def test_a_roll_there_and_back_is_no_pan():
    poses = np.tile(np.eye(4), (121, 1, 1))
    roll_deg = 20 * np.sin(np.pi * np.linspace(0, 1, 121)) ** 2
    poses[:, :3, :3] = Rotation.from_euler("Z", roll_deg[:, None], degrees=True).as_matrix()
    found = describe(Trajectory(world_from_cam=poses, time_s=np.arange(121) / 30, valid=np.ones(121, bool)))
    assert found.flagged == {}
    assert found.sentence.startswith("The camera rolls clockwise about 20°, then rolls counterclockwise")


def test_a_roll_after_a_pan_is_no_pan():
    """With the first camera pitched, the pan would roll it one way and the roll take that back."""
    at = np.linspace(0, 3, 181)
    turned = np.stack([np.clip(at - k, 0, 1) for k in range(3)], axis=1) * [30, 15, 20]
    poses = np.tile(np.eye(4), (181, 1, 1))
    poses[:, :3, :3] = Rotation.from_euler("YXZ", turned, degrees=True).as_matrix()
    found = describe(Trajectory(world_from_cam=poses, time_s=2 * at, valid=np.ones(181, bool)))
    assert found.flagged == {}
    assert "then rolls clockwise about 20°" in found.sentence
