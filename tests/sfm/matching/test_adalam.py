"""Matches that neighbours support."""

import numpy as np
import pytest

from sfm.config import MatchConfig
from sfm.features.extract import Features
from sfm.matching.match import match
from trajectory.errors import CinetrajError

ONE = np.array([[0, 1]])


def features(seed: int, count: int, *, near: Features | None = None, noise: float = 0.0, dim: int = 16) -> Features:
    """Random unit descriptors, the first ones near those of another frame."""
    generator = np.random.default_rng(seed)
    descriptors = generator.standard_normal((count, dim)).astype(np.float32)
    xy = (generator.random((count, 2)) * 300).astype(np.float32)
    if near is not None:
        same = min(count, len(near))
        descriptors[:same] = near.descriptors[:same] + noise * descriptors[:same]
        xy[:same] = near.xy_px[:same] + np.array([12, 5], np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    return Features(
        xy_px=xy,
        strength=np.ones(count, np.float32),
        descriptors=descriptors,
        scale_px=np.full(count, 4.0, np.float32),
        angle_deg=np.zeros(count, np.float32),
    )


def test_adalam_repeats_itself_and_leaves_the_global_generator_alone() -> None:
    import torch

    first = features(0, 300, dim=64)
    second = features(1, 300, near=first, noise=0.2, dim=64)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    once = match([first, second], ONE, MatchConfig(method="adalam"), seed=1)[0]
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    assert np.array_equal(once, match([first, second], ONE, MatchConfig(method="adalam"), seed=1)[0])
    assert len(set(once[:, 0])) == len(set(once[:, 1])) == len(once)


def test_adalam_beyond_the_budget_is_refused() -> None:
    first = features(0, 400)
    with pytest.raises(CinetrajError, match="budget_mb is 1"):
        match([first, first], ONE, MatchConfig(method="adalam", budget_mb=1))
