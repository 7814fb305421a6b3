"""A frame around the picture that rests: found where the picture in it moves, and only there."""

import cv2
import numpy as np
import pytest
from clips import as_frames, pan

from sfm.masks import find
from sfm.masks.rims import find_rim
from sfm.shots import boundaries as shots

HW, FRAMES = (180, 320), 16


def texture(seed: int) -> np.ndarray:
    rough = np.random.default_rng(seed).normal(120, 90, (*HW, 3))
    return np.clip((cv2.GaussianBlur(rough, (0, 0), 2.0) - 120) * 4 + 110, 0, 255).astype(np.uint8)


def framed(rgb: np.ndarray, depths_px: tuple[int, int, int, int], seed: int = 5) -> np.ndarray:
    top, bottom, left, right = depths_px
    inside = (slice(None), slice(top, HW[0] - bottom), slice(left, HW[1] - right))
    out = np.broadcast_to(texture(seed), rgb.shape).copy()
    out[inside] = rgb[inside]
    return out


def moving() -> np.ndarray:
    return pan(3, FRAMES, hw=HW)


def rippled(rgb: np.ndarray) -> np.ndarray:
    """As a codec leaves what rests."""
    noise = np.random.default_rng(1).normal(0, 1.0, rgb.shape)
    return np.clip(rgb + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("depths_px", [(9, 9, 16, 16), (20, 24, 30, 30), (6, 6, 6, 6), (10, 30, 6, 60)])
def test_a_frame_is_masked_to_its_edge(depths_px: tuple[int, int, int, int]) -> None:
    found = find.find(as_frames(rippled(framed(moving(), depths_px))))
    top, bottom, left, right = depths_px
    usable = found.usable
    assert not usable[:top].any()
    assert not usable[-bottom:].any()
    assert not usable[:, :left].any()
    assert not usable[:, -right:].any()
    inner = usable[top + 4 : -bottom - 4, left + 4 : -right - 4]
    assert inner.mean() > 0.99
    assert "a frame that rests around the picture masked: top " in found.notes[0]
    assert found.doubt == ""


def test_a_frame_that_is_most_of_the_picture_is_doubted() -> None:
    found = find.find(as_frames(framed(moving(), (40, 40, 70, 70))))
    assert found.usable.mean() > 0.8
    assert "rests around a smaller one that moves" in found.doubt


@pytest.mark.parametrize("rows_px", [1, 3, 8, 25, 60, 120])
def test_a_ticker_and_water_in_a_resting_picture_are_no_film_in_a_frame(rows_px: int) -> None:
    rng = np.random.default_rng(7)
    still = np.broadcast_to(texture(8), (FRAMES, *HW, 3)).copy()
    still[:, 30 : 30 + rows_px, 30:-30] = rng.integers(0, 255, (FRAMES, rows_px, HW[1] - 60, 3), dtype=np.uint8)
    found = find.find(as_frames(still))
    assert found.doubt == ""
    assert not found.blank.any()
    assert found.usable.mean() > 0.4
    assert shots.split(as_frames(still)) == ((0, FRAMES),)


def test_what_moves_before_a_camera_at_rest_leaves_no_frame() -> None:
    ground = np.broadcast_to(texture(8), (FRAMES, *HW, 3)).copy()
    walker = texture(9)[:90, :60]
    for k in range(FRAMES):  # crosses most of the picture
        ground[k, 60:150, 20 + 14 * k : 80 + 14 * k] = walker
    grey = rippled(ground)[..., 1]
    assert find_rim(grey, np.zeros(HW, bool)) is None
    ball = np.zeros((FRAMES, *HW), np.uint8) + texture(8)[..., 1]
    for k in range(FRAMES):  # moves in a round patch, all of which changes
        cv2.circle(ball[k], (160, 90), 60, int(20 + 13 * k), -1)
    assert find_rim(ball, np.zeros(HW, bool)) is None


def test_a_moving_picture_has_no_frame() -> None:
    assert find_rim(moving()[..., 1], np.zeros(HW, bool)) is None
    rest = np.broadcast_to(texture(8), (FRAMES, *HW, 3))
    assert find_rim(rippled(rest)[..., 1], np.zeros(HW, bool)) is None


def test_bars_are_no_frame() -> None:
    """A plain one is the business of `find_bars`, which takes no picture that rests for it."""
    rgb = moving().copy()
    rgb[:, :20] = rgb[:, -20:] = 0
    rgb[:, :, :24] = rgb[:, :, -24:] = 0
    bars = np.ones(HW, bool)
    bars[20:-20, 24:-24] = False
    assert find_rim(rgb[..., 1], bars) is None
    assert find.find(as_frames(rgb)).notes[0].startswith("bars masked: ")
