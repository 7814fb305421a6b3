"""WorldScore by hand."""

import numpy as np
import pytest

from compare import metrics


@pytest.mark.parametrize(
    ("rotation", "translation", "expected"),
    [(0, 0, 1.0), (15, 0, 0.0), (7.5, 0, np.sqrt(0.5)), (0, 0.25, np.sqrt(0.5)), (90, 9, 0.0), (3, 0.1, 0.8)],
)
def test_world_score(rotation: float, translation: float, expected: float) -> None:
    assert metrics.world_score(float(rotation), float(translation)).value == pytest.approx(expected)
