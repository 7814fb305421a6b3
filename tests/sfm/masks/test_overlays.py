"""Bars, logos and text that belong to the screen."""

from pathlib import Path

import clips
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfm import video
from sfm.masks import find as evidence
from sfm.types import Masks

HW = (180, 320)


def judge(rgb: np.ndarray) -> Masks:
    return evidence.find(clips.as_frames(rgb))


def through_codec(folder: Path, rgb: np.ndarray) -> np.ndarray:
    return video.load(clips.encode(folder / "clip.mp4", rgb, crf=23)).rgb


def logo() -> np.ndarray:
    """White letters with a dark rim on nothing: colour and alpha."""
    image = np.zeros((40, 90, 3), np.uint8)
    cv2.putText(image, "LOGO", (4, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 4)
    alpha = cv2.dilate(image, np.ones((3, 3), np.uint8)) > 0
    return np.where(alpha, image, 1)  # 1 marks what lets the scene through


def burn_in(rgb: np.ndarray, y: int, x: int) -> np.ndarray:
    stamp, result = logo(), rgb.copy()
    part = result[:, y : y + 40, x : x + 90]
    part[:] = np.where(stamp == 1, part, stamp)
    return result


def resting(count: int, noise: float = 1.5) -> np.ndarray:
    image = clips.texture(5, HW)
    return clips.noisy(np.repeat(image[None], count, 0), noise, np.random.default_rng(0))


def follow(count: int) -> np.ndarray:
    """A subject that stays nearly centred before a scene that moves; it sways a little, as people do."""
    rgb = clips.pan(0, count, hw=HW, step_px=4)
    subject = clips.texture(8, (120, 90))
    for number in range(count):
        y, x = 40 + 1.5 * np.sin(number / 2.0), 110 + 2.0 * np.sin(number / 3.0 + 1)
        rgb[number, 38:140, 108:180] = clips.window(subject, 8 - (x - 110), 8 - (y - 40), (102, 72))
    return rgb


@settings(deadline=None, max_examples=15)
@given(st.integers(4, 40), st.integers(4, 40), st.integers(0, 2), st.sampled_from([0, 16, 90, 255]))
def test_bars_of_any_width_and_colour_are_masked(first: int, second: int, sides: int, colour: int) -> None:
    rgb = clips.pan(0, 10, hw=HW)
    truth = np.zeros(HW, bool)
    if sides in (0, 2):
        truth[:first], truth[-second:] = True, True
    if sides in (1, 2):
        truth[:, :second], truth[:, -first:] = True, True
    rgb[:, truth] = colour
    masked = ~judge(rgb).usable
    assert masked[truth].all()
    assert masked.mean() < truth.mean() + 0.12


def test_bars_survive_a_codec_and_are_named(tmp_path: Path) -> None:
    rgb = clips.pan(0, 12, hw=HW)
    rgb[:, :24] = rgb[:, -24:] = 0
    found = judge(through_codec(tmp_path, rgb))
    rows = np.flatnonzero(~found.usable.all(1))
    np.testing.assert_allclose([rows[rows < 90].max() + 1, 180 - rows[rows > 90].min()], 26, atol=2)
    assert "top" in found.notes[0]
    assert "bottom" in found.notes[0]


def test_text_inside_a_bar_is_masked_with_it() -> None:
    rgb = clips.pan(0, 12, hw=HW)
    rgb[:, -44:] = 0
    rgb[:, 146:174, 100:190][:, :, :] = np.where(logo()[6:34] == 1, 0, logo()[6:34])
    assert not judge(rgb).usable[-44:].any()


def test_a_plain_border_of_the_scene_is_no_bar() -> None:
    rgb = resting(12)
    y, x = np.indices(HW)
    rgb[:, y > 100 + 0.1 * x] = 235  # a white table, whose far edge is not level
    assert judge(rgb).usable.all()


@pytest.mark.parametrize("place", [(6, 220), (130, 110)])
def test_a_burnt_in_logo_is_masked_while_the_camera_moves(tmp_path: Path, place: tuple[int, int]) -> None:
    y, x = place
    rgb = burn_in(clips.pan(0, 30, hw=HW, step_px=3), y, x)
    for picture in (rgb, through_codec(tmp_path, rgb)):
        masked = ~judge(picture).usable
        letters = np.zeros(HW, bool)
        letters[y : y + 40, x : x + 90] = (logo() > 1).all(2)
        assert masked[letters].mean() > 0.9
        assert masked.mean() < 0.12


def test_a_subtitle_of_one_second_is_masked() -> None:
    rgb = clips.pan(0, 100, hw=HW, step_px=2)
    rgb[40:75] = burn_in(rgb[40:75], 130, 110)
    masked = ~judge(rgb).usable
    assert masked[135:165, 120:190].mean() > 0.8
    assert masked.mean() < 0.12


@pytest.mark.parametrize("noise", [0.0, 1.5])
def test_nothing_is_masked_under_a_resting_camera(noise: float) -> None:
    found = judge(burn_in(resting(30, noise), 6, 220))
    assert found.usable.all()


def test_nothing_is_masked_when_large_things_move_before_a_resting_camera() -> None:
    rgb = resting(40)
    for number in range(40):
        rgb[number, 30:, 60:260] = clips.window(clips.texture(9, (200, 500)), 5.0 * number, 3, (150, 200))
    assert judge(rgb).usable.all()


def test_a_subject_that_stays_centred_is_not_masked() -> None:
    assert judge(follow(40)).usable.all()


@pytest.mark.parametrize("step_px", [0.3, 3.0, 15.0])
def test_nothing_is_masked_in_a_plain_clip(step_px: float) -> None:
    assert judge(clips.pan(3, 40, hw=HW, step_px=step_px)).usable.all()


def ticker(rgb: np.ndarray) -> np.ndarray:
    """Two lines of letters on a bar over the lower fifth, and a sign at the top."""
    result, (height, width) = rgb.copy(), HW
    bar = np.full((45, width, 3), (150, 20, 20), np.uint8)
    for row, text in ((18, "CAMERAS MOVE TO THE LEFT"), (38, "NOBODY KNOWS WHY THEY DO")):
        cv2.putText(bar, text, (4, row), cv2.FONT_HERSHEY_DUPLEX, 0.65, (255, 255, 255), 1)
    result[:, height - 50 : height - 5] = bar
    return result


def test_a_ticker_is_masked_and_scenery_about_a_large_mover_is_not(tmp_path: Path) -> None:
    judged = judge(through_codec(tmp_path, ticker(clips.pan(0, 20, hw=HW, step_px=4))))
    assert not judged.usable[140:168, 20:270].any()
    assert 0.15 < 1 - judged.usable.mean() < 0.3
    beside = resting(20)
    beside[:, 40:140] = clips.pan(1, 20, hw=(100, HW[1]), step_px=5)  # a train before a camera at rest
    assert judge(through_codec(tmp_path, beside)).usable.all()


def test_a_black_frame_between_bars_and_under_a_logo_is_blank() -> None:
    rgb = burn_in(clips.pan(0, 30, hw=HW, step_px=3), 110, 220)
    rgb[:, :20] = rgb[:, -20:] = 40
    rgb[12, 20:-20] = 0
    rgb[12] = burn_in(rgb[12:13], 110, 220)[0]
    assert np.flatnonzero(judge(rgb).blank).tolist() == [12]


def test_an_entirely_black_clip_is_blank_and_has_no_bars() -> None:
    found = judge(np.zeros((6, *HW, 3), np.uint8))
    assert found.blank.all()
    assert found.usable.all()
