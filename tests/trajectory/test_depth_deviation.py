"""How sure a unit is that is the depth of a scene."""

import numpy as np
import pytest
from motions import build

from trajectory.depth_deviation import depth_deviation
from trajectory.errors import CinetrajError
from trajectory.model import Provenance, Trajectory


def told(quantiles: list[float]) -> Trajectory:
    return build().replace(scale="arbitrary", provenance=Provenance(evidence={"depth_quantiles": quantiles}))


def test_a_scene_of_one_depth_is_a_sure_unit_and_a_deep_one_is_not() -> None:
    flat, deep, deeper = (told([4.0 / by, 4.0, 4.0 * by]) for by in (1.0, 2.0, 4.0))
    assert depth_deviation(flat) == 0
    assert depth_deviation(deep) == pytest.approx(0.4 * np.log(2), rel=0.02)
    assert depth_deviation(deeper) == pytest.approx(2 * depth_deviation(deep))


def test_what_is_metric_or_tells_nothing_has_no_deviation() -> None:
    assert depth_deviation(build().replace(scale="arbitrary")) == 0
    assert depth_deviation(told([1.0, 2.0, 4.0]).replace(scale="metric")) == 0
    with pytest.raises(CinetrajError, match="depth_quantiles"):
        depth_deviation(told([3.0, 2.0]))
