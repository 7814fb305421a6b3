"""What only looks like a cut, and is linked over."""

import clips
import numpy as np
import pytest

FLASH = [1, 2, 3]


@pytest.mark.parametrize("length", FLASH)
@pytest.mark.parametrize("kind", ["white", "bright", "glitch"])
def test_a_flash_is_no_cut(length: int, kind: str) -> None:
    rgb = clips.pan(0, 30)
    flash = rgb[14 : 14 + length].astype(float)
    other = {"white": 255.0, "bright": 200 + 0.3 * flash, "glitch": clips.pan(7, length).astype(float)}[kind]
    rgb[14 : 14 + length] = np.clip(other, 0, 255)
    assert clips.shot_starts(rgb) == []


def test_an_exposure_jump_is_no_cut() -> None:
    rgb = clips.pan(0, 30).astype(float)
    rgb[15:] = 255 * (rgb[15:] / 255) ** 0.4
    assert clips.shot_starts(np.rint(rgb).astype(np.uint8)) == []


def test_a_large_object_that_passes_is_no_cut() -> None:
    rgb = clips.pan(0, 40, hw=(120, 160), step_px=0.5)
    cover = clips.texture(9, (120, 110))
    for number in range(10, 30):
        x = -110 + 270 * (number - 10) // 20
        left, right = max(0, x), min(160, x + 110)
        rgb[number, :, left:right] = cover[:, left - x : right - x]
    assert clips.shot_starts(rgb) == []


def test_a_pan_of_few_frames_a_second_is_judged_by_the_motion_beside_it() -> None:
    assert clips.shot_starts(clips.pan(3, 16, step_px=30.0), fps=4.0) == []
