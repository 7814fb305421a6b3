"""DirErr: angles between directions of travel."""

import numpy as np
import pytest
from paths import path

from compare import metrics


def test_direction_of_travel() -> None:
    u = np.linspace(0, 1, 10)[:, None]
    still = np.zeros((10, 3))
    a = np.array(path(u * [1, 0, 0], still).world_from_cam)
    every = np.ones(10, dtype=bool)
    for direction, angle in (([5, 0, 0], 0.0), ([0, 0, 2], 90.0), ([-1, 0, 0], 180.0), ([1, 0, 1], 45.0)):
        b = np.array(path(u * direction, still).world_from_cam)
        assert metrics.direction_err(a, b, every).value == pytest.approx(angle, abs=1e-9)
    static = np.array(path(still, still).world_from_cam)
    assert "does not translate" in metrics.direction_err(a, static, every).undefined
    assert "reference" in metrics.direction_err(static, a, every).undefined
