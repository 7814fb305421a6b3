"""Rule `apparent`: content displacement against projected points, invariances, and what is not known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import FOCAL_PX, HW, OPPOSITE, SIGN, build, primitive
from scipy.spatial.transform import Rotation

from trajectory.decisions import Thresholds
from trajectory.description import DescribeConfig, describe
from trajectory.errors import CinetrajError
from trajectory.gravity import Gravity
from trajectory.image_motion import image_motion, mean_radius, weights
from trajectory.model import Provenance
from trajectory.primitives import NAMES, apparent

DIAGONAL = float(np.hypot(*HW))
RADIUS = mean_radius(360.0, 640.0)
UNIT = {"turn": 30.0, "move": 0.5, "zoom": 0.4}


def score(t, *, extent="endpoint", **options):
    seen = image_motion(t, **options)
    return apparent(seen, Thresholds().channels("apparent", seen.unit), extent=extent).scores


def projected(name, amount):
    """Mean content displacement in diagonals of a small motion, from points projected before and after."""
    u, v = np.meshgrid(np.linspace(0, HW[1], 401), np.linspace(0, HW[0], 401))
    ray = np.stack([(u - HW[1] / 2) / FOCAL_PX, (v - HW[0] / 2) / FOCAL_PX, np.ones_like(u)], -1)
    kind, axis = SIGN[name]
    axis = np.array(axis, float)
    focal = FOCAL_PX
    if kind == "turn":
        ray = ray @ Rotation.from_rotvec(np.radians(amount) * axis).as_matrix()
    elif kind == "move":
        ray = ray - amount * axis
    else:
        focal = FOCAL_PX * np.exp(axis[0] * amount)
    du, dv = focal * ray[..., 0] / ray[..., 2] + HW[1] / 2 - u, focal * ray[..., 1] / ray[..., 2] + HW[0] / 2 - v
    sideways = name.split("_")[0] in ("Pan", "Tilt") or name in ("Move_Right", "Move_Left", "Move_Up", "Move_Down")
    moved = np.hypot(du.mean(), dv.mean()) if sideways else np.hypot(du, dv).mean()
    return moved / DIAGONAL


@pytest.mark.parametrize("name", SIGN)
def test_scores_are_the_displacement_of_projected_points(name):
    amount = {"turn": 0.3, "move": 0.005, "zoom": 0.005}[SIGN[name][0]]
    assert score(primitive(name, amount))[name] == pytest.approx(projected(name, amount), rel=0.01)


@pytest.mark.parametrize("name", SIGN)
def test_only_the_named_primitive_and_its_opposite_score(name):
    found = score(primitive(name, UNIT[SIGN[name][0]]))
    assert found[name] > 0.05
    assert found[OPPOSITE[name]] == pytest.approx(-found[name])
    others = [found[other] for other in NAMES if other not in (name, OPPOSITE[name], "Static")]
    assert np.abs(others).max() < 1e-3 * found[name]
    assert found["Static"] == pytest.approx(-found[name])


def test_mean_radius_is_that_of_the_pixels():
    y, x = np.mgrid[0:360, 0:640] + 0.5
    assert mean_radius(360.0, 640.0) == pytest.approx(np.hypot(x - 320, y - 180).mean() / DIAGONAL, rel=1e-4)


def test_pan_and_tilt_use_their_own_focal_length():
    w = weights(256.0, 384.0, np.array([180.0]), np.array([215.0]))[0]
    assert w[0] / w[1] == pytest.approx(180 / 215)
    diagonal = np.hypot(256, 384)
    assert w[4] == pytest.approx(180 / diagonal * (1 + (384 / 180) ** 2 / 12))
    assert w[3] == pytest.approx(215 / diagonal * (1 + (256 / 215) ** 2 / 12))


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(SIGN)),
    share=st.floats(0.05, 1.0),
    frames=st.integers(8, 120),
    duration_s=st.floats(0.2, 60.0),
    scale=st.floats(1e-2, 1e2),
    turn=st.tuples(*[st.floats(-3, 3)] * 3),
    bow=st.floats(0.3, 3.0),
)
def test_scores_ignore_frame_rate_duration_pace_gauge_and_scale(name, share, frames, duration_s, scale, turn, bow):
    amount = UNIT[SIGN[name][0]] * share
    gauge = (Rotation.from_rotvec(turn).as_matrix(), np.array([4.0, -7.0, 1.0]), scale)
    plain = score(primitive(name, amount))
    other = primitive(name, amount, frames=frames, duration_s=duration_s, gauge=gauge, profile=lambda a: a**bow)
    assert [score(other)[n] for n in NAMES] == pytest.approx([plain[n] for n in NAMES], abs=0.02 * plain[name])


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(sorted(SIGN)), a=st.floats(0.05, 10.0), factor=st.floats(1.05, 3.0))
def test_more_motion_scores_more_even_beyond_half_a_turn(name, a, factor):
    amount = UNIT[SIGN[name][0]] * a
    small, large = (score(primitive(name, x, frames=200))[name] for x in (amount, amount * factor))
    assert large > small


def test_a_turn_of_300_degrees_does_not_wrap():
    found = score(build(turn_deg=(0, 300, 0), frames=200))
    assert found["Pan_Right"] == pytest.approx(10 * score(build(turn_deg=(0, 30, 0)))["Pan_Right"])


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(sorted(SIGN)), seed=st.integers(0, 99))
def test_noise_moves_scores_by_no_more_than_its_size(name, seed):
    clean = score(primitive(name, UNIT[SIGN[name][0]]))
    noisy = score(primitive(name, UNIT[SIGN[name][0]], noise_deg=0.05, noise_position=0.001, seed=seed))
    for n in NAMES:
        if n != "Static":
            assert noisy[n] == pytest.approx(clean[n], abs=0.006)


def test_endpoint_and_path_differ_where_the_camera_turns_while_it_moves():
    angle = np.linspace(0, np.pi, 181)
    t = build(turn_deg=(0, 180, 0), frames=181)
    poses = t.world_from_cam.copy()
    poses[:, :3, 3] = np.stack([1 - np.cos(angle), 0 * angle, np.sin(angle)], axis=1)
    t = t.replace(world_from_cam=poses)
    radius = RADIUS
    assert score(t)["Move_Right"] == pytest.approx(2.0 * FOCAL_PX / DIAGONAL)
    assert score(t)["Move_In"] == pytest.approx(0.0, abs=1e-9)
    assert score(t, extent="path")["Move_In"] == pytest.approx(np.pi * radius, rel=1e-3)
    assert score(t, extent="path")["Pan_Right"] == score(t)["Pan_Right"]


def test_going_there_and_back_scores_zero_but_is_not_static():
    found = score(build(turn_deg=(0, 40, 0), profile=lambda a: np.sin(np.pi * a), frames=61))
    assert found["Pan_Right"] == pytest.approx(0.0, abs=1e-9)
    assert found["Static"] < -0.5


def _turntable(pitch_deg, pan_deg, frames=200):
    t = build(frames=frames)
    angle = np.radians(pan_deg) * np.linspace(0, 1, frames)
    turns = Rotation.from_rotvec(angle[:, None] * [0, 1, 0]) * Rotation.from_euler("x", pitch_deg, degrees=True)
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = turns.as_matrix()
    return t.replace(world_from_cam=poses)


def test_a_pan_of_a_pitched_camera_is_no_roll_when_gravity_is_known():
    t = _turntable(-30, 90)
    assert score(t, gravity=Gravity(pitch_deg=-30.0))["Roll_Clockwise"] == pytest.approx(0.0, abs=1e-6)
    assert abs(score(t)["Roll_Clockwise"]) > 0.05
    assert score(t)["Pan_Right"] > 0.8


def test_a_pan_after_a_tilt_is_no_roll_without_gravity():
    progress = np.linspace(0, 1, 201)
    tilt, pan = 40 * np.minimum(2 * progress, 1), 90 * np.maximum(2 * progress - 1, 0)
    t = build(frames=201)
    poses = t.world_from_cam.copy()
    turns = Rotation.from_euler("YX", np.stack([pan, tilt], axis=1), degrees=True)
    poses[:, :3, :3] = turns.as_matrix()
    found = score(t.replace(world_from_cam=poses))
    assert found["Roll_Clockwise"] == pytest.approx(0.0, abs=1e-3)
    assert found["Tilt_Up"] > 0.4
    assert found["Pan_Right"] > 0.8


def test_steps_are_divided_by_the_depth_at_hand_along_the_path():
    t = build(move=(0, 0, 0.9), frames=200)
    near = t.replace(scene_depth=1.0 - 0.9 * np.linspace(0, 1, 200))
    expansion = np.log(10.0)
    assert score(near, extent="path")["Move_In"] == pytest.approx(expansion * RADIUS, rel=2e-3)


def test_without_intrinsics_a_field_of_view_is_assumed_and_said():
    seen = image_motion(build(turn_deg=(0, 20, 0), with_intrinsics=False), assumed_fov_deg=55.0)
    assert any("field of view of 55" in note for note in seen.notes)
    focal = 0.5 * 16 / np.tan(np.radians(27.5))
    expected = np.radians(20) * focal / np.hypot(16, 9) * (1 + (16 / focal) ** 2 / 12)
    assert seen.endpoint[4] == pytest.approx(expected)


def test_without_depth_translation_is_a_share_of_the_path():
    t = build(move=(3.0, 0.0, 4.0), with_depth=False)
    found = score(t)
    assert found["Move_Right"] == pytest.approx(0.6)
    assert found["Move_In"] == pytest.approx(0.8)


@pytest.mark.parametrize(("bound", "known"), [(0.01, True), (0.5, False), (np.inf, False)])
def test_a_bound_below_the_threshold_is_zero_and_one_above_is_unknown(bound, known):
    t = build(turn_deg=(0, 20, 0)).replace(scale="bounded", translation_bound=bound)
    found = score(t)
    assert {found[n] for n in NAMES if n.startswith("Move")} == ({0.0} if known else {None})
    assert found["Static"] < -0.2


def test_static_is_unknown_while_a_translation_could_hide():
    t = build().replace(scale="bounded", translation_bound=np.inf)
    assert score(t)["Static"] is None
    assert score(t.replace(translation_bound=0.001))["Static"] == 0.0


def before(t, *depths):
    return t.replace(provenance=Provenance(evidence={"depth_quantiles": list(depths)}))


@pytest.mark.parametrize("extent", ["endpoint", "path"])
def test_a_move_counts_by_what_is_near(extent):
    t = build(move=(0.1, 0.0, 0.2), turn_deg=(0, 20, 0))
    far, near = score(t, extent=extent), score(before(t, 0.25, 1.0, 8.0), extent=extent)
    for name in ("Move_Right", "Move_In"):
        assert near[name] == pytest.approx(4.0 * far[name])
    assert near["Pan_Right"] == far["Pan_Right"]
    assert score(before(t, 1.0, 1.0, 1.0), extent=extent) == far
    assert any("0.25 of the median" in note for note in image_motion(before(t, 0.25, 1.0, 8.0)).notes)


@settings(max_examples=10, deadline=None)
@given(scale=st.floats(1e-2, 1e2))
def test_near_depths_are_in_the_unit_of_the_positions(scale):
    t = build(move=(0.1, 0.0, 0.2), depth=scale)
    assert score(before(t, 0.5 * scale, scale, 3 * scale))["Move_In"] == pytest.approx(2 * score(t)["Move_In"])


def test_an_arc_around_near_actors_before_clouds_is_an_arc():
    angle = np.radians(np.linspace(0, 40, 60))
    t = build(frames=60)
    poses = t.world_from_cam.copy()
    poses[:, :3, 3] = 0.05 * np.stack([np.sin(angle), 0 * angle, 1 - np.cos(angle)], axis=1)
    poses[:, :3, :3] = Rotation.from_rotvec(-angle[:, None] * [0, 1, 0]).as_matrix()
    t = t.replace(world_from_cam=poses)  # actors at a twentieth of the median depth
    assert describe(t).compound.arc is None
    told = describe(before(t, 0.05, 1.0, 9.0))
    assert told.compound.arc.direction == "right"
    assert "arcs right" in told.sentence


def test_the_rule_of_the_authors_keeps_the_median():
    t = build(move=(0, 0, 0.2))
    config = DescribeConfig(rule="authors")
    assert describe(before(t, 0.2, 1.0, 2.0), config).scores == describe(t, config).scores


@pytest.mark.parametrize("depths", [(1.0, 2.0), (2.0, 1.0, 3.0), (0.0, 1.0, 2.0), ("a", 1.0, 2.0), (1.0, np.nan, 2.0)])
def test_depths_that_do_not_rise_are_refused(depths):
    with pytest.raises(CinetrajError, match="expected three depths that rise"):
        image_motion(before(build(), *depths))


@pytest.mark.parametrize("middle", [0.0, -3.0, np.nan])
def test_a_lens_without_a_principal_point_or_a_size_is_seen_at_the_assumed_angle(middle):
    t = build(turn_deg=(0, 20, 0), with_intrinsics=False)
    lens = np.tile(np.array([[500.0, 0, middle], [0, 500.0, middle], [0, 0, 1]]), (len(t), 1, 1))
    seen = image_motion(t.replace(image_hw=None, intrinsics_px=lens))
    assert "no image size nor principal point: a field of view of 55 degrees is assumed" in seen.notes
    assert seen.endpoint == pytest.approx(image_motion(t.replace(image_hw=(9, 16))).endpoint)
