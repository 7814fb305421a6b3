"""Several views in one picture are told from one view with a straight edge in it."""

import re

import numpy as np
import pytest
from clips import as_frames, pan

from sfm.masks import find
from sfm.masks.views import several_views

HW, FRAMES = (180, 320), 24


def said(rgb: np.ndarray) -> str:
    frames = as_frames(rgb)
    return several_views(frames, find.find(frames))


def one(seed: int, step_px: float = 3.0) -> np.ndarray:
    film = pan(seed, FRAMES, hw=HW, step_px=abs(step_px))
    return film if step_px >= 0 else film[::-1]


@pytest.mark.parametrize("step_px", [0.0, 1.5, -3.0])
def test_two_clips_side_by_side_are_two_views(step_px: float) -> None:
    both = one(1).copy()
    both[:, :, 160:] = one(2, step_px)[:, :, 160:]
    assert re.search(r"parted by an upright line at (49|50)% of its width", said(both))
    assert re.search(r"crop=iw\*0\.5\d?:ih:iw\*0\.\d\d:0 ONE", said(both))


def test_the_filter_keeps_the_larger_side() -> None:
    both = one(1).copy()
    both[:, :, 96:] = one(2, -2.0)[:, :, 96:]
    assert "crop=iw*0.70:ih:iw*0.30:0 " in said(both)


@pytest.mark.parametrize("hw", [(8, 400), (400, 8), (12, 320), (320, 12), (20, 20), (1, 900), (900, 1)])
def test_thin_pictures_have_no_seam(hw: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (6, *hw, 3), dtype=np.uint8)
    assert said(rgb) == ""


def test_two_clips_above_each_other_are_two_views() -> None:
    both = one(1).copy()
    both[:, 90:] = one(2, -2.0)[:, 90:]
    assert re.search(r"parted by a level line at (49|50)% of its height", said(both))


def test_one_view_is_one() -> None:
    assert said(one(1)) == ""


def test_a_straight_edge_that_rests_with_the_scene_parts_nothing() -> None:
    still = one(1, 0.0).copy()
    still[:, :, 160:] = 255 - still[:, :, 160:] // 2
    assert said(still) == ""


@pytest.mark.parametrize(("wide_px", "parted"), [(60, False), (320, True)])
def test_who_walks_before_a_horizon_parts_nothing(wide_px: int, parted: bool) -> None:
    """Sky and trees rest, the field below shows hardly a corner, and most of them are on someone who sinks."""
    scene, walker = one(1, 0.0).copy(), pan(2, FRAMES, hw=HW, step_px=0.0)
    field = 120.0 + 0.1 * (one(3).astype(float) - 120.0)
    scene[:, 70:] = np.rint(field).astype(np.uint8)[:, 70:]
    for number in range(FRAMES):
        where = slice(160 - wide_px // 2, 160 + wide_px // 2)
        scene[number, 70:, where] = np.roll(walker[number], 2 * number, 0)[70:, where]
    assert bool(said(scene)) == parted


def test_a_thin_line_on_the_film_parts_nothing() -> None:
    scratched = one(1).copy()
    scratched[:, :, 158:161] = 255
    assert said(scratched) == ""


def test_a_picture_between_panels_is_one_view() -> None:
    between = one(1).copy()
    for columns in (slice(0, 100), slice(220, None)):
        between[:, :, columns] = one(2, 1.0)[:, :, columns]
    assert said(between) == ""
