"""What may be off, beyond what one fit says."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfm.motion.deviations import (
    FOCAL_SIGMA_LEAST,
    SIGMA_TIMES,
    by_focal_length,
    lens_in_the_middle,
    with_deviations,
)
from sfm.motion.estimator import FOCAL_PRIOR_SIGMA
from sfm.types import FramePoses

POINTS = np.random.default_rng(4).uniform([-3, -2, 5], [3, 2, 9], (60, 3))


def moving(
    pan_deg: float, way: tuple[float, float, float], *, tilt_deg: float = 0.0, fitted: float = 0.005
) -> FramePoses:
    """Three frames, the second of which has no pose and holds anything."""
    share = np.array([0.0, np.nan, 1.0])
    turn = Rotation.from_rotvec(np.radians([tilt_deg, pan_deg, 0.0])).as_matrix()
    rotation = np.stack([np.eye(3), np.full((3, 3), np.nan), turn.T])
    place = share[:, None] * np.array(way)
    return FramePoses(
        rotation=rotation,
        translation=-np.einsum("nij,nj->ni", rotation, place),
        focal_px=np.full(3, 500.0),
        depth=np.full(3, 7.0),
        valid=np.array([True, False, True]),
        reason=("", "lost", ""),
        focal_sigma_log=fitted,
        covariance=np.tile(1e-8 * np.eye(6), (3, 1, 1)),
    )


def seen(rotation: np.ndarray, translation: np.ndarray, focal: float, points: np.ndarray) -> np.ndarray:
    at = points @ rotation.T + translation
    return focal * at[:, :2] / at[:, 2:]


@pytest.mark.parametrize(
    ("pan_deg", "tilt_deg", "way"),
    [
        (4.0, 0.0, (0.0, 0.0, 0.0)),
        (0.0, -3.0, (0.0, 0.0, 0.0)),
        (3.0, 1.0, (0.4, 0.1, 0.3)),
        (0.0, 0.0, (0.0, 0.0, 0.5)),
    ],
)
def test_a_longer_lens_shows_the_same_picture_of_smaller_turns_and_ways(
    pan_deg: float, tilt_deg: float, way: tuple[float, float, float]
) -> None:
    """Points as the first picture tells them through either lens, their depths held."""
    poses, change = moving(pan_deg, way, tilt_deg=tilt_deg), 0.05
    slope = by_focal_length(poses)
    assert not slope[:2].any()
    right = seen(poses.rotation[2], poses.translation[2], 500.0, POINTS)
    longer = POINTS * [np.exp(-change), np.exp(-change), 1.0]  # at the same place in the first picture
    v, w = change * slope[2, :3], change * slope[2, 3:]
    turned = Rotation.from_rotvec(w).as_matrix()
    moved = seen(turned @ poses.rotation[2], turned @ poses.translation[2] + v, 500.0 * np.exp(change), longer)
    held = seen(poses.rotation[2], poses.translation[2], 500.0 * np.exp(change), longer)

    def off(picture: np.ndarray) -> float:
        return float(np.sqrt(np.mean(np.square(picture - right))))

    assert off(moved) < 1e-9 or off(moved) < 0.35 * off(held)


def test_what_a_focal_length_is_off_turns_the_poses_too() -> None:
    poses = moving(10.0, (0.0, 0.0, 0.0))
    told = with_deviations(poses, 0.04)
    assert poses.covariance is not None
    assert told.covariance is not None
    assert told.focal_sigma_log == pytest.approx(np.hypot(FOCAL_SIGMA_LEAST, 0.04))
    beyond = told.focal_sigma_log**2 - (SIGMA_TIMES * 0.005) ** 2
    fit = SIGMA_TIMES**2 * 1e-8
    expected = [fit, fit + beyond * np.radians(10.0) ** 2, fit]
    np.testing.assert_allclose(np.diagonal(told.covariance[2])[3:], expected, rtol=1e-6)
    np.testing.assert_allclose(told.covariance[0], SIGMA_TIMES**2 * poses.covariance[0])


def test_what_is_given_or_not_known_stays_so() -> None:
    given = with_deviations(moving(10.0, (0.0, 0.0, 0.0), fitted=0.0), 0.5)
    assert given.focal_sigma_log == 0.0
    assert given.covariance is not None
    np.testing.assert_allclose(given.covariance[2], SIGMA_TIMES**2 * 1e-8 * np.eye(6))
    unknown = with_deviations(replace(moving(10.0, (0.0, 0.0, 0.0)), covariance=None), 0.0)
    assert unknown.covariance is None
    assert unknown.focal_sigma_log == pytest.approx(FOCAL_SIGMA_LEAST)


USUAL_PX = 400.0


def zooming(first_px: float, last_px: float, *, fitted: float, pan_deg: float = 0.0) -> FramePoses:
    """Three frames, the second of which has no pose and holds anything."""
    poses = moving(pan_deg, (0.0, 0.0, 0.0), fitted=fitted)
    bound = {"translates": False, "translation_bound": 0.01}
    return replace(poses, focal_px=np.array([first_px, np.nan, last_px]), **bound)


def test_a_zoom_alone_tells_the_usual_lens_in_its_middle_whichever_way_it_is_played() -> None:
    """The fit holds the first focal length: 400 to 1200 px one way, 400 to 133 px the other."""
    for last_px in (1200.0, 400.0 / 3):
        told = lens_in_the_middle(zooming(USUAL_PX, last_px, fitted=FOCAL_PRIOR_SIGMA), USUAL_PX)
        assert told.focal_px[2] / told.focal_px[0] == pytest.approx(last_px / USUAL_PX)
        assert np.sqrt(told.focal_px[0] * told.focal_px[2]) == pytest.approx(USUAL_PX)


def test_what_a_clip_says_of_its_lens_counts_by_the_deviation_that_is_told() -> None:
    """Noise that tracks take for a lens is none; where a turn shows the lens it stays, and the turn with it."""
    drifted = zooming(120.0, 60.0, fitted=0.15)
    told = lens_in_the_middle(drifted, USUAL_PX, SIGMA_TIMES)
    assert np.sqrt(told.focal_px[0] * told.focal_px[2]) == pytest.approx(USUAL_PX)
    shown = zooming(600.0, 900.0, fitted=0.002, pan_deg=8.0)
    for times in (1.0, SIGMA_TIMES):
        told = lens_in_the_middle(shown, USUAL_PX, times)
        np.testing.assert_allclose(told.focal_px[[0, 2]], (600.0, 900.0), rtol=2e-3)
        np.testing.assert_allclose(told.rotation[2], shown.rotation[2], atol=3e-4)


def test_a_turn_beside_a_zoom_shows_the_same_picture_through_the_told_lens() -> None:
    poses = zooming(400.0, 640.0, fitted=0.2, pan_deg=2.0)
    told = lens_in_the_middle(poses, USUAL_PX)
    assert told.focal_px[0] < 390.0
    middle = np.array([[0.0, 0.0, 1.0]])
    places = [seen(each.rotation[2], np.zeros(3), each.focal_px[2], middle)[0] for each in (poses, told)]
    np.testing.assert_allclose(*places, atol=0.05)


def test_a_lens_that_is_given_and_what_shows_it_stay() -> None:
    zoom = zooming(500.0, 800.0, fitted=0.3)
    for held in (
        replace(zoom, focal_sigma_log=0.0),
        replace(zoom, translates=True),
        replace(zoom, radial=-0.05),
        replace(zoom, focal_px=np.full(3, 500.0)),
    ):
        assert lens_in_the_middle(held, USUAL_PX, SIGMA_TIMES) is held
