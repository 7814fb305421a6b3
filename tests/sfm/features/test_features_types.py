"""The key points of a frame."""

import numpy as np
from random_features import features

from sfm.features import Features


def test_taking_rows_takes_them_everywhere_and_in_that_order() -> None:
    whole = features(0, 9)
    rows = np.array([5, 0, 7])
    part = whole.take(rows)
    assert len(part) == 3
    for name in ("xy_px", "strength", "descriptors", "scale_px", "angle_deg"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[rows])
    np.testing.assert_array_equal(whole.take(np.arange(9)).descriptors, whole.descriptors)
    assert len(whole.take(np.zeros(0, int))) == 0


def test_what_a_kind_of_features_lacks_stays_absent() -> None:
    plain = Features(xy_px=np.zeros((2, 2)), strength=np.ones(2), descriptors=np.eye(2))
    part = plain.take(np.array([1]))
    assert part.scale_px is None
    assert part.angle_deg is None
