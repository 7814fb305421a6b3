"""How far what links both sides of a place may move."""

import clips
import numpy as np
import pytest


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
