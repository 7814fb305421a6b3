"""Keys of camera steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trajectory.actions import code_of, labels, spelled, steps_between, worldplay_codes
from trajectory.errors import CinetrajError

codes = st.tuples(*[st.integers(-1, 1)] * 4)


@given(codes)
def test_a_code_is_spelt_and_read_back(code: tuple[int, int, int, int]) -> None:
    assert code_of(spelled(code)) == code


def test_words_of_several_tools() -> None:
    assert code_of("forward+cam_left") == code_of("w, look_left") == code_of("W+←") == (1, 0, -1, 0)
    assert code_of("none") == code_of("no_op") == (0, 0, 0, 0)
    assert spelled((0, 0, 0, 0)) == "none"
    with pytest.raises(CinetrajError, match="action 'jump' is not known, expected of S W A D left right down up"):
        code_of("W+jump")
    with pytest.raises(CinetrajError, match="two keys for one axis"):
        code_of("W+S")


def test_labels_are_81_and_all_different() -> None:
    every = np.array([(a, b, c, d) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1) for d in (-1, 0, 1)])
    assert sorted(labels(every).tolist()) == list(range(81))
    assert labels(np.array([[1, 0, 0, 0], [0, 0, 1, 0], [1, -1, -1, 1]])).tolist() == [9, 1, 6 * 9 + 7]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_codes_do_not_depend_on_the_world(seed: int) -> None:
    random = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (6, 1, 1))
    poses[:, :3, :3] = Rotation.from_rotvec(random.normal(size=(6, 3)) * 0.1).as_matrix()
    poses[:, :3, 3] = random.normal(size=(6, 3))
    world = np.eye(4)
    world[:3, :3] = Rotation.random(random_state=seed % 1000).as_matrix()
    world[:3, 3] = random.normal(size=3)
    before, after = (worldplay_codes(x, move=0.1, turn_deg=0.2) for x in (poses, world @ poses))
    np.testing.assert_array_equal(before, after)
    shift, turn = steps_between(poses)
    np.testing.assert_allclose(poses[:-1, :3, :3] @ turn, poses[1:, :3, :3], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(shift, axis=1), np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1))


def test_a_step_up_is_no_key_and_45_degrees_are_two() -> None:
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[1:, 1, 3] = -1.0
    poses[2, [0, 2], 3] = 1.0
    assert worldplay_codes(poses, move=0.1, turn_deg=0.2).tolist() == [[0, 0, 0, 0], [1, 1, 0, 0]]
