"""What WBench expects of a turn."""

import numpy as np
import pytest
from paths import path

from compare.expected_turns import CANONICAL, expected_turn, is_translation, total_turn_deg

N = 11


def turn(rotvec: tuple = (0, 0, 0), move: tuple = (0, 0, 0)) -> np.ndarray:
    u = np.linspace(0, 1, N)[:, None]
    return np.array(path(u * np.array(move, float), u * np.array(rotvec, float)).world_from_cam)


def test_keys_are_sorted_as_the_script_sorts_them() -> None:
    assert CANONICAL[1, 0, 1, 0] == "W+right"
    assert CANONICAL[1, 1, 0, 0] == "D+W"
    assert CANONICAL[0, -1, -1, 0] == "A+left"
    assert len(set(CANONICAL.values())) == 81


@pytest.mark.parametrize(
    ("action", "yes"), [("W", True), ("D", True), ("left", False), ("W+left", False), ("A+W", False)]
)
def test_translations(action: str, yes: bool) -> None:
    assert is_translation(action) is yes


def test_a_line_is_as_long_as_the_estimate_went_whatever_its_direction() -> None:
    found = expected_turn(turn(move=(0, 0, -3.0)), "D", np.eye(3), "first_person")
    np.testing.assert_allclose(found[-1, :3, 3], [3, 0, 0])
    short = expected_turn(turn(move=(0.05, 0, 0)), "W", np.eye(3), "first_person")
    np.testing.assert_allclose(short[-1, :3, 3], [0, 0, 1])


@pytest.mark.parametrize(("action", "axis"), [("right", [0, 1, 0]), ("up", [1, 0, 0])])
def test_a_turn_is_as_far_as_the_estimate_turned_and_30_degrees_at_least(action: str, axis: list) -> None:
    for own, expected in ((60, 60), (10, 30), (1, 30)):
        found = expected_turn(turn(np.radians(own) * np.array(axis)), action, np.eye(3), "first_person")
        assert total_turn_deg(found) == pytest.approx(expected)
        np.testing.assert_allclose(found[-1, :3, :3] @ axis, axis, atol=1e-12)


def test_a_camera_that_follows_somebody_circles_them() -> None:
    found = expected_turn(turn(np.radians(60) * np.array([0, 1, 0]), (2.0, 0, 0)), "right", np.eye(3), "third_person")
    chord = np.linalg.norm(found[-1, :3, 3] - found[0, :3, 3])
    middle = [m[:3, 3] + chord * m[:3, 2] for m in found]  # at 60° the radius is the chord
    np.testing.assert_allclose(middle, np.tile(middle[0], (N, 1)), atol=1e-9)
    reach = [np.linalg.norm(x[:, :3, 3] - x[0, :3, 3], axis=1).mean() for x in (found, turn(move=(2.0, 0, 0)))]
    assert reach[0] == pytest.approx(reach[1])


def test_what_its_table_does_not_hold_stands_still() -> None:
    np.testing.assert_array_equal(
        expected_turn(turn(), "D+W", np.eye(3), "first_person"), np.tile(np.eye(4), (N, 1, 1))
    )
