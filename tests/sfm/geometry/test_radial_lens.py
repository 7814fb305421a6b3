"""The distorted lens: its formula and inverse, straight lines that bend as they must, and a truth that says so."""

import cv2
import numpy as np
import pytest

from sfm.geometry.radial_lens import distorted, pinhole_px, reaches, undistorted
from sfm.synthetic import ClipSpec, measure, render, stage
from sfm.synthetic.inverse_depth import inverse_depth, surfaces_of
from trajectory.errors import CinetrajError


@pytest.mark.parametrize("k1", [-0.25, -0.05, 0.0, 0.1, 0.4])
def test_both_ways_are_inverse(k1):
    x = np.random.default_rng(0).uniform(-0.6, 0.6, (200, 2))
    assert undistorted(distorted(x, k1), k1) == pytest.approx(x, abs=1e-10)
    assert undistorted(np.zeros((1, 2)), k1) == pytest.approx(np.zeros((1, 2)))


def test_by_hand():
    assert distorted(np.array([0.3, 0.4]), -0.2) == pytest.approx([0.3 * 0.95, 0.4 * 0.95])
    edge = np.array([[320 + 500 * 0.5 * (1 - 0.2 * 0.25), 180.0]])
    assert pinhole_px(edge, (360, 640), 500.0, -0.2) == pytest.approx(np.array([[320 + 250.0, 180.0]]))


def test_a_strong_barrel_folds_back():
    assert reaches(0.6, -0.2)
    assert not reaches(0.9, -0.2)
    with pytest.raises(CinetrajError, match="radial"):
        ClipSpec(radial=-0.5, focal_px=400.0)
    with pytest.raises(CinetrajError, match="radial"):
        ClipSpec(radial=-0.3, move={"zoom": 0.7})


@pytest.mark.parametrize("k1", [-0.2, 0.15])
def test_the_picture_is_the_pinhole_picture_at_undistorted_places(k1):
    """The same scene drawn without a lens at a quarter of the focal's error: a point is where the formula says."""
    spec = ClipSpec(seed=3, scene="planar", frames=1, image_hw=(180, 320), focal_px=275.0)
    plain, bent = render(spec), render(ClipSpec.from_dict({**spec.to_dict(), "radial": k1}))
    grey = [cv2.cvtColor(clip.rgb[0], cv2.COLOR_RGB2GRAY) for clip in (plain, bent)]
    corners = cv2.goodFeaturesToTrack(grey[0][20:-20, 20:-20], 300, 0.01, 6)[:, 0] + 20
    x = (corners + 0.5 - [160, 90]) / 275.0
    target = (distorted(x, k1) * 275.0 + [160, 90] - 0.5).astype(np.float32)
    inside = ((target > 12) & (target < [307, 167])).all(1)
    corners, target = corners[inside], target[inside]
    found, ok, _ = cv2.calcOpticalFlowPyrLK(
        grey[0], grey[1], corners, target.copy(), winSize=(9, 9), maxLevel=0, flags=cv2.OPTFLOW_USE_INITIAL_FLOW
    )
    error = (found - target)[ok[:, 0] > 0]
    assert len(error) > 100
    assert np.linalg.norm(target - corners, axis=1).max() > 3
    assert np.median(np.linalg.norm(error, axis=1)) < 0.1
    assert np.abs(np.median(error, axis=0)).max() < 0.03


def test_the_truth_says_so():
    spec = ClipSpec(seed=3, scene="planar", frames=2, image_hw=(90, 160), focal_px=140.0, radial=-0.2)
    set_up = stage(spec)
    known = measure(set_up)
    assert known.trajectory.distortion is not None
    assert known.trajectory.distortion.tolist() == [-0.2, 0, 0, 0]
    camera = set_up.cameras(np.zeros(1))[0]._replace(image_hw=(180, 320))
    corner = pinhole_px(np.array([[1.0, 1.0]]), (90, 160), 140.0, -0.2) + [80, 45]
    assert 1 / inverse_depth(surfaces_of(set_up.scene), camera, corner)[0] == pytest.approx(known.depth[0, 0, 0])
    assert ClipSpec.from_dict(spec.to_dict()) == spec
