"""Figures whose limbs swing as far as asked for, or not at all."""

import numpy as np
import pytest

from sfm.synthetic import ClipSpec, MoverSpec, render
from sfm.synthetic.movers import _walker
from trajectory.errors import CinetrajError


def _change(articulate: float) -> float:
    """Share of the sheet that the outline changes over a step."""
    outlines = np.stack([picture.image[..., 3] > 127 for picture in _walker(3, 0, articulate)])
    return float((outlines.any(0) & ~outlines.all(0)).mean())


def test_limbs_swing_as_far_as_asked_for():
    assert _change(0.0) == 0
    assert 0 < _change(0.5) < _change(1.0) < _change(1.8)


def test_a_rigid_figure_that_goes_with_the_camera_never_changes():
    mover = {"area": 0.3, "motion": "sway", "speed": 0.0}
    size = {"image_hw": (90, 160), "focal_px": 140.0}
    rigid, walks = (
        render(ClipSpec(seed=8, scene="planar", frames=8, movers=(MoverSpec(**mover, articulate=a),), **size))
        for a in (0.0, 1.0)
    )
    assert (rigid.rgb == rigid.rgb[0]).all()
    assert (walks.moving != walks.moving[0]).any()


def test_an_ordinary_step_is_not_written_out():
    spec = ClipSpec(movers=(MoverSpec(), MoverSpec(articulate=1.8)))
    plain, wide = spec.to_dict()["movers"]
    assert "articulate" not in plain
    assert wide["articulate"] == 1.8
    assert ClipSpec.from_dict(spec.to_dict()) == spec
    with pytest.raises(CinetrajError, match="articulate"):
        MoverSpec(articulate=-1.0)
