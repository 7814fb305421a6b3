"""Depth, movement and points: checked at the door, and carried from one world to another."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sfm.structure import PointTracks, Structure, colours_at
from trajectory.errors import CinetrajError

N, HW, CELL = 4, (20, 30), 8


def structure(**changes: object) -> Structure:
    values = {
        "image_hw": HW,
        "cell_px": CELL,
        "depth": np.full((N, 2, 3), 2.0, np.float32),
        "moving": np.ones((N, 2, 3), bool),
        "points": np.arange(15.0).reshape(5, 3),
        "colour": np.full((5, 3), 7, np.uint8),
        "tracks": PointTracks(point=np.array([0, 4, 4]), frame=np.array([1, 1, 3]), xy_px=np.ones((3, 2), np.float32)),
    }
    return Structure(**{**values, **changes})  # pyright: ignore[reportArgumentType]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), unit=st.floats(0.1, 10.0))
def test_points_in_another_world_are_seen_as_before(seed: int, unit: float) -> None:
    before = structure()
    world_from_own = np.eye(4)
    world_from_own[:3, :3] = Rotation.random(random_state=seed).as_matrix()
    world_from_own[:3, 3] = np.random.default_rng(seed).normal(size=3)
    after = before.in_gauge(world_from_own, unit, np.ones(N, bool))
    assert before.points is not None
    assert after.points is not None
    assert after.depth is not None
    there, here = (np.linalg.norm(np.diff(each, axis=0), axis=1) for each in (after.points, before.points))
    np.testing.assert_allclose(there * unit, here)
    np.testing.assert_allclose(after.depth * unit, 2.0, rtol=1e-6)


def test_frames_without_a_pose_say_nothing() -> None:
    known = structure(depth_sigma_log=np.full((N, 2, 3), 0.1, np.float32))
    found = known.in_gauge(np.eye(4), 2.0, np.array([True, False, True, True]))
    assert found.depth is not None
    assert found.depth_sigma_log is not None
    assert np.isnan(found.depth_sigma_log[1]).all()
    np.testing.assert_array_equal(found.depth_sigma_log[0], known.depth_sigma_log[0])  # a share has no unit
    assert found.moving is not None
    assert found.tracks is not None
    assert np.isnan(found.depth[1]).all()
    assert not found.moving[1].any()
    assert found.moving[0].all()
    assert found.tracks.frame.tolist() == [3]


def test_arrays_are_copied_and_locked() -> None:
    depth = np.ones((N, 2, 3), np.float32)
    found = structure(depth=depth)
    depth[:] = 5.0
    assert found.depth is not None
    assert (found.depth == 1.0).all()
    assert not pickle.loads(pickle.dumps(found)).depth.flags.writeable


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"depth": None, "moving": np.ones((N, 2, 4), bool)}, "expected (4, 2, 3)"),
        ({"depth": np.zeros((N, 2, 3), np.float32)}, "not positive"),
        ({"depth": np.full((N, 2, 3), np.inf, np.float32)}, "not positive"),
        ({"depth_sigma_log": np.full((N, 2, 3), -0.1, np.float32)}, "from 0 up"),
        ({"depth_sigma_log": np.full((N, 2, 3), np.inf, np.float32)}, "from 0 up"),
        ({"depth_sigma_log": np.full((N, 2, 3), np.nan, np.float32)}, "where depth is known"),
        ({"depth": None, "depth_sigma_log": np.full((N, 2, 3), 0.1, np.float32)}, "where depth is known"),
        ({"cell_px": 0}, "cell_px is 0"),
        ({"depth": None, "moving": None}, "cell_px is 8"),
        ({"points": np.full((5, 3), np.nan)}, "not finite"),
        ({"colour": None}, "come together"),
        ({"points": None, "colour": None}, "come together"),
        ({"points": np.zeros((3, 3)), "colour": np.zeros((3, 3), np.uint8)}, "name point 4, but there are 3"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(CinetrajError) as caught:
        structure(**changes)
    assert words in str(caught.value)


def test_sightings_are_checked() -> None:
    one = np.array([0])
    with pytest.raises(CinetrajError, match="not finite"):
        PointTracks(point=one, frame=one, xy_px=np.full((1, 2), np.nan, np.float32))


def test_colours_are_those_of_the_nearest_pixels() -> None:
    rgb = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    found = colours_at(rgb, np.array([1, 0]), np.array([[2.4, 0.6], [-3.0, 99.0]]))
    np.testing.assert_array_equal(found, [rgb[1, 1, 2], rgb[0, 3, 0]])
