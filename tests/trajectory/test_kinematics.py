"""Per-frame motion: gauge, midpoint axes, gaps, noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import build
from scipy.spatial.transform import Rotation

from trajectory.kinematics import motion, position_noise, translation_is_noise


@settings(max_examples=25, deadline=None)
@given(
    turn=st.tuples(*[st.floats(-3, 3)] * 3),
    shift=st.tuples(*[st.floats(-50, 50)] * 3),
    scale=st.floats(1e-2, 1e2),
)
def test_steps_do_not_depend_on_the_gauge(turn, shift, scale):
    path = {"turn_deg": (10, 50, 5), "move": (0.3, -0.2, 0.5), "frames": 12}
    plain = motion(build(**path))
    gauge = (Rotation.from_rotvec(turn).as_matrix(), np.array(shift), scale)
    moved = motion(build(**path, gauge=gauge))
    assert moved.step_rotvec_rad == pytest.approx(plain.step_rotvec_rad, abs=1e-9)
    assert moved.step_translation / scale == pytest.approx(plain.step_translation, abs=1e-9 * (1 + 50 / scale))


@settings(max_examples=25, deadline=None)
@given(turn=st.tuples(*[st.floats(-60, 60)] * 3), move=st.tuples(*[st.floats(-2, 2)] * 3))
def test_a_path_run_backwards_negates_every_step(turn, move):
    t = build(turn_deg=turn, move=move, frames=9)
    there, back = motion(t), motion(t.replace(world_from_cam=t.world_from_cam[::-1]))
    assert back.step_rotvec_rad[::-1] == pytest.approx(-there.step_rotvec_rad, abs=1e-9)
    assert back.step_translation[::-1] == pytest.approx(-there.step_translation, abs=1e-9)


def test_a_walk_around_a_circle_is_forward_all_the_way():
    angle = np.linspace(0, 2 * np.pi, 721)
    t = build(turn_deg=(0, 360, 0), frames=721)
    poses = t.world_from_cam.copy()
    poses[:, :3, 3] = np.stack([1 - np.cos(angle), 0 * angle, np.sin(angle)], axis=1)
    moved = motion(t.replace(world_from_cam=poses))
    assert moved.step_translation.sum(0) == pytest.approx([0, 0, 2 * np.pi], abs=1e-3)
    assert moved.step_rotvec_rad.sum(0) == pytest.approx([0, 2 * np.pi, 0], abs=1e-9)


def test_steps_bridge_invalid_frames_and_depth_is_filled():
    t = build(turn_deg=(0, 30, 0), move=(0, 0, 1), frames=7)
    valid = np.array([1, 0, 1, 1, 0, 0, 1], bool)
    depth = np.array([1.0, np.nan, np.nan, 3.0, np.nan, np.nan, np.nan])
    moved = motion(t.replace(valid=valid, scene_depth=depth))
    assert moved.frame.tolist() == [0, 2, 3, 6]
    assert moved.depth.tolist() == [1.0, 2.0, 3.0, 3.0]
    assert np.degrees(moved.step_rotvec_rad[:, 1]) == pytest.approx([10, 5, 15])


def test_index_time_becomes_seconds_by_the_assumed_rate():
    t = build(frames=25).replace(time_s=np.arange(25.0), time_source="index")
    assert motion(t, index_fps=12.0).time_s[-1] == pytest.approx(2.0)


def test_bounded_scale_has_no_translation():
    t = build(move=(1, 0, 0)).replace(scale="bounded", translation_bound=0.01)
    assert motion(t).path_length == 0.0


def test_position_noise_is_measured_on_a_moving_camera():
    moved = motion(build(move=(3, 0, 0), frames=400, noise_position=0.02, seed=1))
    assert position_noise(moved) == pytest.approx(0.02, rel=0.15)
    assert position_noise(motion(build(move=(3, 0, 0), frames=400))) < 1e-12


def test_the_static_guard_tells_noise_from_a_path():
    assert translation_is_noise(motion(build(frames=60, noise_position=0.1)))
    assert not translation_is_noise(motion(build(move=(1, 0, 0), frames=60, noise_position=0.01)))
    assert not translation_is_noise(motion(build(move=(1e-5, 0, 0), frames=60)))


def test_the_static_guard_spares_a_sampled_circle():
    angle = np.linspace(0, 2 * np.pi, 16)
    t = build(frames=16)
    poses = t.world_from_cam.copy()
    poses[:, 0, 3], poses[:, 2, 3] = np.cos(angle), np.sin(angle)
    assert not translation_is_noise(motion(t.replace(world_from_cam=poses)))
