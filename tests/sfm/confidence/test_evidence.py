"""The plain numbers behind the posterior: shares, misfits, noise and relief of answers to known paths."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from weighed_paths import answer, cameras, seen

from sfm.confidence import evidence
from sfm.confidence.evidence import features, seen_by, vouched_for
from sfm.geometry.problem import FocalPrior
from sfm.types import FramePoses, Solved

TRUTH = cameras((0.3, 0.0, 0.1), pan_deg=4.0)


def test_the_true_path_agrees_with_all_and_a_turn_with_little():
    how = seen_by(seen(TRUTH, noise_px=0.2), [answer("rotation", cameras(pan_deg=4.0)), answer("full", TRUTH)])
    assert how.share[1] > 0.95 > 0.3 > how.share[0]
    assert how.border[1] > 0.95
    assert how.misfit[1] < how.misfit[0]
    assert 0.1 < how.noise_px < 0.4


def test_the_border_is_that_of_the_picture_whatever_the_shape_of_its_pixels():
    """The same picture, stored half as wide: the places of its points are in square pixels, its width is not."""
    whole = seen(TRUTH)
    stored = replace(whole, hw=(360, 320), pixel_aspect=2.0)
    across, down = (np.abs(whole.xy_px) / (640, 360)).T
    inside = (across > 0.17) & (across < evidence.BORDER) & (down < evidence.BORDER)
    to_and_fro = np.where(np.arange(8) % 2, 40.0, -40.0)[:, None] * (0.0, 1.0)
    strayed = whole.place_px + inside[:, None, None] * to_and_fro
    for sightings in (whole, stored):
        how = seen_by(replace(sightings, place_px=strayed), [answer("full", TRUTH)])
        assert how.share[0] < 0.8
        assert how.border[0] == 1.0


def test_the_relief_is_that_of_the_scene():
    how = seen_by(seen(TRUTH), [answer("full", TRUTH)])
    assert 0.3 < how.relief[0] < 1.0  # depths of 1 to 4, evenly


def ground(ray):
    """A floor below the camera, a wall behind it."""
    return np.minimum(4.0, 0.4 / np.maximum(ray[:, 1], 1e-3))


def platform(ray):
    """The floor turned round: what lies low is farthest."""
    return np.where(ray[:, 1] > 0.05, 1000.0, 1.5)


def test_on_a_ground_what_lies_low_is_nearer():
    how = seen_by(seen(TRUTH, depth_of=ground), [answer("full", TRUTH), answer("rotation", cameras(pan_deg=4.0))])
    assert how.nearer_below[0] > 0.5
    assert how.nearer_below[1] == 0.0
    turned = seen_by(seen(TRUTH, depth_of=lambda ray: ground(ray * (1, -1, 1))), [answer("full", TRUTH)])
    assert turned.nearer_below[0] < -0.5


def test_what_rests_low_in_the_picture_is_infinitely_far_for_a_camera_that_travels():
    still = cameras()
    path = [answer("full", TRUTH), answer("static", still)]
    assert seen_by(seen(TRUTH, depth_of=ground), path).far_below.tolist() == [0.0, 0.0]
    assert seen_by(seen(TRUTH, depth_of=platform), path).far_below[0] > 0.9
    assert seen_by(seen(still), path).far_below[1] == 0.0


def passing(ray):
    """Something flat that fills the middle, before what is as good as infinitely far."""
    return np.where(np.abs(ray[:, 0]) < 0.35, 1.5, 1000.0)


def test_what_slides_by_before_something_at_rest_has_nothing_between():
    path = [answer("full", TRUTH), answer("rotation", cameras(pan_deg=4.0))]
    how = seen_by(seen(TRUTH, depth_of=passing), path)
    assert how.between[0] < 0.02
    assert how.between[1] == 1.0
    assert seen_by(seen(TRUTH, depth_of=ground), path).between[0] > 0.3
    wall = seen_by(seen(TRUTH, depth_of=lambda ray: np.full(len(ray), 1.5)), path)
    assert wall.between[0] == 1.0  # nothing is far


def ground_at_rest(truth, below_px):
    """What a camera sees, but for what lies below so many pixels from the middle: that rests in the picture."""
    whole = seen(truth)
    rests = whole.xy_px[:, 1] > below_px
    return replace(whole, place_px=np.where(rests[:, None, None], whole.xy_px[:, None], whole.place_px)), rests


def test_what_rests_in_the_picture_speaks_against_a_turn_and_not_against_a_camera_that_may_carry_it():
    turn, still = cameras(pan_deg=4.0), cameras()
    answers = [answer("static", still), answer("rotation", turn), answer("full", TRUTH)]
    sky, rests = ground_at_rest(turn, 90.0)
    how = seen_by(sky, answers)
    assert how.rests[0] == 0.0
    assert how.rests[1] == pytest.approx(rests.mean(), abs=0.01)
    assert seen_by(seen(turn), answers).rests[1] == 0.0
    road, rests = ground_at_rest(TRUTH, 90.0)
    how = seen_by(road, answers)
    assert how.rests[2] == 0.0  # a bonnet
    assert how.rests[1] > 0.8 * rests.mean()
    barely = replace(turn, translation=np.linspace(0, 1e-4, len(turn.focal_px))[:, None] * (1, 0, 0), translates=True)
    assert seen_by(sky, [*answers[:2], answer("full", barely)]).rests[2] > 0.8 * ground_at_rest(turn, 90.0)[1].mean()


def test_few_lost_frames_are_no_reason_to_doubt_the_others():
    def solved(status, lost, *, first=10, why="blank"):
        valid = (np.arange(40) < first) | (np.arange(40) >= first + lost)
        poses = FramePoses(
            rotation=np.tile(np.eye(3), (40, 1, 1)),
            translation=np.zeros((40, 3)),
            focal_px=np.full(40, 500.0),
            depth=np.ones(40),
            valid=valid,
            reason=tuple("" if each else why for each in valid),
        )
        return Solved(status=status, reason="", poses=poses)

    assert vouched_for(solved("ok", 0))
    assert vouched_for(solved("partial", 4))  # a fade
    assert not vouched_for(solved("partial", 5))
    assert not vouched_for(solved("unreliable", 0))
    assert vouched_for(solved("partial", 20, first=0))  # before the film
    assert vouched_for(solved("partial", 20, first=20))
    assert not vouched_for(solved("partial", 5, first=0, why="cut off"))


def test_noise_counts_in_pixels_of_a_frame_640_wide():
    """The same sightings in a picture half as large are off by half as many pixels, and as much in the measure."""
    one = seen(TRUTH, noise_px=0.6)
    half = type(one)(
        anchor=one.anchor,
        xy_px=one.xy_px / 2,
        target=one.target,
        place_px=one.place_px / 2,
        seen=one.seen,
        votes=one.votes,
        hw=(180, 320),
    )
    small = type(TRUTH)(
        rotation=TRUTH.rotation,
        translation=TRUTH.translation,
        focal_px=TRUTH.focal_px / 2,
        translates=True,
        nearness=TRUTH.nearness,
    )
    large, little = seen_by(one, [answer("full", TRUTH)]), seen_by(half, [answer("full", small)])
    np.testing.assert_allclose(large.noise_px, little.noise_px, rtol=0.02)


def test_a_lens_counts_against_a_way_and_not_against_a_turn():
    long = replace(TRUTH, focal_px=3.0 * TRUTH.focal_px)
    answers = [answer("rotation", long), answer("full", long), answer("full", TRUTH)]
    prior = FocalPrior(focal_px=float(TRUTH.focal_px[0]), sigma=0.35)
    turn, way, usual = features(answers, {"tracks": seen_by(seen(TRUTH), answers)}, prior)["translates x unusual lens"]
    assert turn == usual == 0.0
    assert way == pytest.approx(0.5 * (np.log(3.0) / 0.35) ** 2)


def test_features_know_who_chose_what():
    answers = [answer("rotation", TRUTH), answer("full", TRUTH, chosen=True, sure=0.7)]
    found = features(answers, {"tracks": seen_by(seen(TRUTH), answers)}, FocalPrior(focal_px=544.0, sigma=0.0))
    assert found["chosen tracks"].tolist() == [0.0, 1.0]
    assert found["chosen x confidence tracks"].tolist() == [0.0, 0.7]
    assert found["full"].tolist() == [0.0, 1.0]
    assert "from tracks" not in found


def test_ranks_are_those_of_scipy() -> None:
    values = np.round(np.random.default_rng(0).normal(size=300), 1)  # with ties
    np.testing.assert_array_equal(evidence._ranks(values), scipy.stats.rankdata(values))
