"""AUC, Racc and Tacc: the published loops to 1e-9, and what the guard changes."""

import numpy as np
import published_forms
import pytest
from paths import elsewhere, one, path, smooth

from compare.metrics.pairwise import area_under_curve
from trajectory.frames import time_reversed
from trajectory.model import Trajectory


def near(seed: int, by: float) -> tuple[Trajectory, Trajectory]:
    """Two paths that differ by some degrees."""
    a, c = smooth(seed, 14), smooth(seed + 50, 14)
    mixed = path(
        (1 - by) * np.array(a.positions) + by * np.array(c.positions), by * np.linspace(0, 1, 14)[:, None] * [1, 1, 0]
    )
    poses = np.array(mixed.world_from_cam)
    poses[:, :3, :3] = a.rotations @ mixed.rotations
    return a, mixed.replace(world_from_cam=poses)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("by", [0.05, 0.3])
def test_the_published_form(seed: int, by: float) -> None:
    a, b = near(seed, by)
    expected = published_forms.auc(a.world_from_cam, b.world_from_cam)
    assert one(a, elsewhere(b, seed), "auc-published") == {
        name: pytest.approx(value, abs=1e-9) for name, value in expected.items()
    }
    assert 0 < expected["AUC@30"] < 1


def test_the_guard_changes_nothing_where_both_travel_far_between_all_frames() -> None:
    u = np.linspace(0, 1, 8)[:, None]
    a, b = path(u * [1.0, 0, 0], u * [0, 0.1, 0]), path(u * [1.0, 0.1, 0], u * [0, 0.2, 0])
    assert one(a, b, "auc") == one(a, b, "auc-published")


def test_noise_on_a_tripod_has_no_direction() -> None:
    still = np.zeros((30, 3))
    a, b = (path(1e-4 * np.random.default_rng(seed).normal(size=(30, 3)), still) for seed in (0, 1))
    published, guarded = one(a, b, "auc-published"), one(a, b, "auc")
    assert published["AUC@30"] < 0.2
    assert guarded["AUC@30"] == 1
    assert "neither camera travels" in guarded["Tacc@30"]["undefined"]


def test_travel_that_is_invented_or_missing_is_an_error() -> None:
    u = np.linspace(0, 1, 20)[:, None]
    still, moving = path(0 * u * [1, 1, 1], u * [0, 0.3, 0]), path(u * [1.0, 0, 0], u * [0, 0.3, 0])
    for a, b in ((still, moving), (moving, still)):
        found = one(a, b, "auc")
        assert found["Tacc@30"] == 0
        assert found["Racc@3"] == 1
        assert found["AUC@30"] < 0.1


def test_without_signs_the_way_back_is_the_way() -> None:
    u = np.linspace(0, 1, 20)[:, None]
    ahead = path(u * [0, 0, 1.0], 0 * u * [1, 1, 1])
    assert one(ahead, time_reversed(ahead), "auc")["AUC@3"] == 1


def test_what_is_not_delivered_is_the_worst() -> None:
    from compare.scoring import score

    clips = {"x": smooth(1), "y": smooth(2)}
    result = score(clips, {"x": smooth(1)}, protocol="auc").to_json()
    assert result["summary"]["AUC@30"] == pytest.approx(0.5)


def test_the_curve() -> None:
    assert area_under_curve(np.array([0.5, 1.5, 2.5, 99.0]), 3) == pytest.approx((1 + 2 + 3) / 4 / 3)
