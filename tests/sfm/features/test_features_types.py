"""The key points of a frame."""

from typing import Any

import numpy as np
import pytest
from random_features import features

from sfm.features import Features
from trajectory.errors import CinetrajError


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


@pytest.mark.parametrize(
    "change",
    [
        {"xy_px": np.zeros((3, 3))},
        {"strength": np.ones(2)},
        {"descriptors": np.ones((2, 4))},
        {"angle_deg": np.ones((3, 1))},
        {"xy_px": np.full((3, 2), np.nan)},
        {"strength": np.array([1.0, np.inf, 0.0])},
    ],
)
def test_every_key_point_has_all_of_its_rows(change: dict[str, Any]) -> None:
    given: dict[str, Any] = {"xy_px": np.zeros((3, 2)), "strength": np.ones(3), "descriptors": np.ones((3, 4))}
    with pytest.raises((CinetrajError, TypeError)):  # the shapes are checked first where they are watched
        Features(**{**given, **change})
