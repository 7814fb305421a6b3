"""How far what links both sides of a place may move."""

from dataclasses import replace

import clips
import numpy as np
import pytest

from sfm.shots.boundaries import split


def test_a_cut_in_fast_motion_is_found() -> None:
    parts = [clips.blur_pan(seed, np.full(10, 25.0)) for seed in (0, 1)]
    assert clips.shot_starts(np.concatenate(parts)) == [10]


def test_a_jump_cut_inside_one_picture_is_a_cut() -> None:
    """The camera cuts in, half as close again: features still match, but nothing moves so far in one frame."""
    import cv2

    far = clips.pan(0, 15, hw=(240, 320), step_px=0.5)
    near = [cv2.resize(image[40:200, 30:243], (320, 240), interpolation=cv2.INTER_CUBIC) for image in far]
    assert clips.shot_starts(np.concatenate([far, np.stack(near)])) == [15]


@pytest.mark.parametrize("peak_px", [20, 45, 70])
def test_a_whip_pan_is_no_cut(peak_px: float) -> None:
    """Up to almost half of the width a frame, blurred over a quarter of it."""
    speed = 1 + peak_px * np.exp(-0.5 * ((np.arange(30) - 15) / 2.5) ** 2)
    assert clips.shot_starts(clips.blur_pan(3, speed)) == []


def test_a_pan_goes_on_over_a_gap_in_time() -> None:
    """Half a second without frames in a film of 25 a second: a steady pan moves fifteen times as far there."""
    shown = np.r_[0:12, 26:38]
    frames = replace(clips.as_frames(clips.pan(3, 38, step_px=8.0)[shown]), time_s=shown / 25)
    assert split(frames) == ((0, 24),)
    assert len(split(clips.as_frames(frames.rgb))) == 2  # as a jump from one frame to the next it is a cut
