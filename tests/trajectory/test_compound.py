"""Arc, crane, dolly zoom, and motion against the ground."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motions import build
from scipy.spatial.transform import Rotation

from trajectory.compound import fit_arc, fit_crane
from trajectory.description import DescribeConfig, describe
from trajectory.errors import CinetrajError
from trajectory.gravity import Gravity, known_gravity
from trajectory.kinematics import motion
from trajectory.model import Provenance


def orbit(angle_deg, *, radius=1.0, frames=60, axis=(0, 1, 0), pitch_deg=0.0, **options):
    """A camera that circles a point at `radius` ahead and keeps looking at it; positive angles go to the left or down.

    Turning the rig about +y by an angle turns the view right and takes the camera left.
    """
    t = build(frames=frames, duration_s=3.0, **options)
    turns = Rotation.from_rotvec(np.radians(angle_deg) * np.linspace(0, 1, frames)[:, None] * np.array(axis, float))
    start = Rotation.from_euler("x", pitch_deg, degrees=True)
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = (turns * start).as_matrix()
    poses[:, :3, 3] = -radius * poses[:, :3, 2]
    return t.replace(world_from_cam=poses)


@settings(max_examples=25, deadline=None)
@given(
    swept=st.floats(15.0, 340.0),
    left=st.booleans(),
    radius=st.floats(0.05, 50.0),
    pitch_deg=st.floats(-10.0, 10.0),
)
def test_an_orbit_has_its_centre_radius_sweep_and_side(swept, left, radius, pitch_deg):
    found = fit_arc(motion(orbit(swept if left else -swept, radius=radius, pitch_deg=pitch_deg, frames=90)))
    assert found is not None
    assert found.direction == ("left" if left else "right")
    assert found.swept_deg == pytest.approx(swept, rel=0.07)
    assert found.radius == pytest.approx(radius, rel=1e-6)
    assert found.centre_first == pytest.approx((0, 0, radius), abs=1e-6 * radius)


@pytest.mark.parametrize("pitch_deg", [-50.0, -30.0, 20.0])
@pytest.mark.parametrize("swept", [60.0, 180.0, 360.0])
def test_a_circle_is_as_much_of_one_when_the_camera_looks_down_at_its_subject(swept, pitch_deg):
    found = fit_arc(motion(orbit(-swept, pitch_deg=pitch_deg, frames=90, noise_deg=0.1)))
    assert found is not None
    assert found.direction == "right"
    assert found.swept_deg == pytest.approx(swept, rel=0.03)


def test_an_arc_is_named_in_the_description_and_the_sentence():
    found = describe(orbit(-60.0))
    assert found.compound.arc.direction == "right"
    assert found.compound.arc.radius_depths == pytest.approx(1.0)
    assert found.compound.around_diag > 0.3
    assert found.sentence.startswith("The camera arcs right around its subject, about 60°")


@pytest.mark.parametrize("pitch_deg", [-40.0, -20.0, 0.0, 20.0])
def test_who_circles_at_one_height_is_not_told_to_rise(pitch_deg):
    """Seen from the first camera, which looks down at the centre, the far side of the circle lies higher."""
    found = describe(orbit(180.0, pitch_deg=pitch_deg), DescribeConfig(pitch_deg=pitch_deg))
    assert "arcs left around its subject, about 180°" in found.captions.long
    assert "moves" not in found.captions.long


def test_orbit_over_the_top_is_a_crane():
    found = describe(orbit(-40.0, axis=(1, 0, 0)))
    assert found.compound.arc is None
    assert found.compound.crane.direction == "up"
    assert found.compound.over_diag > 0.2
    assert "cranes up" in found.sentence


def test_a_swinging_arm_is_a_crane_wherever_the_camera_looks():
    angle = np.radians(60) * np.linspace(0, 1, 60)
    t = build(frames=60)
    poses = t.world_from_cam.copy()
    poses[:, 1, 3], poses[:, 2, 3] = -np.sin(angle), 1 - np.cos(angle)
    up = t.replace(world_from_cam=poses)
    assert fit_crane(motion(up)).direction == "up"
    assert fit_crane(motion(up)).swept_deg == pytest.approx(60, rel=0.02)
    assert describe(up.replace(world_from_cam=poses[::-1])).compound.crane.direction == "down"


@pytest.mark.parametrize("pitch_deg", [-55.0, -30.0, 0.0, 30.0, 45.0])
@pytest.mark.parametrize("with_depth", [True, False])
def test_up_is_that_of_gravity_where_it_is_known(pitch_deg, with_depth):
    """An arm that swings up by 60 degrees; the camera on it looks down or up all the while."""
    angle = np.radians(60) * np.linspace(0, 1, 60)
    t = build(frames=60, with_depth=with_depth)
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = Rotation.from_euler("X", pitch_deg, degrees=True).as_matrix()
    poses[:, 1, 3], poses[:, 2, 3] = -np.sin(angle), 1 - np.cos(angle)
    found = describe(t.replace(world_from_cam=poses), DescribeConfig(pitch_deg=pitch_deg))
    assert found.compound.crane.direction == "up"
    assert "crane" in found.sentence


def test_a_bend_over_the_ground_seen_from_above_is_no_crane():
    """A camera that looks straight down travels level to the top of its picture, and a little aside."""
    angle = np.radians(40) * np.linspace(0, 1, 60)
    t = build(frames=60)
    poses = t.world_from_cam.copy()
    poses[:, 1, 3], poses[:, 0, 3] = -np.sin(angle), 1 - np.cos(angle)
    assert describe(t.replace(world_from_cam=poses), DescribeConfig(pitch_deg=-90.0)).compound.crane is None


@pytest.mark.parametrize(
    "options",
    [
        {"move": (0.6, 0, 0)},
        {"move": (0, -0.6, 0)},
        {"turn_deg": (0, 60, 0)},
        {"move": (0.6, 0, 0), "turn_deg": (0, 30, 0)},
        {"move": (0.6, 0, 0), "turn_deg": (0, -3, 0)},
        {"move": (0, 0, 1.0)},
        {"turn_deg": (0, 60, 0), "noise_position": 0.005},
        {"move": (0.6, 0, 0), "noise_deg": 0.3, "noise_position": 0.003},
    ],
)
@pytest.mark.parametrize("with_depth", [True, False])
def test_straight_moves_and_pans_are_no_compounds(options, with_depth):
    found = describe(build(**options, with_depth=with_depth)).compound
    assert found.arc is None
    assert found.crane is None
    assert found.dolly_zoom is None


def test_a_dolly_zoom_is_flagged_and_named():
    log_zoom = np.log(0.6)
    found = describe(build(move=(0, 0, 0.4), log_zoom=log_zoom))
    assert found.compound.dolly_zoom == "in_zoom_out"
    assert "dolly zoom" in found.sentence
    assert describe(build(move=(0, 0, -0.6), log_zoom=0.5)).compound.dolly_zoom == "out_zoom_in"
    assert describe(build(move=(0, 0, 0.4), log_zoom=0.5)).compound.dolly_zoom is None
    assert describe(build(move=(0, 0, 3.0), log_zoom=-0.1)).compound.dolly_zoom is None
    assert describe(build(move=(0.1, 0, -0.2), log_zoom=0.2)).compound.dolly_zoom == "out_zoom_in"
    assert describe(build(move=(0.5, 0, -0.2), log_zoom=0.2)).compound.dolly_zoom is None  # a truck that zooms


def test_compounds_ignore_gauge_and_direction_of_noise():
    t = orbit(50.0)
    turn = Rotation.from_rotvec([0.4, -2.0, 1.0]).as_matrix()
    poses = t.world_from_cam.copy()
    poses[:, :3, :3] = turn @ poses[:, :3, :3]
    poses[:, :3, 3] = 7.0 * poses[:, :3, 3] @ turn.T + [3, 2, 1]
    moved = fit_arc(motion(t.replace(world_from_cam=poses)))
    plain = fit_arc(motion(t))
    assert moved.swept_deg == pytest.approx(plain.swept_deg)
    assert moved.radius == pytest.approx(7.0 * plain.radius)


def test_up_in_the_image_of_a_camera_that_looks_down_is_ahead_on_the_ground():
    t = build(move=(0, -0.5, 0))
    found = describe(t, DescribeConfig(pitch_deg=-90.0)).ground
    assert found.view == "bird"
    assert found.ahead > 0.1
    assert found.up == pytest.approx(0.0, abs=1e-12)
    worm = describe(t, DescribeConfig(pitch_deg=90.0)).ground
    assert worm.view == "worm"
    assert worm.ahead < -0.1


def test_forward_with_a_camera_that_looks_down_goes_down_too():
    found = describe(build(move=(0, 0, 1.0)), DescribeConfig(pitch_deg=-30.0)).ground
    level = describe(build(move=(0, 0, 1.0)), DescribeConfig(pitch_deg=0.0)).ground
    assert found.ahead == pytest.approx(level.ahead * np.cos(np.radians(30)))
    assert found.up < 0
    assert level.up == 0.0


def test_roll_of_the_first_frame_turns_up_into_sideways():
    # Rolled clockwise by 90 degrees, the right edge of the image points to the ground.
    found = describe(build(move=(0.5, 0, 0)), DescribeConfig(pitch_deg=0.0, roll_deg=90.0)).ground
    assert found.up < -0.3
    assert found.right == pytest.approx(0.0, abs=1e-12)


def test_gravity_comes_from_the_provenance_or_the_config():
    t = build(move=(0, 0, 1.0))
    assert describe(t).ground is None
    known = t.replace(provenance=Provenance(evidence={"gravity": {"pitch_deg": -20.0, "roll_deg": 0.0}}))
    assert known_gravity(known) == Gravity(pitch_deg=-20.0)
    assert describe(known).ground.pitch_deg == -20.0
    assert describe(known, DescribeConfig(pitch_deg=10.0)).ground.pitch_deg == 10.0


def test_a_gravity_that_makes_no_sense_is_refused():
    with pytest.raises(CinetrajError, match=r"pitch_deg is 120.0, expected degrees within -90..90"):
        Gravity(pitch_deg=120.0)
    broken = build().replace(provenance=Provenance(evidence={"gravity": {"pitch_deg": "level"}}))
    with pytest.raises(CinetrajError, match="pitch_deg"):
        describe(broken)


def test_a_compound_lasts_as_long_as_the_moves_that_it_is_made_of():
    """A dolly zoom of two seconds and a pan after it were told as simultaneous, over the whole clip."""
    done = np.clip(np.linspace(0, 3, 181)[:, None] - [0, 1.5], 0, 1)
    t = build(frames=181, duration_s=6.0)
    poses, k = t.world_from_cam.copy(), t.intrinsics_px.copy()
    poses[:, 2, 3] = 0.5 * done[:, 0]
    poses[:, :3, :3] = Rotation.from_euler("Y", 40 * done[:, 1:], degrees=True).as_matrix()
    k[:, :2, :2] *= np.exp(-np.log(2) * done[:, :1, None])
    found = describe(t.replace(world_from_cam=poses, intrinsics_px=k)).captions
    assert "moves in a dolly zoom, forward while zooming out, then pans right about 40°" in found.medium
    assert "From 0.0 to 2.0 s it moves in a dolly zoom" in found.long


@pytest.mark.parametrize("rest_s", [0.0, 1.0])
@pytest.mark.parametrize("second", [(1, 0, 0), (0, 0, 1), (0, 0, -1)])
@pytest.mark.parametrize("rise_first", [True, False])
def test_a_rise_and_another_way_after_it_are_no_crane(rest_s, second, rise_first):
    """A circle passes near the corner of two straight ways."""
    ways = np.array([(0.0, -1.0, 0.0), second])[:: 1 if rise_first else -1]
    t = build(frames=121, duration_s=4.0 + rest_s)
    done = np.clip(t.time_s[:, None] / 2 - [0, 1 + rest_s / 2], 0, 1)
    poses = t.world_from_cam.copy()
    poses[:, :3, 3] = 0.4 * done @ ways
    found = describe(t.replace(world_from_cam=poses))
    assert found.compound.crane is None
    assert "moves up" in found.sentence


def test_a_compound_of_a_move_that_is_near_its_threshold_is_told_with_possibly():
    """A rise that is told as such with possibly, and left out of the prompt, was a sure crane."""
    angle = np.radians(60) * np.linspace(0, 1, 60)
    t = build(frames=60)
    poses = t.world_from_cam.copy()
    poses[:, 1, 3], poses[:, 2, 3] = -0.06 * np.sin(angle), 0.06 * (1 - np.cos(angle))
    risen = t.replace(world_from_cam=poses)
    assert describe(risen).captions.prompt.startswith("The camera slowly cranes up")
    spread = np.tile(np.diag([2e-2**2] * 3 + [1e-6] * 3), (60, 1, 1))
    found = describe(risen.replace(pose_covariance=spread))
    assert "Move_Up" in found.doubted
    assert found.captions.short == "Possibly cranes up."
    assert found.captions.prompt is None


def facing(places, subject):
    """A level camera at each place, which looks at its subject."""
    z = np.asarray(subject, float) - places
    z /= np.linalg.norm(z, axis=1)[:, None]
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x, axis=1)[:, None]
    t = build(frames=len(places), duration_s=8.0)
    poses = t.world_from_cam.copy()
    poses[:, :3, :3], poses[:, :3, 3] = np.stack([x, np.cross(z, x), z], axis=2), places
    return t.replace(world_from_cam=poses, scene_depth=np.full(len(places), 1.0))


@pytest.mark.parametrize("swept_deg", [90.0, 180.0, -360.0])
@pytest.mark.parametrize(("end", "way"), [(0.4, "inward"), (2.5, "outward"), (1.2, None)])
def test_a_spiral_is_an_arc(swept_deg, end, way):
    """Who circled a subject and came nearer was told to pan and to move aside."""
    angle, radius = np.radians(np.linspace(0, swept_deg, 240)), np.linspace(1, end, 240)
    found = describe(facing(np.stack([radius * np.sin(angle), 0 * angle, -radius * np.cos(angle)], axis=1), (0, 0, 0)))
    assert found.compound.arc.direction == ("right" if swept_deg > 0 else "left")
    assert found.compound.arc.spiral == way
    curve = f"spiral {way}" if way else "circle"
    assert f"{abs(swept_deg):.0f}° of a {curve}" in found.sentence


@pytest.mark.parametrize(("start", "end", "aside"), [(-2.0, 2.0, 2.0), (-2.0, 2.0, 0.5), (-4.0, -1.0, 1.0)])
def test_a_straight_way_past_a_subject_is_no_arc(start, end, aside):
    way = np.linspace(start, end, 240)
    found = describe(facing(np.stack([0 * way, 0 * way, way], axis=1), (aside, 0, 0)))
    assert found.compound.arc is None
    assert "pan" in found.sentence
