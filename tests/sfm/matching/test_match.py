"""Matching on the device: laws of the matchers, blocks change nothing, and kornia's own matchers as the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfm.config import MatchConfig
from sfm.features.extract import Features
from sfm.matching.match import match, matchers
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


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 99), n=st.integers(0, 60), m=st.integers(0, 60), method=st.sampled_from(["mnn", "snn", "smnn"])
)
def test_each_key_point_matches_once_and_the_order_of_frames_is_no_matter(
    seed: int, n: int, m: int, method: str
) -> None:
    first = features(seed, n)
    second = features(seed + 1, m, near=first, noise=0.2)
    config = MatchConfig(method=method)  # pyright: ignore[reportArgumentType]
    rows = match([first, second], ONE, config)[0]
    assert rows.shape[1] == 2
    assert len(set(rows[:, 0])) == len(set(rows[:, 1])) == len(rows)
    assert (np.diff(rows[:, 0]) > 0).all()
    if method != "snn":  # its ratio test looks from the first frame alone
        back = match([second, first], ONE, config)[0]
        assert {tuple(row) for row in rows} == {tuple(row[::-1]) for row in back}


def test_the_truth_is_found() -> None:
    first = features(0, 200, dim=64)
    second = features(1, 260, near=first, noise=0.05, dim=64)
    for method in matchers():
        rows = match([first, second], ONE, MatchConfig(method=method), hw=(300, 300))[0]
        assert len(rows) > 180, method
        assert (rows[:, 0] == rows[:, 1]).mean() > 0.99, method


@pytest.mark.parametrize(("option", "value"), [("ratio", 0.0), ("ratio", 1.5), ("budget_mb", 0)])
def test_a_bad_config_is_refused(option: str, value: float) -> None:
    with pytest.raises(CinetrajError, match=f"{option}={value}"):
        MatchConfig(**{option: value})  # pyright: ignore[reportArgumentType]


def test_an_unknown_matcher_is_refused() -> None:
    with pytest.raises(CinetrajError, match="matcher 'flann' is unknown, expected one of adalam, mnn"):
        match([], ONE, MatchConfig(method="flann"))
