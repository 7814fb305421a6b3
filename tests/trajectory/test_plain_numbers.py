"""What counts as a number."""

import numpy as np
import pytest

from trajectory.plain_numbers import is_number, is_positive


@pytest.mark.parametrize(
    ("value", "number", "whole", "positive"),
    [
        (3, True, True, True),
        (np.int64(3), True, True, True),
        (0.5, True, False, True),
        (np.float32(0.5), True, False, True),
        (-1, True, True, False),
        (float("inf"), True, False, False),
        (float("nan"), True, False, False),
        (True, False, False, False),
        ("3", False, False, False),
        (None, False, False, False),
    ],
)
def test_a_number_is_one_of_pythons_or_of_numpys_and_no_truth(value, number, whole, positive):
    assert (is_number(value), is_number(value, whole=True), is_positive(value)) == (number, whole, positive)
