"""Rule `authors`: signs, invariances, the files with named moves, and what is not known."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import OPPOSITE, SIGN, build, primitive
from scipy.spatial.transform import Rotation

from trajectory.description import DescribeConfig, describe
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory
from trajectory.primitives import NAMES, authors

AMOUNT = {"turn": 30.0, "move": 0.5, "zoom": 0.4}


@pytest.mark.parametrize("name", SIGN)
def test_authors_measures_the_named_primitive_and_no_other(name):
    kind = SIGN[name][0]
    found = authors(primitive(name, AMOUNT[kind])).scores
    expected = np.expm1(SIGN[name][1][0] * 0.4) * SIGN[name][1][0] if kind == "zoom" else AMOUNT[kind]
    assert found[name] == pytest.approx(expected, rel=1e-9)
    assert found[OPPOSITE[name]] == pytest.approx(-expected, rel=1e-9)
    others = [found[other] for other in NAMES if other not in (name, OPPOSITE[name], "Static")]
    assert np.abs(others).max() < 1e-9 * AMOUNT[kind] + 1e-12


def test_tilt_up_is_the_rotation_that_brings_the_view_up():
    up_is_minus_y = np.array([0.0, -np.sin(0.1), np.cos(0.1)])
    t = build(turn_deg=(np.degrees(0.1), 0, 0))
    assert t.rotations[-1] @ [0, 0, 1] == pytest.approx(up_is_minus_y)
    assert authors(t).scores["Tilt_Up"] > 0


def test_static_is_minus_the_largest_component_with_angles_over_180():
    assert authors(primitive("Pan_Right", 18.0)).scores["Static"] == pytest.approx(-0.1)
    assert authors(primitive("Move_In", 0.3)).scores["Static"] == pytest.approx(-0.3)
    assert authors(primitive("Zoom_Out", np.log(2.0))).scores["Static"] == pytest.approx(-0.5)
    assert authors(build()).scores["Static"] == 0.0


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(sorted(SIGN)),
    share=st.floats(0.02, 1.0),
    frames=st.integers(2, 90),
    duration_s=st.floats(0.2, 60.0),
    scale=st.floats(1e-3, 1e3),
    turn=st.tuples(*[st.floats(-3, 3)] * 3),
    shift=st.tuples(*[st.floats(-100, 100)] * 3),
)
def test_authors_ignores_frame_rate_duration_gauge_and_scale(name, share, frames, duration_s, scale, turn, shift):
    amount = AMOUNT[SIGN[name][0]] * share
    gauge = (Rotation.from_rotvec(turn).as_matrix(), np.array(shift), scale)
    plain = authors(primitive(name, amount)).scores
    moved = authors(primitive(name, amount, frames=frames, duration_s=duration_s, gauge=gauge)).scores
    assert [moved[n] for n in NAMES] == pytest.approx([plain[n] for n in NAMES], rel=1e-6, abs=1e-8 / scale + 1e-6)


def test_first_and_last_valid_frames_are_the_ends():
    t = build(move=(0, 0, 1.0), frames=11)
    valid = np.ones(11, bool)
    valid[[0, 1, 9, 10]] = False
    assert authors(t.replace(valid=valid)).scores["Move_In"] == pytest.approx(0.6)


def test_without_depth_the_unit_is_the_path_length_and_it_says_so():
    found = authors(build(move=(3.0, 0, 4.0), with_depth=False))
    assert found.translation_unit == "path_length"
    assert any("path length" in note for note in found.notes)
    assert found.scores["Move_Right"] == pytest.approx(0.6)
    assert found.scores["Move_In"] == pytest.approx(0.8)


@pytest.mark.parametrize("noise", [1e-12, 1e-4, 3.0])
def test_static_guard_keeps_noise_from_becoming_a_move(noise):
    found = authors(build(frames=80, noise_position=noise, with_depth=False, seed=3))
    assert [found.scores[n] for n in NAMES if n.startswith("Move")] == pytest.approx([0.0] * 6)
    assert found.scores["Static"] == pytest.approx(0.0, abs=1e-12)


def test_static_guard_lets_a_noisy_move_pass():
    found = authors(build(move=(0.5, 0, 0), frames=80, noise_position=0.01, with_depth=False, seed=3))
    assert found.scores["Move_Right"] > 0.2


def test_small_bound_means_no_translation_and_no_bound_means_unknown():
    still = build(turn_deg=(0, 20, 0)).replace(scale="bounded", translation_bound=0.01)
    assert authors(still).scores["Move_In"] == 0.0
    unknown = authors(still.replace(translation_bound=np.inf))
    assert all(unknown.scores[n] is None for n in NAMES if n.startswith("Move"))
    assert unknown.scores["Pan_Right"] == pytest.approx(20.0)


def test_one_valid_frame_knows_no_motion():
    t = build(move=(0, 0, 1.0), frames=5)
    found = authors(t.replace(valid=np.array([0, 0, 1, 0, 0], bool)))
    assert set(found.scores.values()) == {None}


def _motionctrl(path) -> Trajectory:
    """Rows of 12 numbers, 3x4 world-to-camera."""
    cam_from_world = np.tile(np.eye(4), (16, 1, 1))
    cam_from_world[:, :3] = np.array(json.loads(path.read_text())).reshape(-1, 3, 4)
    return Trajectory(
        world_from_cam=np.linalg.inv(cam_from_world),
        time_s=np.arange(16.0),
        valid=np.ones(16, bool),
        time_source="index",
    )


NAMED = {
    "D": "Move_Down",
    "U": "Move_Up",
    "L": "Move_Left",
    "R": "Move_Right",
    "I": "Move_In",
    "I_0.2x": "Move_In",
    "I_0.4x": "Move_In",
    "I_1.0x": "Move_In",
    "I_2.0x": "Move_In",
    "O": "Move_Out",
    "O_0.2x": "Move_Out",
    "O_0.4x": "Move_Out",
    "O_1.0x": "Move_Out",
    "O_2.0x": "Move_Out",
    "SPIN-CW-60": "Roll_Clockwise",
    "SPIN-ACW-60": "Roll_Counterclockwise",
}


@pytest.mark.parametrize("rule", ["authors", "apparent"])
@pytest.mark.parametrize(("suffix", "name"), NAMED.items())
def test_named_files_have_their_sign_and_nothing_else(shared, suffix, name, rule):
    t = _motionctrl(shared / f"data/traj_motionctrl_primitives/basic_test_camera_{suffix}.json")
    found = describe(t, DescribeConfig(rule=rule)).scores
    others = [abs(found[n]) for n in NAMES if n not in (name, OPPOSITE[name], "Static")]
    assert found[name] > 0
    assert max(others) < 0.01 * found[name]


@pytest.mark.parametrize("rule", ["authors", "apparent"])
def test_round_zoom_in_is_a_left_pan_while_moving_forward(shared, rule):
    t = _motionctrl(shared / "data/traj_motionctrl_primitives/basic_test_camera_Round-ZoomIn.json")
    found = describe(t, DescribeConfig(rule=rule)).scores
    assert found["Pan_Left"] > 0
    assert found["Move_In"] > 0.25
    assert found["Zoom_In"] == 0.0


def test_zero_frames_cannot_be_built():
    with pytest.raises(CinetrajError):
        Trajectory(world_from_cam=np.zeros((0, 4, 4)), time_s=np.zeros(0), valid=np.zeros(0, bool))
