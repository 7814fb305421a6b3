"""ZoomErr in octaves."""

import numpy as np
import pytest

from compare import metrics


def test_zoom_error_does_not_see_the_size_of_the_image() -> None:
    every = np.ones(5, dtype=bool)
    zoom = np.linspace(0, 1, 5)  # doubles the focal length
    assert metrics.zoom_err(zoom, zoom + 3, every).value == pytest.approx(0, abs=1e-15)
    assert metrics.zoom_err(zoom, np.zeros(5), every).value == pytest.approx(0.5)
    assert "generated clip" in metrics.zoom_err(zoom, None, every).undefined
    assert metrics.zoom_err(zoom, zoom * np.nan, every).value is None
