"""Tilt, pan and roll about the horizon, by construction from the three angles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import steered
from scipy.spatial.transform import Rotation

from trajectory.description import DescribeConfig, describe
from trajectory.kinematics import motion
from trajectory.model import Provenance
from trajectory.turns import rates, turned_of, turns

ANGLE = st.floats(-40, 40)


def total_deg(t, gravity):
    return np.degrees(turns(motion(t), gravity).step_rad.sum(axis=0))


@settings(max_examples=15, deadline=None)
@given(
    start=st.tuples(st.floats(-25, 25), st.floats(-180, 180), ANGLE),
    moves=st.tuples(st.floats(-30, 30), st.floats(-400, 400), ANGLE),
)
def test_the_angles_that_a_head_was_steered_by_come_back(start, moves):
    t, gravity = steered(start, moves)
    assert turns(motion(t), gravity).frame == "horizon"
    assert total_deg(t, gravity) == pytest.approx(moves, abs=1e-6)


@settings(max_examples=12, deadline=None)
@given(pitch=st.floats(-58, 58), pan=st.floats(-170, 170))
def test_a_pan_of_a_pitched_camera_is_pan_cos_p_and_roll_sin_p_in_its_own_axes(pitch, pan):
    t, gravity = steered((pitch, 0, 0), (0, pan, 0))
    own = np.degrees(turns(motion(t), gravity).camera_rad.sum(axis=0))
    p = np.radians(pitch)
    # camera pitched down (p < 0) panning right rolls clockwise
    assert own == pytest.approx((0.0, pan * np.cos(p), -pan * np.sin(p)), abs=1e-6)
    assert total_deg(t, gravity) == pytest.approx((0.0, pan, 0.0), abs=1e-6)


@settings(max_examples=12, deadline=None)
@given(tilt=st.floats(-50, 50), roll=ANGLE, turn=st.tuples(*[st.floats(-1, 1)] * 3))
def test_rates_are_the_derivative_of_the_angles(tilt, roll, turn):
    start = Rotation.from_euler("YXZ", (20.0, tilt, roll), degrees=True)
    small = 1e-6 * np.array(turn)
    later = (start * Rotation.from_rotvec(small)).as_euler("YXZ")
    moved = (later - start.as_euler("YXZ"))[[1, 0, 2]]
    assert rates(start.as_matrix()[1]) @ small == pytest.approx(moved, abs=1e-11)


def test_a_level_camera_turns_alike_in_all_frames():
    t, gravity = steered((0, 0, 0), (0, 50, 0))
    found = turns(motion(t), gravity)
    assert found.step_rad == pytest.approx(found.camera_rad, abs=1e-12)
    assert turns(motion(t), None).frame == "camera"


def test_views_from_above_and_unknown_gravity_keep_the_camera_axes():
    t, gravity = steered((-80, 0, 0), (0, 40, 0))
    assert turns(motion(t), gravity).frame != "horizon"
    pitched, _ = steered((-20, 0, 0), (0, 40, 0))
    without = turns(motion(pitched), None)
    assert without.frame == "upright"
    assert without.step_rad[:, :2] == pytest.approx(without.camera_rad[:, :2])


@pytest.mark.parametrize("pitch", [-60, -61, -65, -69, -75, 65])
def test_no_turn_is_lost_where_a_camera_looks_steeply(pitch):
    """Either all of it is pan, or pan and roll are those of the camera's own axes."""
    t, gravity = steered((pitch, 0, 0), (0, 90, 0))
    told = turned_of(turns(motion(t), gravity)).told
    assert np.linalg.norm(told) == pytest.approx(90.0, abs=0.01)


def test_the_description_says_which_frame_and_keeps_the_other():
    t, _ = steered((-20, 0, 0), (0, 60, 0))
    known = t.replace(provenance=Provenance(evidence={"gravity": {"pitch_deg": -20.0, "roll_deg": 0.0}}))
    found = describe(known)
    said = found.to_json()["turned"]
    assert said["frame"] == "horizon"
    assert said["told"] == said["horizon"]
    assert said["told"] == pytest.approx({"tilt_deg": 0.0, "pan_deg": 60.0, "roll_deg": 0.0}, abs=1e-6)
    assert said["camera"]["roll_deg"] == pytest.approx(60 * np.sin(np.radians(20)))
    assert found.sentence.startswith("The camera pans right about 60°; smooth")
    assert found.decisions["Roll_Clockwise"].yes is False
    authors = describe(known, DescribeConfig(rule="authors")).to_json()["turned"]
    assert (authors["frame"], authors["told"]) == ("camera", said["camera"])
    assert authors["horizon"] == said["horizon"]
