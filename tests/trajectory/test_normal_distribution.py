"""The normal distribution is that of SciPy, far out too."""

import numpy as np
from scipy.special import ndtr

from trajectory.normal_distribution import below


def test_it_is_that_of_scipy() -> None:
    z = np.linspace(-30.0, 9.0, 200)
    np.testing.assert_allclose([below(each) for each in z.tolist()], ndtr(z), rtol=1e-12, atol=0.0)
    assert (below(np.inf), below(-np.inf)) == (1.0, 0.0)
