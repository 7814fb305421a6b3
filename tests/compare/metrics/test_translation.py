"""TransErr by hand."""

import numpy as np
import pytest
from paths import path

from compare import metrics


def test_it_is_the_distance_in_space() -> None:
    a = np.tile(np.eye(4), (4, 1, 1))
    b = np.array(path(np.tile([3.0, 0, 4.0], (4, 1)), np.outer([0, 1, 2, 3], [0, 0, 0.1])).world_from_cam)
    every = np.ones(4, dtype=bool)
    assert metrics.trans_err(a, b, every).value == pytest.approx(5.0)
