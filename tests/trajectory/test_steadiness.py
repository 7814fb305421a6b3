"""Intent against shake, and speed."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import build

from trajectory.description import describe
from trajectory.image_motion import image_motion
from trajectory.model import Trajectory
from trajectory.steadiness import SteadinessConfig, name_speed, shake, split

FRAMES, DURATION_S = 150, 5.0


def wobbling(amplitude_deg, hertz, *, pan_deg=0.0, fps=30.0):
    count = round(DURATION_S * fps) + 1
    t = build(frames=count, duration_s=DURATION_S)
    time_s = t.time_s
    angle = np.radians(amplitude_deg) * np.sin(2 * np.pi * hertz * time_s) + np.radians(pan_deg) * time_s / DURATION_S
    poses = t.world_from_cam.copy()
    poses[:, 0, 0] = poses[:, 2, 2] = np.cos(angle)
    poses[:, 0, 2], poses[:, 2, 0] = np.sin(angle), -np.sin(angle)
    return t.replace(world_from_cam=poses)


def measured(t):
    seen = image_motion(t)
    return shake(split(seen), seen)


def test_the_trend_keeps_the_whole_move_and_tremor_adds_nothing_to_it():
    seen = image_motion(wobbling(1.0, 4.0, pan_deg=30.0))
    parts = split(seen)
    assert parts.shift[:, 4] == pytest.approx(seen.shift[:, 4], abs=1e-9)
    assert parts.trend[-1, 4] == pytest.approx(seen.shift[-1, 4], rel=0.02)
    assert abs(parts.tremor[:, 4].mean()) < 0.02 * parts.tremor[:, 4].std()


@pytest.mark.parametrize("frames", [8, 15, 30, 31, 90])
@pytest.mark.parametrize("power", [1, 2, 3])
def test_a_soft_or_abrupt_start_of_a_short_clip_is_no_shake(frames, power):
    t = build(turn_deg=(0, 60, 0), frames=frames, duration_s=frames / 30, profile=lambda a: a**power)
    assert measured(t) < SteadinessConfig().smooth_diag


@settings(max_examples=12, deadline=None)
@given(
    hertz=st.sampled_from([3.1, 4.3, 5.3, 7.1]), pan_deg=st.floats(-90.0, 90.0), fps=st.sampled_from([24.0, 30.0, 60.0])
)
def test_shake_is_measured_alike_at_any_rate_and_under_a_pan(hertz, pan_deg, fps):
    amplitude = 0.5
    seen = image_motion(build())
    of_sine = 1.4826 * np.sqrt(0.5) * np.radians(amplitude) * seen.weight[4]
    assert measured(wobbling(amplitude, hertz, pan_deg=pan_deg, fps=fps)) == pytest.approx(of_sine, rel=0.3)


@pytest.mark.parametrize("shakes", [False, True])
def test_a_whip_between_holds_is_no_shake(shakes: bool):
    """Of a camera that stands still for most of a clip, and whips; held by hand it shakes before and after, too."""
    path = build(
        turn_deg=(0, 70, 0),
        frames=91,
        duration_s=3.0,
        noise_deg=0.3 if shakes else 0.0,
        profile=lambda a: np.interp(a, [0, 0.45, 0.55, 1], [0, 0, 1, 1]),
    )
    found = describe(path)
    assert found.speed == "whip"
    assert found.steadiness == ("shaky" if shakes else "smooth")


def test_slow_sway_and_soft_starts_are_intent():
    assert measured(wobbling(5.0, 0.3)) < SteadinessConfig().smooth_diag
    eased = build(turn_deg=(0, 40, 0), frames=90, duration_s=3.0, profile=lambda a: 0.5 - 0.5 * np.cos(np.pi * a))
    assert measured(eased) < SteadinessConfig().smooth_diag


def test_levels():
    assert describe(build()).steadiness == "static"
    assert describe(build(turn_deg=(0, 30, 0))).steadiness == "smooth"
    assert describe(wobbling(0.15, 5.0, pan_deg=30.0)).steadiness == "slightly_unsteady"
    assert describe(wobbling(1.0, 5.0, pan_deg=30.0)).steadiness == "shaky"


def test_a_shaking_camera_is_not_static_and_makes_no_move():
    found = describe(wobbling(0.5, 5.0))
    assert found.decisions["Static"].yes is False
    assert not any(s.primitive != "Static" for s in found.segments)
    assert found.minor_motion is True
    assert "stays in place" in found.sentence


@pytest.mark.parametrize(
    ("pan_deg", "duration_s", "word"),
    [(10.0, 5.0, "slow"), (40.0, 4.0, "regular"), (60.0, 2.0, "fast"), (90.0, 0.6, "whip")],
)
@pytest.mark.parametrize("fps", [24.0, 60.0])
def test_speed_words_do_not_depend_on_the_frame_rate(pan_deg, duration_s, word, fps):
    t = build(turn_deg=(0, pan_deg, 0), duration_s=duration_s, frames=round(duration_s * fps) + 1)
    assert describe(t).speed == word


def test_a_fast_truck_is_no_whip():
    assert name_speed(3.0, 0.0, SteadinessConfig()) == "fast"


def test_speed_is_that_of_the_moving_part():
    held = build(turn_deg=(0, 30, 0), frames=301, duration_s=10.0, profile=lambda a: np.clip(5 * a - 2, 0, 1))
    whole = build(turn_deg=(0, 30, 0), frames=61, duration_s=2.0)
    assert describe(held).speed_diag_s == pytest.approx(describe(whole).speed_diag_s, rel=0.15)


@pytest.mark.parametrize("rest_s", [8.0, 58.0, 238.0])
def test_a_move_in_a_long_rest_is_as_fast_as_it_is_alone(rest_s):
    """Less than a twentieth of the clip, a pan of two seconds was told to be slow."""
    whole_s = rest_s + 2.0
    held = build(
        turn_deg=(0, 30, 0),
        frames=round(30 * whole_s) + 1,
        duration_s=whole_s,
        profile=lambda a: np.clip((a * whole_s - rest_s / 2) / 2.0, 0, 1),
        noise_deg=0.001,
    )
    found = describe(held)
    assert found.speed_diag_s == pytest.approx(describe(build(turn_deg=(0, 30, 0))).speed_diag_s, rel=0.2)
    assert found.speed == "regular"


def test_speed_of_a_translation_of_unknown_size_is_unknown():
    assert describe(build(move=(0, 0, 5.0), with_depth=False)).speed is None
    assert describe(build(move=(0, 0, 5.0))).speed == "fast"


def test_the_noise_of_the_estimator_is_no_shake():
    from trajectory.model import Provenance

    t = build(frames=120, noise_deg=0.02, duration_s=4.0)
    evidence = {"noise_px": 1.5, "working_hw": [360, 640]}
    assert measured(t) > 0
    assert measured(t.replace(provenance=Provenance(evidence=evidence))) == 0.0


@pytest.mark.parametrize("step", [1e-320, 1e-200, 3.3e-11, 1e-6, 1e-3, 1e6, 1e200])
def test_memory_follows_the_number_of_frames_and_not_their_times(step: float):
    """A clock in the wrong unit once asked for kernels of gigabytes."""
    n = 30
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, 0, 3] = np.linspace(0, 1, n)
    trajectory = Trajectory(world_from_cam=poses, time_s=step * np.arange(1, n + 1), valid=np.ones(n, dtype=bool))
    tracemalloc.start()
    said = describe(trajectory).to_json()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    json.dumps(said, allow_nan=False)


@pytest.mark.parametrize("easing", [lambda s: s, lambda s: s**2, lambda s: s**2 * (3 - 2 * s)])
@pytest.mark.parametrize("frames", [2, 3, 4, 5])
def test_a_few_poses_say_nothing_of_shake(frames, easing):
    """One quintic does not follow three poses with a start and a stop: smooth ones were told to shake."""
    angle = np.radians(20.0) * easing(np.linspace(0.0, 1.0, frames))
    t = build(frames=frames, duration_s=frames / 8.0)
    poses = t.world_from_cam.copy()
    poses[:, 0, 0] = poses[:, 2, 2] = np.cos(angle)
    poses[:, 0, 2], poses[:, 2, 0] = np.sin(angle), -np.sin(angle)
    said = describe(t.replace(world_from_cam=poses))
    assert said.steadiness == ("smooth" if frames == 5 else None)
    assert "shaky" not in said.sentence
    assert describe(t).steadiness == "static"


@pytest.mark.parametrize(("pictures_hz", "fps"), [(8, 24), (12, 24), (24, 30), (24, 60), (6, 24)])
@pytest.mark.parametrize("shakes", [False, True])
def test_a_film_of_fewer_pictures_than_frames_is_as_steady_as_its_pictures(pictures_hz, fps, shakes):
    pictures = build(
        turn_deg=(0, 30, 0), frames=3 * pictures_hz, duration_s=3.0, noise_deg=0.5 if shakes else 0.0
    ).world_from_cam
    shown = np.arange(3 * fps) * pictures_hz // fps
    film = build(frames=len(shown), duration_s=(len(shown) - 1) / fps).replace(world_from_cam=pictures[shown])
    found = describe(film)
    assert found.steadiness == ("shaky" if shakes else "smooth")
    assert {segment.primitive for segment in found.segments} == {"Pan_Right"}


def test_a_rest_between_two_moves_stays_one():
    path = build(
        turn_deg=(0, 60, 0),
        frames=121,
        duration_s=4.0,
        profile=lambda a: np.interp(a, [0, 0.3, 0.7, 1], [0, 0.5, 0.5, 1]),
    )
    parts = split(image_motion(path))
    resting = (parts.time_s > 1.4) & (parts.time_s < 2.6)
    assert np.ptp(parts.shift[resting, 4]) == 0
