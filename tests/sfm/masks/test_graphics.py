"""What is drawn on nothing is told; lamps, snow, silhouettes, cartoons and windows are not."""

from collections.abc import Callable

import clips
import cv2
import numpy as np
import pytest

from sfm.masks import find as evidence
from sfm.masks.cards import no_scene
from sfm.masks.graphics import is_graphic

HW = (180, 320)
WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "by", "night", "in", "Rome")


def said(rgb: np.ndarray) -> str:
    frames = clips.as_frames(rgb)
    return no_scene(frames, evidence.find(frames))


def ground(level: int, n: int = 6) -> np.ndarray:
    return np.full((n, *HW, 3), level, np.uint8)


def disc(level: int = 128, ink: int = 255) -> np.ndarray:
    rgb = ground(level)
    for k, image in enumerate(rgb):
        cv2.circle(image, (60 + 30 * k, 90), 26, (ink, ink, ink), -1, cv2.LINE_AA)
    return rgb


def lines(level: int, ink: int, size: float = 0.5) -> np.ndarray:
    """Text that scrolls."""
    rgb = ground(level)
    for k, image in enumerate(rgb):
        for row in range(12):
            text = " ".join(WORDS[(row + j) % len(WORDS)] for j in range(3))
            place = (70, 24 + 22 * row - 4 * k)
            cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (ink, ink, ink), 1, cv2.LINE_AA)
    return rgb


@pytest.mark.parametrize("made", [disc, lambda: disc(0), lambda: disc(255, 0), lambda: disc(90, 180)])
def test_one_disc_on_nothing_is_no_scene(made: Callable[[], np.ndarray]) -> None:
    assert said(made()).startswith("a drawing or a page of text")


@pytest.mark.parametrize(("level", "ink"), [(0, 255), (255, 0), (250, 60)])
def test_credits_and_pages_of_text_are_no_scene(level: int, ink: int) -> None:
    assert said(lines(level, ink)).startswith("a drawing or a page of text")


def test_credits_over_a_film_are_a_scene() -> None:
    film = clips.pan(0, 6, hw=HW)
    text = lines(0, 255)
    assert said(np.where(text > 60, text, film)) == ""


# What a camera saw


def lit(shape: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1)
    return clips.noisy(np.clip(shape, 0, 255)[..., None].repeat(3, -1).astype(np.uint8), 1.0, rng)


def off(x: float, y: float) -> np.ndarray:
    rows, columns = np.indices(HW)
    return np.hypot(columns - x, rows - y)


@pytest.mark.parametrize("glow", [4, 10, 30])
def test_a_lamp_at_night_glows(glow: float) -> None:
    night = np.stack([3 + 400 * np.exp(-off(80 + 9 * k, 70) / glow) for k in range(6)])
    assert said(lit(night)) == ""


def test_a_town_at_night_is_a_scene() -> None:
    rng = np.random.default_rng(2)
    town = np.full((6, *HW), 2.0)
    for x, y, level in zip(
        rng.integers(4, 300, 400), rng.integers(60, 170, 400), rng.uniform(40, 255, 400), strict=True
    ):
        for k in range(6):
            town[k, y : y + 2, x + 2 * k : x + 2 * k + 2] = level
    assert said(lit(town)) == ""


def test_windows_of_a_tower_at_night_are_a_scene() -> None:
    rng = np.random.default_rng(3)
    tower = np.full((6, *HW), 2.0)
    level = rng.uniform(0, 255, (11, 16))
    for k in range(6):
        for row, column in np.ndindex(level.shape):
            y, x = 6 + 16 * row, 50 + 13 * column + 2 * k
            tower[k, y : y + 7, x : x + 6] = level[row, column]
    assert said(lit(tower)) == ""


@pytest.mark.parametrize("level", [255, 215])
def test_a_man_in_the_snow_is_a_scene(level: int) -> None:
    man = clips.texture(5, (60, 24)) // 2
    rgb = ground(level)
    for k, image in enumerate(rgb):
        image[60:120, 100 + 4 * k : 124 + 4 * k] = man
    assert said(clips.noisy(rgb, 1.0, np.random.default_rng(0))) == ""


def test_sand_is_a_scene() -> None:
    sand = clips.pan(6, 6, hw=HW).astype(float)
    assert said((150 + (sand - sand.mean()) * 0.12).astype(np.uint8)) == ""


def test_a_cartoon_whose_ground_moves_is_a_scene() -> None:
    wall = np.full((260, 460, 3), 200, np.uint8)
    for k in range(14):
        cv2.rectangle(wall, (33 * k, 150), (33 * k + 20, 259), (60, 110, 40), -1)
    cv2.circle(wall, (200, 70), 40, (250, 220, 90), -1)
    assert said(np.stack([clips.window(wall, 6 * k, 20, HW) for k in range(6)])) == ""


def test_blinds_are_a_scene() -> None:
    blinds = np.full((260, 460, 3), 190, np.uint8)
    for k in range(16):
        blinds[16 * k : 16 * k + 5] = 90
    assert said(np.stack([clips.window(blinds, 0, 2 * k, HW) for k in range(6)])) == ""


def test_a_thing_on_a_white_table_is_a_scene() -> None:
    thing = ground(252)
    thing[:, 50:130, 100:220] = clips.pan(8, 6, hw=(80, 120))
    assert said(thing) == ""


def test_an_empty_picture_has_nothing_drawn() -> None:
    assert not is_graphic(np.full(HW, 90, np.uint8))
