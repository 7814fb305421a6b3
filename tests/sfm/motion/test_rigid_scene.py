"""What belongs to the rigid scene when a free depth explains everything."""

from dataclasses import replace

import numpy as np
import pytest
from test_selection import at_depths, candidates, shares

from sfm.geometry.robust import weighted_quantiles
from sfm.motion.consensus import ranked
from sfm.motion.rigid_scene import rigid_scene

FAR = 0.01


def scene(near: np.ndarray, background: int = 100) -> np.ndarray:
    """Which of the near things count, before a background that stands still."""
    nearness = np.concatenate([np.full(background, FAR), near])
    weight = np.full(len(nearness), 1 / len(nearness))
    still = np.arange(len(nearness)) < background
    found = rigid_scene(nearness, weight, np.ones(len(nearness), bool), still)
    assert found[:background].all()
    return found[background:]


def test_a_vehicle_is_not_part_of_the_scene_and_a_meadow_is():
    rng = np.random.default_rng(0)
    vehicle, meadow = rng.uniform(0.95, 1.05, 80), rng.uniform(0.1, 1.5, 80)
    assert not scene(vehicle).any()
    assert scene(meadow).all()
    assert scene(np.concatenate([vehicle[:30], meadow])).all()  # a vehicle on it does not hide it


def test_two_walkers_at_two_depths_are_still_walkers():
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.uniform(0.97, 1.03, 50), rng.uniform(1.9, 2.1, 40)])
    assert not scene(two).any()


def test_what_is_as_far_as_the_background_counts_whatever_its_spread():
    assert scene(np.full(60, 3.0 * FAR)).all()


def test_without_a_background_all_that_agrees_counts():
    assert scene(np.full(400, 1.0), background=90).all()


@pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0])
def test_the_unit_of_depth_does_not_matter(scale: float):
    rng = np.random.default_rng(1)
    near = scale * np.concatenate([np.full(100, FAR), rng.uniform(0.02, 1.5, 200)])
    weight = rng.uniform(0.5, 1.5, 300) / 300
    still = np.arange(300) < 100
    expected = rigid_scene(near / scale, weight, np.ones(300, bool), still)
    assert (rigid_scene(near, weight, np.ones(300, bool), still) == expected).all()


def test_weighted_quantiles():
    values, weight = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 8.0])
    assert list(weighted_quantiles(values, weight, (0.05, 0.5, 0.95))) == [1.0, 2.0, 3.0]


def test_following_a_vehicle_loses_against_the_meadow_though_more_content_agrees():
    """Two full motions over one still background: one explains a vehicle, the other a meadow of fewer tracks."""
    made = {r.model.name: r for r in candidates(shares(0.4, 0.4, 0.4, 0.8, 0.8), relief=0.0)}
    rng = np.random.default_rng(2)
    background, tail = np.full(80, FAR), np.ones(40)
    follows = at_depths([made["full"]], np.concatenate([background, rng.uniform(0.98, 1.02, 80), tail]))[0]
    residual = np.full((200, 6), 6.0)
    residual[:80] = residual[140:] = 0.1  # the background and 60 tracks more
    depths = np.concatenate([background, tail, tail[:20], rng.uniform(0.1, 1.5, 60)])
    meadow = replace(at_depths([made["full"]], depths)[0], residual_px=residual)
    turned = [made["static"]]
    assert ranked([follows, meadow], 1.0)[0] is follows
    assert ranked([follows, meadow], 1.0, turned)[0] is meadow
