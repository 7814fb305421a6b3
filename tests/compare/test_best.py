"""Which model is best, and that none is where the clips do not tell."""

import numpy as np
import pytest

from compare.best import best_of, mean_badness


def record(metric: str, *values: float) -> dict:
    return {"values": {"drop": {metric: {str(i): float(value) for i, value in enumerate(values)}}}}


def test_the_best_is_better_than_every_other_one() -> None:
    good, poor, bad = (record("RotErr", *(size + k for k in (0, 0.1, 0.2, 0.3, 0.4, 0.5))) for size in (1, 5, 9))
    assert best_of([poor, good, bad], "RotErr", "drop") == 1
    assert best_of([poor, good, good], "RotErr", "drop") is None
    assert best_of([poor, good, bad], "RotErr", "drop", noise=20.0) is None
    assert best_of([good], "RotErr", "drop") is None
    assert best_of([good, record("TransErr", 1.0)], "RotErr", "drop") is None


def test_two_clips_mark_nobody() -> None:
    assert best_of([record("RotErr", 1, 2), record("RotErr", 50, 60)], "RotErr", "drop") is None


def test_a_ratio_is_as_bad_as_its_clips_and_not_as_their_mean() -> None:
    wild, near = record("MotionRatio", *[0, 2] * 4), record("MotionRatio", *[0.7, 0.8] * 4)
    assert best_of([wild, near], "MotionRatio", "drop") == 1
    (a, b) = (mean_badness(each, [wild, near], "MotionRatio", "drop") for each in (wild, near))
    assert a is not None
    assert a > 10
    assert b == pytest.approx(-np.log([0.7, 0.8]).mean())


def test_only_clips_that_all_have_count() -> None:
    few, more = record("RotErr", 1, 3), record("RotErr", 2, 2, 100)
    assert mean_badness(more, [few, more], "RotErr", "drop") == 2
    assert mean_badness(record("TransErr", 1), [few, more], "RotErr", "drop") is None
