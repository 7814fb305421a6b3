"""Every near gap, doubling far gaps, each pair once, growth below n log n."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfm.matching.pairs import sequential
from trajectory.errors import CinetrajError


@given(n=st.integers(0, 80), window=st.integers(1, 20), quadratic=st.booleans())
def test_laws(n: int, window: int, quadratic: bool) -> None:
    pairs = sequential(n, window=window, quadratic=quadratic)
    rows = [tuple(row) for row in pairs.tolist()]
    assert rows == sorted(set(rows))
    gaps = pairs[:, 1] - pairs[:, 0]
    assert ((gaps >= 1) & (pairs[:, 1] < n) & (pairs[:, 0] >= 0)).all()
    far = gaps[gaps > window]
    assert (far & (far - 1) == 0).all()
    assert quadratic or not len(far)
    near = {(i, j) for i in range(n) for j in range(i + 1, min(n, i + window + 1))}
    assert near <= set(rows)
    assert len(rows) <= n * (window + np.log2(max(n, 2)))


def test_the_known_case() -> None:
    assert sequential(6, window=1).tolist() == [
        [0, 1], [0, 2], [0, 4], [1, 2], [1, 3], [1, 5], [2, 3], [2, 4], [3, 4], [3, 5], [4, 5],
    ]  # fmt: skip


def test_a_window_below_one_is_refused() -> None:
    with pytest.raises(CinetrajError, match="window=0"):
        sequential(4, window=0)
