"""What a camera does to a picture: exposure that jumps where it was told to, and stays."""

import numpy as np
import pytest

from sfm.synthetic import ClipSpec, render
from sfm.synthetic.effects import exposure_gains, step_gains
from trajectory.errors import CinetrajError


def test_gains_hold_until_the_next_step():
    assert step_gains((), 3).tolist() == [1, 1, 1]
    assert step_gains(((1, 0.5), (3, 2.0)), 5).tolist() == [1, 0.5, 0.5, 2, 2]
    assert step_gains(((9, 0.5),), 3).tolist() == [1, 1, 1], "beyond the end"


def test_flicker_starts_at_one():
    gains = exposure_gains(3, 40, 0.05)
    assert gains[0] == 1
    assert 0.02 < np.log(gains).std() < 0.15


def test_a_rendered_clip_jumps():
    spec = ClipSpec(seed=3, scene="planar", frames=4, image_hw=(90, 160), focal_px=140.0, exposure_steps=((2, 0.5),))
    means = render(spec).rgb.mean((1, 2, 3))
    assert means[0] == means[1]
    assert means[2] == means[3] == pytest.approx(means[0] / 2, abs=0.5)
    assert ClipSpec.from_dict(spec.to_dict()) == spec
    assert spec.to_dict()["exposure_steps"] == [[2, 0.5]]


@pytest.mark.parametrize("steps", [((4, 1.2), (2, 1.0)), ((2, 1.0), (2, 1.1)), ((1, 0.0),), ((-1, 2.0),)])
def test_steps_out_of_order_or_without_light_are_refused(steps):
    with pytest.raises(CinetrajError, match="exposure_steps"):
        ClipSpec(exposure_steps=steps)
