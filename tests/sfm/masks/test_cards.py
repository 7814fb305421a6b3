"""Cards and noise are named; what a camera saw is not, however still it stands and whatever it shows."""

from pathlib import Path

import clips
import cv2
import numpy as np
import pytest

import sfm
from sfm.config import EstimateConfig
from sfm.masks import find as evidence
from sfm.masks.cards import no_scene
from sfm.video import reader

HW = (180, 320)
COLOURS = np.array([(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1)]) * 191


def bars(hw: tuple[int, int] = HW) -> np.ndarray:
    """Colour bars over a row of castellations and a row of levels, as SMPTE EG 1 has them."""
    column = np.arange(hw[1]) * 7 // hw[1]
    card = np.tile(COLOURS[column], (hw[0], 1, 1))
    card[hw[0] * 2 // 3 :] = COLOURS[6 - column]
    card[hw[0] * 3 // 4 :] = (np.arange(hw[1]) * 6 // hw[1] * 50)[None, :, None]
    return card.astype(np.uint8)


def grid() -> np.ndarray:
    card = np.full((*HW, 3), 110, np.uint8)
    card[::40] = card[:, ::40] = 255
    return card


def said(rgb: np.ndarray) -> str:
    frames = clips.as_frames(rgb)
    return no_scene(frames, evidence.find(frames))


def tiles(count_hw: tuple[int, int]) -> np.ndarray:
    dark = np.indices(count_hw).sum(0) % 2 == 0
    return np.where(dark.repeat(20, 0).repeat(20, 1)[..., None], 60, 180).repeat(3, 2).astype(np.uint8)


@pytest.mark.parametrize("card", [bars(), grid(), tiles((9, 16))])
def test_a_card_is_no_scene_after_a_codec_too(card: np.ndarray, tmp_path: Path) -> None:
    frames = reader.load(clips.encode(tmp_path / "card.mp4", np.stack([card] * 12), crf=28))
    assert no_scene(frames, evidence.find(frames)).startswith("a test pattern")


def test_a_clock_may_run_on_a_card() -> None:
    rgb = np.stack([bars()] * 12)
    for number, image in enumerate(rgb):
        cv2.putText(image, f"{number:02d}", (130, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 3)
    assert said(rgb).startswith("a test pattern")


def test_the_estimate_says_it_with_a_remedy() -> None:
    (shot,) = sfm.estimate(clips.as_frames(np.stack([bars()] * 12)), EstimateConfig()).shots
    assert shot.status == "failed"
    assert "test pattern" in shot.reason
    assert "give a clip that shows a scene" in shot.reason


def test_noise_is_no_scene() -> None:
    rng = np.random.default_rng(0)
    grain = rng.integers(0, 256, (8, 90, 160, 1), dtype=np.uint8).repeat(3, 3).repeat(2, 1).repeat(2, 2)
    assert said(grain).startswith("noise is no scene")


def test_a_clip_of_one_colour_says_so() -> None:
    (shot,) = sfm.estimate(clips.as_frames(np.full((8, *HW, 3), 112, np.uint8)), EstimateConfig()).shots
    assert (shot.status, "of one colour" in shot.reason) == ("failed", True)


# What a camera saw


def test_a_held_picture_is_a_scene() -> None:
    assert said(np.stack([clips.texture(0, HW)] * 8)) == ""


def test_a_held_drawing_with_round_shapes_is_a_scene() -> None:
    image = np.full((*HW, 3), 200, np.uint8)
    for k in range(12):
        cv2.circle(image, (20 + 25 * k, 40 + 9 * k), 14, (20 * k, 90, 255 - 20 * k), -1)
    assert said(np.stack([image] * 8)) == ""


def test_a_wall_of_tiles_that_moves_is_a_scene() -> None:
    wall = tiles((12, 24))
    assert said(np.stack([clips.window(wall, 3 * k, 2 * k, HW) for k in range(12)])) == ""


def test_a_held_photograph_of_a_door_is_a_scene() -> None:
    y, x = np.indices(HW)
    wall = 150 + 60 * np.exp(-((x - 60) ** 2 + (y - 30) ** 2) / 150**2)  # lit by a lamp
    wall[50:165, 150:215] *= 0.5
    wall[165:] *= 0.4
    assert said(np.stack([wall.astype(np.uint8)[..., None].repeat(3, 2)] * 8)) == ""


def test_a_window_with_a_film_between_bars_is_a_scene() -> None:
    rgb = np.zeros((12, *HW, 3), np.uint8)
    rgb[:, :, 110:210] = clips.pan(0, 12, hw=(180, 100))
    assert said(rgb) == ""


def test_real_stills_held_are_scenes(shared: Path) -> None:
    for folder in ("7scenes_pan_right", "fox_handheld_orbit"):
        first = min((shared / "data" / folder / "frames").iterdir())
        image = reader.load(first).rgb[0]
        assert said(np.stack([image] * 4)) == "", folder
