"""When which primitive happens."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import build
from scipy.spatial.transform import Rotation

from trajectory.description import describe
from trajectory.segments import find
from trajectory.steadiness import Split


def moves(t):
    return [s for s in describe(t).segments if s.primitive != "Static"]


def pan_then_tilt(fps, *, hold_s=1.0):
    """2 s of pan right by 30 degrees, a hold, 2 s of tilt up by 20 degrees."""
    duration_s = 4.0 + hold_s
    t = build(frames=round(duration_s * fps) + 1, duration_s=duration_s)
    pan = np.radians(30) * np.clip(t.time_s / 2, 0, 1)
    tilt = np.radians(20) * np.clip((t.time_s - 2 - hold_s) / 2, 0, 1)
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = Rotation.from_euler("YX", np.stack([pan, tilt], axis=1)).as_matrix()
    return t.replace(world_from_cam=poses)


@pytest.mark.parametrize("fps", [12.0, 24.0, 30.0, 59.94])
def test_two_moves_in_turn_with_a_hold_between(fps):
    found = describe(pan_then_tilt(fps)).segments
    assert [s.primitive for s in found] == ["Pan_Right", "Static", "Tilt_Up"]
    pan, hold, tilt = found
    assert (pan.start_s, pan.end_s) == pytest.approx((0.0, 2.0), abs=0.3)
    assert (tilt.start_s, tilt.end_s) == pytest.approx((3.0, 5.0), abs=0.3)
    assert (hold.start_s, hold.end_s) == pytest.approx((2.0, 3.0), abs=0.1)
    whole = describe(build(turn_deg=(0, 30, 0))).scores["Pan_Right"]
    assert pan.strength == pytest.approx(whole, rel=0.03)


@settings(max_examples=15, deadline=None)
@given(fps=st.floats(10.0, 100.0), start_s=st.floats(0.5, 2.0), length_s=st.floats(1.0, 4.0))
def test_times_are_in_seconds_whatever_the_frame_rate(fps, start_s, length_s):
    duration_s = 8.0
    t = build(
        turn_deg=(0, -30, 0),
        frames=round(duration_s * fps) + 1,
        duration_s=duration_s,
        profile=lambda a: np.clip((a * duration_s - start_s) / length_s, 0, 1),
    )
    (segment,) = moves(t)
    assert segment.primitive == "Pan_Left"
    assert (segment.start_s, segment.end_s) == pytest.approx((start_s, start_s + length_s), abs=0.35)


def test_several_primitives_at_once():
    found = moves(build(turn_deg=(0, 30, 0), move=(0, 0, 0.5), frames=90, duration_s=3.0))
    assert {s.primitive for s in found} == {"Pan_Right", "Move_In", "Move_Left"}  # ahead drifts to the left of the view


def test_there_and_back_are_two_segments():
    t = build(turn_deg=(0, 40, 0), frames=181, duration_s=6.0, profile=lambda a: np.sin(np.pi * a))
    found = describe(t)
    assert [s.primitive for s in found.segments] == ["Pan_Right", "Pan_Left"]
    assert found.decisions["Pan_Right"].yes is False


def test_invalid_frames_neither_break_nor_invent_a_segment():
    rng = np.random.default_rng(0)
    t = build(turn_deg=(0, 40, 0), frames=121, duration_s=4.0)
    valid = rng.random(121) > 0.4
    valid[50:60] = False
    (segment,) = moves(t.replace(valid=valid))
    assert segment.primitive == "Pan_Right"
    assert segment.end_s - segment.start_s > 3.5
    assert moves(build(frames=121).replace(valid=valid)) == []


def test_a_long_gap_ends_a_segment():
    t = build(turn_deg=(0, 90, 0), frames=301, duration_s=10.0)
    valid = (t.time_s < 3) | (t.time_s > 7)
    found = moves(t.replace(valid=valid))
    assert len(found) == 2
    assert found[0].end_s < 3.1
    assert found[1].start_s > 6.9


def test_a_short_stutter_does_not_split():
    t = build(
        turn_deg=(0, 40, 0),
        frames=121,
        duration_s=4.0,
        profile=lambda a: np.interp(a, [0, 0.5, 0.53, 1.0], [0, 0.5, 0.5, 1.0]),
    )
    assert len(moves(t)) == 1


def test_a_slow_push_is_one_segment_and_shake_is_none():
    (segment,) = moves(build(move=(0, 0, 0.3), frames=601, duration_s=60.0))
    assert segment.primitive == "Move_In"
    assert segment.end_s - segment.start_s > 55
    assert moves(build(frames=300, duration_s=10.0, noise_deg=0.3)) == []


@pytest.mark.parametrize(("move_s", "hold_s"), [(1.0, 0.5), (1.0, 1.2), (0.3, 1.2)])
def test_no_move_begins_ends_or_goes_on_where_the_camera_holds(move_s: float, hold_s: float):
    """Smoothing spreads a move by a quarter of a second, and bridges short holds between quick ones."""
    times = np.cumsum([0.0, hold_s, move_s, hold_s, move_s, hold_s])
    t = build(frames=round(times[-1] * 40) + 1, duration_s=times[-1])
    pan = np.radians(40) * np.interp(t.time_s, times, [0, 0, 1, 1, 2, 2])
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = Rotation.from_euler("Y", pan[:, None]).as_matrix()
    found = describe(t.replace(world_from_cam=poses)).segments
    assert [each.primitive for each in found] == ["Static", "Pan_Right", "Static", "Pan_Right", "Static"]
    np.testing.assert_allclose([each.start_s for each in found], times[:-1], atol=0.06)
    np.testing.assert_allclose([each.end_s for each in found], times[1:], atol=0.06)


def test_a_static_clip_is_one_static_segment():
    (segment,) = describe(build(frames=90, duration_s=3.0)).segments
    assert (segment.primitive, segment.start_s, segment.end_s) == ("Static", 0.0, 3.0)
    assert segment.margin == 1.0


def test_margins_are_strengths_over_thresholds():
    (segment,) = moves(build(turn_deg=(0, 30, 0)))
    assert segment.margin == pytest.approx(segment.strength / 0.04 - 1.0)


@pytest.mark.parametrize("zero_s", [0.0, 0.1, 1.0, 7.3, 1000.0, 1.7e9])
def test_the_shortest_segment_does_not_hang_on_where_the_clock_starts(zero_s: float):
    """At 30 frames per second it is nine steps, whose times differ by a hair more or less than 0.3 s."""
    time_s = zero_s + np.arange(31) / 30
    rate = np.zeros((31, 7))
    rate[10:20, 4] = 1.0
    trend = np.cumsum(rate, axis=0) / 30
    parts = Split(time_s=time_s, shift=trend, tremor=0 * trend, trend=trend, rate=rate, observed=np.ones(31, bool))
    found = [each.primitive for each in find(parts, np.full(7, 0.04)) if each.primitive != "Static"]
    assert found == ["Pan_Right"]


@pytest.mark.parametrize("whip_s", [0.05, 0.2])
def test_a_camera_that_stands_still_beside_a_whip_does_not_swing_back(whip_s: float):
    t = build(frames=121, duration_s=4.0)
    pan = np.radians(180) * np.clip((t.time_s - 2) / whip_s + 0.5, 0, 1)
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = Rotation.from_euler("Y", pan[:, None]).as_matrix()
    assert [each.primitive for each in moves(t.replace(world_from_cam=poses))] == ["Pan_Right"]


def travelling(position, duration_s):
    """A path through these positions without a depth of its scene."""
    t = build(frames=len(position), duration_s=duration_s, with_depth=False)
    poses = t.world_from_cam.copy()
    poses[:, :3, 3] = position
    return t.replace(world_from_cam=poses)


def test_ways_there_and_back_are_told_however_often_without_a_depth():
    """Each of them is as long as the camera ever gets, though a small share of its path."""
    at = np.linspace(0.0, 1.0, 241)
    for turns in (1, 2, 4):
        x = 0.3 * np.sin(2.0 * np.pi * turns * at)
        found = [each.primitive for each in moves(travelling(np.stack([x, 0 * x, 0 * x], axis=1), 10.0))]
        assert found == ["Move_Right", "Move_Left"] * turns + ["Move_Right"]


def test_sweeps_along_all_axes_travel_without_a_depth_and_sway_in_place_does_not():
    at = np.linspace(0.0, 1.0, 721)
    sweeps = np.stack([0.3 * np.sin(4.0 * np.pi * np.clip(3.0 * at - axis, 0, 1)) for axis in range(3)], axis=1)
    rng = np.random.default_rng(3)
    steps = np.cumsum(rng.standard_normal((721, 3)), axis=0)
    sway = 0.01 * (steps - np.linspace(0, 1, 721)[:, None] * steps[-1]) / steps.std()
    tremor = 0.004 * rng.standard_normal((721, 3))
    found = describe(travelling(sweeps + 0.2 * tremor, 30.0))
    assert {s.primitive for s in found.segments} >= {"Move_Right", "Move_Left", "Move_Up", "Move_Down", "Move_In"}
    assert "moves" in found.sentence
    assert moves(travelling(sway + tremor, 30.0)) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"turn_deg": (0, 30, 0)}, "pans right about 30°;"),
        ({"move": (0, 0, 0.5)}, "moves forward;"),
        ({"log_zoom": 0.6}, "zooms in about 1.8 times;"),
    ],
)
def test_a_move_that_is_mostly_where_no_frame_has_a_pose_is_told_whole(options, words):
    """A pan of 30 degrees was told as one of 3 and one of 4, before and after the frames that were lost in it."""
    t = build(**options, frames=97, duration_s=4.0, profile=lambda a: np.clip(4 * a / 3 - 1 / 6, 0, 1) ** 2)
    lost = t.valid.copy()
    lost[24:80] = False
    found = describe(t.replace(valid=lost))
    assert found.sentence.startswith(f"The camera {words}")
    assert "From the first frame to the last it" in found.captions.long
