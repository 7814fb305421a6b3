"""CamMC by hand."""

import numpy as np
import pytest
from paths import path

from compare import metrics


def test_position_and_rotation_enter_together() -> None:
    a = np.tile(np.eye(4), (4, 1, 1))
    b = np.array(path(np.tile([3.0, 0, 4.0], (4, 1)), np.outer([0, 1, 2, 3], [0, 0, 0.1])).world_from_cam)
    rotated = metrics.cam_mc(a, b, np.ones(4, dtype=bool)).per_frame
    assert rotated is not None
    assert rotated[0] == pytest.approx(5.0)
    # [R|t] of a turn by 0.3 about z: two diagonal and two off-diagonal entries change.
    assert rotated[3] == pytest.approx(np.sqrt(25 + 2 * (1 - np.cos(0.3)) ** 2 + 2 * np.sin(0.3) ** 2))
