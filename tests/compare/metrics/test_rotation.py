"""RotErr: exact angles, and its units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import path
from scipy.spatial.transform import Rotation

from compare import metrics


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-12, 1e-8, 1e-3, 1.0, 3.0, np.pi - 1e-7, np.pi]))
@settings(max_examples=40, deadline=None)
def test_angles_are_exact_where_arccos_is_not(seed: int, angle: float) -> None:
    random = np.random.default_rng(seed)
    axis = random.normal(size=3)
    axis /= np.linalg.norm(axis)
    a = Rotation.random(random_state=random)
    b = a * Rotation.from_rotvec(angle * axis)
    got = metrics.angles_between(a.as_matrix()[None], b.as_matrix()[None])[0]
    assert got == pytest.approx(angle, abs=1e-15 + 4e-8 * (angle > 3.1), rel=1e-3 if angle < 1e-9 else 1e-7)


def test_units_and_aggregations() -> None:
    a = np.tile(np.eye(4), (4, 1, 1))
    b = np.array(path(np.zeros((4, 3)), np.outer([0, 1, 2, 3], [0, 0, 0.1])).world_from_cam)
    every = np.ones(4, dtype=bool)
    assert metrics.rot_err(a, b, every, how="sum", angle="rad").value == pytest.approx(0.6)
    assert metrics.rot_err(a, b, every).value == pytest.approx(np.degrees(0.15))
    assert metrics.rot_err(a, b, every, how="rmse", angle="rad").value == pytest.approx(np.sqrt(0.14 / 4))
    assert metrics.rot_err(a, b, every, how="sum", angle="rad").unit == "rad (sum)"
