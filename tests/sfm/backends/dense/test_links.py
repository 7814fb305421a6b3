"""Which keyframes hang together, on tables of residuals written by hand."""

import numpy as np
import torch

from sfm.backends.dense.keyframes import neighbours
from sfm.backends.dense.links import between_others, bridges, groups, hidden_between, largest

PATCHES = 20


def targets(count: int, reach: int = 2) -> np.ndarray:
    return neighbours(count, reach, torch.device("cpu")).numpy()


def residuals(target: np.ndarray, scene: list[int], agreeing: int = 10) -> np.ndarray:
    """Patches agree where both keyframes show the same scene; elsewhere nothing testifies, or is far away."""
    found = np.full((*target.shape, PATCHES), 9.0)
    found[..., -3:] = np.nan
    same = np.array(scene)[target] == np.array(scene)[:, None]
    found[same, :agreeing] = 0.1
    return found


def hangs(scene: list[int], reach: int = 2, fewest: int = 10) -> list[bool]:
    target = targets(len(scene), reach)
    return largest(groups(residuals(target, scene), target, limit_px=1.0, fewest=fewest)).tolist()


def test_one_scene_hangs_together():
    assert hangs([0, 0, 0, 0, 0]) == [True] * 5


def test_the_larger_group_stays():
    assert hangs([0, 0, 0, 1, 1]) == [True] * 3 + [False] * 2
    assert hangs([0, 0, 1, 1, 1]) == [False] * 2 + [True] * 3


def test_of_two_equal_groups_the_first_stays():
    assert hangs([0, 0, 1, 1]) == [True, True, False, False]


def test_a_stranger_between_does_not_tear_where_others_are_compared_over_it():
    assert hangs([0, 0, 1, 0, 0], reach=2) == [True, True, False, True, True]
    assert sum(hangs([0, 0, 1, 0, 0], reach=1)) == 2


def test_too_few_agreeing_patches_are_no_link():
    assert sum(hangs([0, 0, 0], fewest=11)) == 1


def test_what_agrees_by_chance_is_no_link():
    """Of a thousand patches eight hundred link neighbours; twenty-nine agree where nothing is in common."""
    target = targets(6, 1)
    side = np.array([0, 0, 0, 1, 1, 1])
    found = np.full((*target.shape, 1000), np.nan)
    same = side[target] == side[:, None]
    found[same, :800] = 0.1
    found[~same, :29] = 0.1
    found[~same, 29:60] = 9.0
    assert largest(groups(found, target, limit_px=1.0, fewest=10)).tolist() == [True] * 3 + [False] * 3
    found[~same, :31] = 0.1
    assert largest(groups(found, target, limit_px=1.0, fewest=10)).all()
    found[same, 90:800] = np.nan
    found[~same, 12:31] = 9.0
    assert largest(groups(found, target, limit_px=1.0, fewest=10)).all(), "where few are usual, few are enough"


def test_a_link_in_one_direction_is_enough():
    target = targets(2, 1)
    found = residuals(target, [0, 0])
    found[1] = np.nan
    assert largest(groups(found, target, limit_px=1.0, fewest=10)).all()


def test_idle_slots_link_nothing():
    """The slots of the first and the last keyframe that lead nowhere name themselves, and not keyframe 0."""
    target = targets(3, 1)
    assert target[0, 1] == 0
    assert target[2, 0] == 2
    found = np.full((*target.shape, PATCHES), 9.0)
    found[0, 1] = found[2, 0] = 0.0
    assert sum(largest(groups(found, target, limit_px=1.0, fewest=1))) == 1


def strangers(scene: list[int], reach: int = 2) -> list[int]:
    target = targets(len(scene), reach)
    weight = (residuals(target, scene) < 1.0).astype(float)
    return np.flatnonzero(between_others(weight, target, least=0.3, fewest=10.0)).tolist()


def test_keyframes_of_something_else_are_found():
    assert strangers([0, 0, 0, 0]) == []
    assert strangers([0, 0, 1, 0, 0]) == [2]
    assert strangers([0, 0, 1, 2, 0, 0]) == [2, 3]


def test_a_second_scene_is_no_stranger_and_the_ends_tear_nothing():
    assert strangers([0, 0, 0, 1, 1, 1]) == []
    assert strangers([1, 0, 0, 0, 2]) == []
    assert strangers([0, 1]) == []


def test_idle_slots_speak_for_no_keyframe():
    target = targets(4, 3)
    weight = (target == np.arange(4)[:, None])[..., None] * np.ones(PATCHES)
    assert np.flatnonzero(between_others(weight, target, least=0.3, fewest=10.0)).tolist() == [1, 2]


def bridged(group: list[int], shared: dict[tuple[int, int], int]) -> list[tuple[int, int]]:
    asked: list[tuple[int, int]] = []

    def seen_by_both(before: int, after: int) -> int:
        asked.append((before, after))
        return shared.get((before, after), 0)

    found = bridges(np.array(group), seen_by_both, 10)
    assert all(before < after and group[before] != group[after] for before, after in asked)
    return found


def test_a_bridge_leads_between_the_nearest_keyframes_that_see_the_same():
    assert bridged([0, 0, 0, 1, 2, 3, 3], {(2, 5): 90, (1, 5): 100, (2, 6): 95}) == [(2, 5)]


def test_half_covered_keyframes_beside_the_gap_are_passed_over():
    assert bridged([0, 0, 0, 1, 2, 2, 2], {(2, 4): 20, (1, 4): 90, (0, 5): 100, (0, 4): 95}) == [(1, 4)]


def test_a_group_of_what_covers_is_passed_over():
    assert bridged([0, 0, 1, 1, 2, 2], {(1, 2): 50, (1, 4): 90}) == [(1, 4)]


def test_one_bridge_after_the_other():
    assert bridged([0, 0, 1, 2, 2, 3, 4, 4], {(1, 3): 50, (4, 6): 50}) == [(1, 3), (4, 6)]


def test_there_is_no_bridge_at_a_cut_nor_in_one_group_nor_to_a_keyframe_that_is_alone():
    assert bridged([0, 0, 1, 1], {(1, 2): 9}) == []
    assert bridged([0, 0, 0], {(0, 1): 90}) == []
    assert bridged([0, 0, 1, 2], {(1, 3): 90}) == []


def test_covered_is_what_hangs_with_neither_side():
    assert hidden_between(np.array([0, 0, 0, 1, 2, 3, 3, 3]), (1, 6)).tolist() == [3, 4]
