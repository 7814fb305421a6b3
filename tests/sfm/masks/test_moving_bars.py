"""Bars that open, close, come or go within one shot."""

import clips
import numpy as np
import pytest

from sfm.masks import find
from sfm.masks.moving_bars import find_moving_bars
from sfm.shots import boundaries

HW, LENGTH = (120, 160), 40
OPENS = np.interp(np.arange(LENGTH), [10, 30], [18, 0]).round().astype(int)
VANISHES = np.where(np.arange(LENGTH) < 20, 18, 0)


def behind_bars(film: np.ndarray, depths_px: np.ndarray, *, level: int = 0) -> np.ndarray:
    film = film.copy()
    for image, depth in zip(film, depths_px, strict=True):
        image[:depth] = image[len(image) - depth :] = level
    return film


@pytest.mark.parametrize("depths_px", [OPENS, OPENS[::-1], VANISHES, VANISHES[::-1]])
@pytest.mark.parametrize("beside", [False, True])
def test_bars_that_move_are_masked_at_their_widest(depths_px: np.ndarray, beside: bool) -> None:
    film = behind_bars(clips.pan(0, LENGTH, hw=HW, step_px=2.0), depths_px)
    found = find_moving_bars((film.transpose(0, 2, 1, 3) if beside else film)[..., 0])
    assert found is not None
    mask = found.mask.T if beside else found.mask
    assert np.concatenate([mask[:18], mask[-18:]]).all()
    assert not mask[21:-21].any()
    assert found.note == (
        f"bars that move masked at their widest: {'left and right' if beside else 'top and bottom'} between 0 and 18 px"
    )


def test_bars_that_rest_and_frames_that_fade_are_none_that_move() -> None:
    film = clips.pan(0, LENGTH, hw=HW, step_px=2.0)
    fades = np.rint(film * np.linspace(0, 1, LENGTH)[:, None, None, None]).astype(np.uint8)
    for each in (film, behind_bars(film, np.full(LENGTH, 18)), fades, behind_bars(film, VANISHES, level=200), film[:2]):
        assert find_moving_bars(each[..., 0]) is None


def test_bars_that_rest_do_not_move_where_their_edge_is_not_seen() -> None:
    film = behind_bars(clips.pan(0, LENGTH, hw=HW, step_px=2.0), np.full(LENGTH, 18))
    dark, written, black = film.copy(), film.copy(), film.copy()
    dark[20:30, 18:30] = 5
    written[10:25, -12:-6, 40:120:3] = 255
    black[:4] = 0
    for each in (dark, written, black):
        assert find_moving_bars(each[..., 0]) is None
        assert any("bars masked: top 18 px, bottom 18 px" in note for note in find.find(clips.as_frames(each)).notes)


def test_of_a_strip_that_is_hardly_higher_than_its_bars_something_is_left() -> None:
    film = clips.pan(0, 20, hw=(20, 640), step_px=2.0)
    frames = clips.as_frames(behind_bars(film, np.where(np.arange(20) < 10, 6, 0)))
    assert find_moving_bars(frames.rgb[..., 0]) is None
    assert len(boundaries.find(frames).spans) >= 1


@pytest.mark.parametrize("depths_px", [OPENS, VANISHES])
def test_a_change_of_the_format_is_no_cut_and_is_noted(depths_px: np.ndarray) -> None:
    frames = clips.as_frames(behind_bars(clips.pan(7, LENGTH, hw=HW, step_px=0.0), depths_px))
    assert len(boundaries.find(frames).spans) == 1
    assert any("bars that move" in note for note in find.find(frames).notes)


def test_a_cut_between_two_formats_is_one() -> None:
    film = np.concatenate([clips.pan(seed, LENGTH // 2, hw=HW, step_px=2.0) for seed in (1, 2)])
    assert clips.shot_starts(behind_bars(film, VANISHES)) == [20]
