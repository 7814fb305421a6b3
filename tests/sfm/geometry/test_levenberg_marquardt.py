"""The damping of the solver."""

import numpy as np

from sfm.geometry.levenberg_marquardt import LevenbergMarquardt


def test_a_step_that_gains_is_damped_less_next_time_and_another_more_within_bounds():
    solver = LevenbergMarquardt(shrink=0.5, grow=4.0, least_damping=1e-3, most_damping=10.0)
    damping = np.array([1.0, 1.0, 1e-3, 8.0])
    better = np.array([True, False, True, False])
    np.testing.assert_array_equal(solver.damped(damping, better), [0.5, 4.0, 1e-3, 10.0])
