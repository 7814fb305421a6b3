"""XFeat's key points: in the picture and not in what continues it, whatever its size."""

from pathlib import Path

import numpy as np
import pytest

from sfm.config import FeatureConfig
from sfm.features.extract import extract


@pytest.mark.parametrize("hw", [(128, 160), (117, 139)])
def test_sides_that_are_no_multiples_cost_nothing(hw: tuple[int, int], rgb: np.ndarray, shared: Path) -> None:
    config = FeatureConfig(name="xfeat", max_features=200, weights=shared / "weights" / "xfeat.pt")
    part = np.ascontiguousarray(rgb[:, : hw[0], : hw[1]])
    found = extract(part, config)
    for each in found:
        assert len(each) > 30
        assert each.descriptors.shape[1] == 64
        assert (each.xy_px <= np.array(hw[::-1]) - 1).all()
        assert (each.xy_px == np.rint(each.xy_px)).all()  # never resized
    alone = extract(part[:1], config)[0]
    assert np.array_equal(alone.xy_px, found[0].xy_px)
