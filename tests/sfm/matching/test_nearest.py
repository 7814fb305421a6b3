"""Mutual nearest neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_features import ONE, features

from sfm.config import MatchConfig
from sfm.matching import Setting
from sfm.matching.match import match
from sfm.matching.nearest import match_nearest


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), ratio=st.floats(0.5, 1.0))
def test_stricter_means_fewer(seed: int, ratio: float) -> None:
    first = features(seed, 50)
    second = features(seed + 1, 50, near=first, noise=0.3)

    def found(method: str, ratio: float) -> set[tuple[int, int]]:
        config = MatchConfig(method=method, ratio=ratio)  # pyright: ignore[reportArgumentType]
        return {tuple(row) for row in match([first, second], ONE, config)[0].tolist()}

    assert found("smnn", ratio) <= found("snn", ratio) <= found("mnn", ratio)
    assert found("smnn", ratio * 0.9) <= found("smnn", ratio)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 99), n=st.integers(0, 60), m=st.integers(0, 60), method=st.sampled_from(["mnn", "smnn"])
)  # not snn: its ratio test looks from the first frame alone
def test_the_order_of_frames_is_no_matter(seed: int, n: int, m: int, method: str) -> None:
    first = features(seed, n)
    second = features(seed + 1, m, near=first, noise=0.2)
    there, back = match([first, second], np.array([[0, 1], [1, 0]]), MatchConfig(method=method))
    assert {tuple(row) for row in there.tolist()} == {tuple(row[::-1]) for row in back.tolist()}


def test_blocks_and_batches_change_nothing() -> None:
    frames = [features(0, 900)]
    frames += [features(k, 600 + 150 * k, near=frames[0], noise=0.08) for k in (1, 2, 3)]
    pairs = np.array([[0, 1], [0, 2], [1, 3], [2, 3]])
    whole = match(frames, pairs, MatchConfig(budget_mb=512))
    blocks = match(frames, pairs, MatchConfig(budget_mb=1))
    batch = match_nearest(frames, pairs, MatchConfig(), Setting(), ratio="both ways", group=len(pairs))
    for a, b, c in zip(whole, blocks, batch, strict=True):
        assert len(a) > 100
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)


@pytest.mark.parametrize("method", ["mnn", "smnn"])
def test_kornia_agrees(method: str) -> None:
    torch = pytest.importorskip("torch")
    kornia = pytest.importorskip("kornia.feature")
    first = features(5, 300)
    second = features(6, 280, near=first, noise=0.25)
    a, b = torch.from_numpy(first.descriptors), torch.from_numpy(second.descriptors)
    expected = kornia.match_mnn(a, b)[1] if method == "mnn" else kornia.match_smnn(a, b, 0.8)[1]
    rows = match([first, second], ONE, MatchConfig(method=method))[0]  # pyright: ignore[reportArgumentType]
    assert {tuple(row) for row in rows.tolist()} == {tuple(row) for row in expected.tolist()}
