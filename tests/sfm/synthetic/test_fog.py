"""Fog by the length of the ray: off it changes nothing, its contrast falls as it should, and it hides by distance."""

import numpy as np
import pytest

from sfm.synthetic import ClipSpec, render
from sfm.synthetic.fog import GREY, fogged
from trajectory.errors import CinetrajError

SMALL = {"image_hw": (90, 160), "focal_px": 140.0, "frames": 1}


def test_contrast_falls_with_the_length_of_the_ray():
    focal_px, depth_m, per_m = 2.0, 5.0, 0.3
    rays = np.array([[1 / focal_px, 0, -2 / focal_px], [0, 1 / focal_px, -1.5 / focal_px], [0, 0, 1]])
    black = np.zeros((3, 4, 3), np.uint8)
    found = fogged(black, (0, 0), np.array([0, 0, 1 / depth_m]), rays, per_m)
    for row, column in ((0, 0), (1, 2), (2, 3)):
        length = depth_m * np.linalg.norm([(column + 0.5 - 2) / focal_px, (row + 0.5 - 1.5) / focal_px, 1])
        assert found[row, column, 0] == pytest.approx(GREY * (1 - np.exp(-per_m * length)), abs=1)


def test_a_wall_one_reference_depth_away_keeps_its_share_of_contrast():
    clear = render(ClipSpec(seed=3, scene="planar", **SMALL)).rgb[0].astype(float)
    found = render(ClipSpec(seed=3, scene="planar", fog=0.7, **SMALL)).rgb[0].astype(float)
    # In the middle the ray is nearly as long as the depth: of a tilted camera, up to a tenth longer.
    middle = (slice(35, 55), slice(60, 100))
    assert found[middle].std() / clear[middle].std() == pytest.approx(np.exp(-0.7), rel=0.06)
    assert np.abs(found - GREY).mean() < np.abs(clear - GREY).mean()


def test_what_is_far_is_grey_and_what_is_near_is_not():
    clip = render(ClipSpec(seed=3, scene="landscape", fog=1.0, **SMALL))
    assert (np.abs(clip.rgb[0][:20].astype(int) - GREY).max(-1) <= 1).mean() > 0.2, "the sky between the trees"
    assert np.abs(clip.rgb[0][70:].astype(int) - GREY).mean() > 10


def test_a_negative_density_is_refused():
    with pytest.raises(CinetrajError, match="fog"):
        ClipSpec(fog=-1.0)
