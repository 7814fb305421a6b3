"""What a path foretells of sightings: nothing is off under the true path, whatever its unit, and much under others."""

from dataclasses import replace

import numpy as np
import pytest
from weighed_paths import HW, cameras, seen

from sfm.confidence.sightings import MOST, of_tracks, residuals


@pytest.mark.parametrize(
    "path", [cameras(), cameras(pan_deg=12.0), cameras(zoom=1.4), cameras((0.3, 0.0, 0.4), pan_deg=5.0)]
)
def test_under_the_true_path_nothing_is_off(path):
    off, _ = residuals(seen(path), path)
    assert np.quantile(off, 0.95) < 0.15


def test_the_unit_of_a_path_changes_nothing():
    path = cameras((0.3, 0.1, 0.0))
    larger = replace(path, translation=7.0 * path.translation, nearness=path.nearness / 7.0)
    sightings = seen(path, noise_px=0.3)
    for one, other in zip(residuals(sightings, path), residuals(sightings, larger), strict=True):
        np.testing.assert_allclose(one, other, rtol=0.02, atol=0.02)


def test_noise_is_found_again_and_a_wrong_path_is_not_explained_by_any_depth():
    truth = cameras((0.3, 0.0, 0.0))
    sightings = seen(truth, noise_px=0.5)
    off = np.median(residuals(sightings, truth)[0])
    assert 0.3 < off < 0.8
    for wrong in (cameras(pan_deg=6.0), cameras((0.0, 0.3, 0.0)), cameras()):
        assert np.median(residuals(sightings, wrong)[0]) > 5 * off


def test_a_bent_picture_is_straightened_by_the_lens_and_not_made_smaller_by_it():
    path = cameras(pan_deg=10.0)
    sightings = seen(path, noise_px=0.3)
    plain = residuals(sightings, path)[0]
    shrinking = residuals(sightings, replace(path, undistortion=-0.2))[0]
    assert np.median(shrinking) > np.median(plain)


def test_tracks_are_anchored_in_the_middle_and_those_of_one_frame_say_nothing():
    xy = np.full((3, 5, 2), np.nan)
    xy[0], xy[1, 2:4], xy[2, 4] = 100.0, 50.0, 20.0
    found = of_tracks(xy, HW, 1.0)
    assert found.anchor.tolist() == [2, 3]
    assert found.seen.sum(1).tolist() == [4, 1]
    assert found.votes.tolist() == [5.0, 2.0]


def test_so_many_are_drawn_always_the_same():
    many = seen(cameras(pan_deg=3.0), count=2 * MOST["tracks"])
    assert len(many.anchor) == MOST["tracks"]
    np.testing.assert_array_equal(many.xy_px, seen(cameras(pan_deg=3.0), count=2 * MOST["tracks"]).xy_px)
