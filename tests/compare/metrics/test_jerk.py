"""Smoothness against the reference."""

import numpy as np
import pytest

from compare import metrics


def test_a_shaken_path_is_rougher_and_size_and_duration_do_not_matter() -> None:
    random = np.random.default_rng(0)
    u = np.linspace(0, 1, 50)[:, None]
    calm = np.hstack([np.sin(u), u, u**2])
    shaken = calm + 0.01 * random.normal(size=calm.shape)
    score = metrics.smoothness(calm, shaken)
    assert score.value is not None
    assert score.value > 3
    assert metrics.smoothness(calm, 7 * calm).value == pytest.approx(0, abs=1e-9)
    assert metrics.smoothness(calm, np.zeros((50, 3))).value is None
