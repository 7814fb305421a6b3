"""Several trials per clip, merged as CamI2V does."""

import numpy as np
import pytest
from paths import one, smooth

from compare.scoring import score, score_trials
from compare.trials import kept_trials


def test_trials_are_merged_and_outliers_beyond_sigma_dropped() -> None:
    random = np.random.default_rng(0)
    table = 1 + 0.01 * random.normal(size=(5, 3))
    assert kept_trials(table, 10.0).all()
    table[2, 1] = 5.0
    np.testing.assert_array_equal(kept_trials(table, 10.0), [True, True, False, True, True])
    assert kept_trials(table, None).all()
    assert kept_trials(np.ones((5, 3)), 10.0).all()
    assert kept_trials(table[:2], 10.0).all()


def test_a_clip_fails_only_if_every_trial_failed() -> None:
    a, blank = smooth(1), smooth(1).replace(valid=np.zeros(40, dtype=bool))
    trials = [{"x": smooth(2), "y": blank}, {"x": blank, "y": blank}, {"x": smooth(3), "y": blank}]
    result = score_trials({"x": a, "y": a}, trials).to_json()
    expected = [one(a, smooth(i), "cami2v-rel")["RotErr"] for i in (2, 3)]
    assert result["clips"]["x"]["RotErr"] == pytest.approx(np.mean(expected))
    assert result["clips"]["y"]["failed"] == "generated: no frame has a pose"
    assert result["coverage"] == {"ok": 1, "all": 2}
    assert any("2 of 3 trials counted: 1 failed" in note for note in result["protocol"]["notes"])


def test_a_mean_over_trials_has_no_interval_of_a_single_one() -> None:
    unsure = [smooth(seed, pose_covariance=np.tile(1e-4 * np.eye(6), (40, 1, 1))) for seed in (1, 2, 3)]
    single = score({"x": unsure[0]}, {"x": unsure[1]}).to_json()["rows"]["x"]
    assert "RotErr" in single["intervals"]
    found = score_trials({"x": unsure[0]}, [{"x": trial} for trial in unsure[1:]], protocol="strict").to_json()
    assert found["rows"]["x"]["intervals"] == {}
