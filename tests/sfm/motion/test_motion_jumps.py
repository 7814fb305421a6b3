"""Which paths jump."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfm.motion.jumps import jump, turns_at_once, zooms_at_once
from sfm.types import FramePoses


def walked(along: np.ndarray, *, depth: float = 1.0, valid: np.ndarray | None = None, moves: bool = True) -> FramePoses:
    """A camera at some places along its x axis."""
    n = len(along)
    seen = np.ones(n, bool) if valid is None else valid
    return FramePoses(
        rotation=np.tile(np.eye(3), (n, 1, 1)),
        translation=np.stack([-along, np.zeros(n), np.zeros(n)], 1),
        focal_px=np.full(n, 500.0),
        depth=np.full(n, depth),
        valid=seen,
        reason=tuple("" if v else "lost" for v in seen),
        translates=moves,
        translation_bound=None if moves else 0.1,
    )


WALK = np.arange(20) * 0.04
EVERY = np.arange(20) / 25.0


@pytest.mark.parametrize("frame", [1, 9, 19])
def test_a_step_that_stands_alone_is_a_jump(frame):
    there = walked(WALK + 1.4 * (np.arange(20) >= frame))
    assert jump(there, EVERY) == (frame, pytest.approx(1.44))


def test_jumps_are_measured_in_scene_depths():
    along = WALK + 1.4 * (np.arange(20) >= 9)
    assert jump(walked(10 * along, depth=10.0), EVERY) == (9, pytest.approx(1.44))
    assert jump(walked(along, depth=10.0), EVERY) is None


@pytest.mark.parametrize(
    "along",
    [
        WALK,
        np.linspace(0, 1, 20) ** 4 * 5,
        np.concatenate([np.zeros(10), np.arange(10) * 0.3]),
        np.random.default_rng(0).normal(0, 0.05, 20).cumsum(),
    ],
    ids=["even", "accelerating", "a start", "shaking"],
)
def test_a_camera_may_accelerate_start_and_shake(along):
    assert jump(walked(along), EVERY) is None


def test_frames_without_a_pose_are_no_jump():
    """What happened between them took its time."""
    valid = np.ones(20, bool)
    valid[5:15] = False
    assert jump(walked(WALK, valid=valid), EVERY) is None


def test_a_camera_that_does_not_travel_has_no_jump():
    assert jump(walked(WALK, moves=False), EVERY) is None
    assert jump(walked(WALK[:3] * 100), EVERY[:3]) is None


def test_what_was_left_out_between_two_frames_took_its_time():
    """Eighteen numbers between two images of a choice: the camera went on at its pace."""
    numbers = np.arange(20) + 17 * (np.arange(20) >= 9)
    along = 0.08 * numbers
    assert jump(walked(along), EVERY) == (9, pytest.approx(1.44))
    assert jump(walked(along), numbers * 1.0) is None


def turned(angle_deg: np.ndarray) -> FramePoses:
    """A camera that pans to some angles on the spot."""
    rotation = Rotation.from_rotvec(np.outer(-np.radians(angle_deg), (0, 1, 0))).as_matrix()
    return replace(walked(np.zeros(len(angle_deg)), moves=False), rotation=rotation)


@pytest.mark.parametrize("frame", [1, 9, 19])
def test_a_turn_in_one_frame_is_told(frame):
    found = turns_at_once(turned(0.5 * np.arange(20) + 8.0 * (np.arange(20) >= frame)), EVERY)
    assert found == [(frame, pytest.approx(8.5))]
    back = turns_at_once(turned(0.5 * np.arange(20) - 4.0 * (np.arange(20) >= frame)), EVERY)
    assert back == [(frame, pytest.approx(3.5))]


def test_several_turns_are_told_in_order():
    angle = 0.1 * np.arange(20) - 4.0 * (np.arange(20) >= 6) + 5.0 * (np.arange(20) >= 14)
    assert [frame for frame, _ in turns_at_once(turned(angle), EVERY)] == [6, 14]


@pytest.mark.parametrize(
    "angle_deg",
    [
        np.arange(20) * 3.0,
        np.linspace(0, 1, 20) ** 4 * 90,
        np.concatenate([np.zeros(10), np.cumsum(np.minimum(np.arange(10) * 2.0, 9.0))]),
        np.arange(20) * 0.1 + 1.5 * (np.arange(20) >= 9),
        np.random.default_rng(0).normal(0, 0.8, 20).cumsum(),
    ],
    ids=["even", "accelerating", "a whip", "a nudge", "shaking"],
)
def test_turns_of_a_camera_that_has_mass_are_no_cuts(angle_deg):
    assert turns_at_once(turned(angle_deg), EVERY) == []


def test_a_turn_over_frames_that_are_missing_is_none():
    angle_deg, time_s = 0.9 * np.r_[np.arange(10), 19 + np.arange(10)], np.r_[EVERY[:10], EVERY[9] + 0.4 + EVERY[:10]]
    assert turns_at_once(turned(angle_deg), time_s) == []


def test_a_pan_that_lags_and_catches_up_is_no_cut():
    dropped = 0.7 * (np.arange(20) + 4 * (np.arange(20) >= 9))
    assert turns_at_once(turned(dropped), EVERY) == []
    repeated = 0.8 * np.where((np.arange(20) >= 5) & (np.arange(20) < 10), 5, np.arange(20))
    assert turns_at_once(turned(repeated), EVERY) == []


def test_images_that_are_only_numbered_and_few_frames_a_second_may_jump():
    angle = 0.5 * np.arange(20) + 8.0 * (np.arange(20) >= 9)
    assert turns_at_once(turned(angle), np.arange(20.0)) == []
    assert turns_at_once(turned(angle), np.arange(20) / 4.0) == []


def zoomed(log_zoom: np.ndarray) -> FramePoses:
    return replace(walked(WALK), focal_px=500.0 * np.exp(log_zoom))


@pytest.mark.parametrize("log_zoom", [0.2, -0.25])
def test_a_picture_that_is_cut_closer_or_wider_zooms_at_once(log_zoom: float):
    found = zooms_at_once(zoomed(log_zoom * (np.arange(20) >= 7) + 0.002 * np.arange(20)), EVERY)
    assert found == [(7, pytest.approx(np.exp(log_zoom + 0.002)))]


def test_a_lens_that_zooms_quickly_takes_its_frames():
    crash = np.clip((np.arange(20) - 7) / 4, 0, 1) * 0.7
    assert not zooms_at_once(zoomed(crash), EVERY)
    assert not zooms_at_once(zoomed(0.03 * (np.arange(20) >= 7)), EVERY)
    assert not zooms_at_once(zoomed(0.3 * (np.arange(20) >= 7)), np.arange(20) / 2.0)  # two images a second


@pytest.mark.parametrize("times", [2, 3])
def test_a_film_whose_frames_are_all_shown_several_times_is_not_cut_at_each(times):
    """Twelve pictures a second in a file of twenty-four: between those a pan of 30 degrees a second goes 2.5."""
    shown, every = np.repeat(np.arange(20), times), np.arange(20 * times) / 24.0
    assert turns_at_once(turned(2.5 * shown), every) == []
    assert jump(walked(0.3 * shown), every) is None
    zoomed = replace(walked(np.zeros(len(shown))), focal_px=500.0 * np.exp(0.08 * shown))
    assert zooms_at_once(zoomed, every) == []
    cut = 9 * times
    assert [frame for frame, _ in turns_at_once(turned(0.5 * shown + 9.0 * (shown >= 9)), every)] == [cut]
    found = jump(walked(0.04 * shown + 1.4 * (shown >= 9)), every)
    assert found is not None
    assert found[0] == cut
    assert [frame for frame, _ in zooms_at_once(replace(zoomed, focal_px=500.0 * 1.3 ** (shown >= 9)), every)] == [cut]


def test_one_step_between_two_pictures_that_are_held_stands_alone():
    held = (np.arange(20) >= 9).astype(float)
    assert turns_at_once(turned(8.0 * held), EVERY) == [(9, pytest.approx(8.0))]
    assert jump(walked(1.4 * held), EVERY) == (9, pytest.approx(1.4))
