"""PitchErr, RollErr and FovErr are absolute."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import elsewhere, one, path
from scipy.spatial.transform import Rotation

from compare.metrics.attitude import field_of_view_deg
from trajectory.gravity import attitude_deg
from trajectory.model import Provenance, Trajectory

angles = st.floats(-80, 80)


def held(pitch_deg: float, roll_deg: float, *, turn: tuple = (0, 0, 0), focal: float = 500.0) -> Trajectory:
    """A camera that starts with this attitude and turns by euler angles YXZ, from first to last frame."""
    u = np.linspace(0, 1, 9)[:, None]
    level = Rotation.from_euler("XZ", (pitch_deg, roll_deg), degrees=True)
    rotation = level.inv() * Rotation.from_euler("YXZ", u * np.array(turn), degrees=True) * level
    k = np.tile(np.array([[focal, 0, 320], [0, focal, 180], [0, 0, 1]]), (9, 1, 1))
    evidence = {"gravity": {"pitch_deg": pitch_deg, "roll_deg": roll_deg}}
    return path(
        0 * u * [1, 1, 1],
        rotation.as_rotvec(),
        image_hw=(360, 640),
        intrinsics_px=k,
        provenance=Provenance(evidence=evidence),
    )


@given(angles, st.floats(-170, 170), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_the_attitude_of_the_first_frame_is_the_one_that_was_told(pitch: float, roll: float, seed: int) -> None:
    clip = elsewhere(held(pitch, roll), seed)
    found = attitude_deg(clip, np.array(clip.world_from_cam))
    assert found is not None
    assert found[0] == pytest.approx(pitch, abs=1e-9)
    assert found[1] == pytest.approx(roll, abs=1e-9)


def test_a_pan_about_the_vertical_changes_neither() -> None:
    clip = held(20, 5, turn=(90, 0, 0))
    found = attitude_deg(clip, np.array(clip.world_from_cam))
    assert found is not None
    assert found[0] == pytest.approx(20)
    assert found[1] == pytest.approx(5)


def test_equal_moves_from_unlike_attitudes_are_told_apart_here_alone() -> None:
    a, b = held(10, 0, turn=(30, 0, 0)), elsewhere(held(-20, 7, turn=(30, 0, 0), focal=320.0), 3)
    found = one(a, b, "attitude")
    assert found["PitchErr"] == pytest.approx(30)
    assert found["RollErr"] == pytest.approx(7)
    assert found["FovErr"] == pytest.approx(90 - 2 * np.degrees(np.arctan(320 / 500)))


def test_rolls_meet_behind_half_a_turn() -> None:
    assert one(held(0, 179), held(0, -179), "attitude")["RollErr"] == pytest.approx(2)


def test_what_is_not_known_is_said() -> None:
    known = held(0, 0)
    blind = known.replace(provenance=None, intrinsics_px=None)
    found = one(known, blind, "attitude")
    assert "generated clip does not tell which way is down" in found["PitchErr"]["undefined"]
    assert "the generated clip has no focal length" in found["FovErr"]["undefined"]
    assert field_of_view_deg(blind, blind.time_s) is None


def test_errors_are_those_of_the_definition_frame_by_frame() -> None:
    """By loops over frames that share no code with ours: where gravity points in each camera, and its angles."""
    a, b = held(12, -8, turn=(25, 14, 31)), elsewhere(held(-17, 33, turn=(-40, 9, -12), focal=410.0), 5)
    angles: list[list[tuple[float, float]]] = []
    for clip, pitch, roll in ((a, 12, -8), (b, -17, 33)):
        p, r = math.radians(pitch), math.radians(roll)
        seen_first = [math.cos(p) * math.sin(r), math.cos(p) * math.cos(r), -math.sin(p)]
        first = clip.world_from_cam[0]
        down = [sum(first[i][k] * seen_first[k] for k in range(3)) for i in range(3)]
        rows: list[tuple[float, float]] = []
        for pose in clip.world_from_cam:
            right, below, ahead = (sum(pose[i][k] * down[i] for i in range(3)) for k in range(3))
            rows.append((math.degrees(math.asin(-ahead)), math.degrees(math.atan2(right, below))))
        angles.append(rows)
    found = one(a, b, "attitude", time="index")
    for axis, name in enumerate(("PitchErr", "RollErr")):
        expected = sum(abs(y[axis] - x[axis]) for x, y in zip(*angles, strict=True)) / len(a)
        assert found[name] == pytest.approx(expected, abs=1e-9)
    assert found["FovErr"] == pytest.approx(2 * math.degrees(math.atan(320 / 410) - math.atan(320 / 500)), abs=1e-9)
