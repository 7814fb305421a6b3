"""Samples of a shot, and slopes of grey values."""

import numpy as np
import pytest

from sfm.masks.pixels import evenly, slopes


@pytest.mark.parametrize(("count", "most", "numbers"), [(3, 8, [0, 1, 2]), (9, 3, [0, 4, 8]), (1, 4, [0])])
def test_samples_reach_from_the_first_to_the_last(count, most, numbers):
    assert evenly(count, most).tolist() == numbers


def test_slopes_are_grey_levels_a_pixel_to_the_right_and_down():
    rows, columns = np.indices((12, 16)).astype(np.float32)
    found = slopes(3.0 * columns - 2.0 * rows)[:, 1:-1, 1:-1]
    np.testing.assert_allclose(found[0], 3.0, rtol=1e-5)
    np.testing.assert_allclose(found[1], -2.0, rtol=1e-5)
