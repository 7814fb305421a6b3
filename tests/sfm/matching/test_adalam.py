"""Matches that neighbours support."""

import numpy as np
import pytest
from random_features import ONE, features

from sfm.config import MatchConfig
from sfm.matching import Setting
from sfm.matching.match import match
from trajectory.errors import CinetrajError


def test_adalam_repeats_itself_and_leaves_the_global_generator_alone() -> None:
    import torch

    first = features(0, 300, dim=64)
    second = features(1, 300, near=first, noise=0.2, dim=64)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    once = match([first, second], ONE, MatchConfig(method="adalam"), Setting(seed=1))[0]
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    assert np.array_equal(once, match([first, second], ONE, MatchConfig(method="adalam"), Setting(seed=1))[0])
    assert len(set(once[:, 0])) == len(set(once[:, 1])) == len(once)


def test_adalam_beyond_the_budget_is_refused() -> None:
    first = features(0, 400)
    with pytest.raises(CinetrajError, match="budget_mb is 1"):
        match([first, first], ONE, MatchConfig(method="adalam", budget_mb=1))
