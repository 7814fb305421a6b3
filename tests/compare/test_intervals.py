"""Bootstrap intervals over clips."""

import numpy as np

from compare.intervals import bootstrap_interval


def test_the_bootstrap_covers_the_mean_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        low, high = bootstrap_interval(random.normal(size=40), seed=trial, resamples=400) or (1.0, -1.0)
        hits += low <= 0 <= high
    assert 0.87 < hits / 200 < 0.99


def test_the_bootstrap_is_reproducible_and_narrows() -> None:
    random = np.random.default_rng(0)
    few, many = random.normal(size=20), random.normal(size=2000)
    assert bootstrap_interval(few) == bootstrap_interval(few)
    a, b = bootstrap_interval(few), bootstrap_interval(many)
    assert a is not None
    assert b is not None
    assert b[1] - b[0] < 0.3 * (a[1] - a[0])
    assert bootstrap_interval(few[:1]) is None
