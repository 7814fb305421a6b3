"""Laws that several metrics keep."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import smooth

from compare import metrics, protocols
from compare.scoring import score

seeds = st.integers(0, 2**32 - 1)


def poses(seed: int, n: int = 12) -> np.ndarray:
    return np.array(smooth(seed, n).world_from_cam)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_errors_are_symmetric_zero_on_identity_and_bounded_by_their_worst(seed: int) -> None:
    a, b = poses(seed), poses(seed + 1)
    for x in (a, b):
        x[:, :3, 3] /= max(1.0, np.linalg.norm(x[:, :3, 3], axis=1).max())
    every = np.ones(len(a), dtype=bool)
    for metric in (metrics.rot_err, metrics.trans_err, metrics.cam_mc):
        assert metric(a, a, every).value == 0
        there, back = metric(a, b, every), metric(b, a, every)
        assert there.value == pytest.approx(back.value, rel=1e-12)
        assert there.per_frame is not None
        assert (there.per_frame <= there.worst + 1e-12).all()


def test_points_without_a_pose_are_charged_at_the_worst_and_only_then() -> None:
    a, b = poses(1), poses(2)
    scored = np.ones(len(a), dtype=bool)
    scored[:3] = False
    score = metrics.rot_err(a, b, scored)
    charged = metrics.charge(score, ~scored, "mean")
    assert score.coverage == pytest.approx(9 / 12)
    assert charged.value == pytest.approx((9 * score.value + 3 * 180) / 12)
    assert metrics.charge(score, np.zeros(12, dtype=bool), "mean") is score


def test_no_common_pose_is_undefined_and_never_nan() -> None:
    a = poses(1)
    none = np.zeros(len(a), dtype=bool)
    for metric in (metrics.rot_err, metrics.trans_err, metrics.cam_mc, metrics.direction_err):
        score = metric(a, a, none)
        assert score.value is None
        assert score.undefined


@pytest.mark.parametrize("name", ["RotErr", "TransErr", "CamMC"])
def test_a_sum_is_the_mean_times_the_samples(name: str) -> None:
    protocol = replace(protocols.get("strict"), name="sums", metrics=(name, f"{name}_sum"), aggregation="mean")
    found = next(iter(score(smooth(1, 12), smooth(2, 12), protocol=protocol).clips.values())).scores
    mean, total = found[name], found[f"{name}_sum"]
    assert mean.value is not None
    assert mean.per_frame is not None
    assert total.value == pytest.approx(mean.value * len(mean.per_frame))
    assert total.unit == f"{mean.unit} (sum)"
