"""What numpy and torch share, and what numpy lacks."""

import numpy as np
import torch

from sfm.geometry.arrays import lengths, library_of, lower_median, unit


def test_the_library_is_that_of_the_array():
    assert library_of(np.zeros(2)) is np
    assert library_of(torch.zeros(2)) is torch


def test_a_unit_vector_points_where_the_vector_does():
    vectors = np.random.default_rng(0).normal(size=(4, 5, 3))
    np.testing.assert_allclose(lengths(vectors), np.linalg.norm(vectors, axis=-1))
    np.testing.assert_allclose(unit(vectors) * lengths(vectors)[..., None], vectors)


def test_the_median_is_one_of_the_numbers_and_the_lower_of_two():
    """As torch has it: what was fitted with one of them must not jump when another number comes."""
    values = np.random.default_rng(1).normal(size=(3, 8, 5))
    for axis in (0, 1, -1):
        np.testing.assert_array_equal(lower_median(values, axis), torch.from_numpy(values).median(axis).values)
    values[1, 2:, 3], values[:, 0, :] = np.nan, np.nan
    for axis in (0, 1, -1):
        np.testing.assert_array_equal(lower_median(values, axis), torch.from_numpy(values).nanmedian(axis).values)
    assert float(lower_median(np.array([4.0, 1.0, 3.0, 2.0]))) == 2.0
