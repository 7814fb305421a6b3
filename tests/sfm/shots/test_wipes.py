"""Shots that take each other's place bit by bit, and what passes before a camera that stays."""

import clips
import numpy as np
import pytest

from sfm.config import WipeConfig
from sfm.shots import boundaries as shots
from sfm.shots.thumbs import thumbs_of
from sfm.shots.wipes import find_wipes

HW, LENGTH, BEGIN = (120, 160), 60, 24


def spans(rgb: np.ndarray) -> tuple[tuple[int, int], ...]:
    return shots.split(clips.as_frames(rgb, 25.0))


def wiped(frames: int, shape: str) -> np.ndarray:
    """One slow pan takes the place of another, from a side or from the middle."""
    before, after = (clips.pan(seed, LENGTH, hw=HW, step_px=0.6) for seed in (1, 2))
    rows, columns = np.mgrid[: HW[0], : HW[1]]
    far = columns / HW[1] if shape == "wipe" else np.hypot(rows - HW[0] / 2, columns - HW[1] / 2) / 101.0
    share = np.clip((np.arange(LENGTH) - BEGIN) / frames, 0, 1)
    return np.where((far < share[:, None, None])[..., None], after, before)


@pytest.mark.parametrize("shape", ["wipe", "iris"])
@pytest.mark.parametrize("frames", [8, 12, 18])
def test_one_shot_that_takes_the_place_of_another_is_a_cut(shape: str, frames: int) -> None:
    found = spans(wiped(frames, shape))
    assert len(found) == 2
    assert BEGIN - 2 <= found[1][0] <= BEGIN + frames + 2


def test_a_quick_dissolve_of_moving_shots_is_a_cut() -> None:
    before, after = (clips.pan(seed, LENGTH, hw=HW, step_px=1.0).astype(float) for seed in (1, 2))
    share = np.clip((np.arange(LENGTH) - BEGIN) / 10, 0, 1)[:, None, None, None]
    assert len(spans(np.rint((1 - share) * before + share * after).astype(np.uint8))) == 2


def test_the_note_says_that_it_is_gradual() -> None:
    found = shots.find(clips.as_frames(wiped(12, "wipe"), 25.0))
    assert any(note.startswith("wipe at frame ") for note in found.notes)


def test_one_who_walks_past_is_no_cut() -> None:
    """He fills the picture from one side and leaves it on the other: what was there is there again."""
    ground, coat = clips.pan(1, LENGTH, hw=HW, step_px=0.2), clips.texture(2, (HW[0], 3 * HW[1]))
    film = ground.copy()
    for k in range(LENGTH):
        edge = int((k - 20) * 20)  # of what comes from the left, one and a half pictures wide
        low, high = max(0, edge - 240), min(HW[1], max(0, edge))
        if low < high:
            film[k, :, low:high] = coat[:, : high - low]
    assert len(spans(film)) == 1


@pytest.mark.parametrize("step_px", [0.0, 1.0, 3.0, 8.0])
def test_a_motion_is_no_wipe(step_px: float) -> None:
    film = clips.pan(3, LENGTH, hw=HW, step_px=step_px)
    assert len(spans(film)) == 1
    if step_px > 2:
        assert find_wipes(thumbs_of(film, 32), WipeConfig()) == []


@pytest.mark.parametrize("held", [(0, 20), (20, 0), (10, 10)])
def test_a_picture_that_is_held_makes_no_wipe_of_a_motion(held: tuple[int, int]) -> None:
    """One end explains all the frames that repeat, and these outnumber those that move."""
    film = clips.pan(3, 10, hw=HW, step_px=5.0)
    film = np.concatenate([film[:1].repeat(held[0], 0), film, film[-1:].repeat(held[1], 0)])
    assert find_wipes(thumbs_of(film, 32), WipeConfig()) == []


def test_a_wipe_is_quick() -> None:
    """At few frames a second a slow motion over flat areas looks like one."""
    thumbs = thumbs_of(wiped(9, "wipe"), 32)
    assert find_wipes(thumbs, WipeConfig(), step_s=1 / 25) == find_wipes(thumbs, WipeConfig()) != []
    assert find_wipes(thumbs, WipeConfig(), step_s=1 / 4) == []
