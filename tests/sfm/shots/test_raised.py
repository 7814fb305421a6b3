"""Frame rates that were raised by blending."""

import clips
import numpy as np
import pytest

from sfm.shots import boundaries
from sfm.shots.raised import find_raised, without_blends


def raised(film: np.ndarray, times: int) -> np.ndarray:
    """Each frame, then so many blends of it and the next that there are `times` as many."""
    shares = np.arange(times)[:, None, None, None] / times
    between = [
        (1 - shares) * a + shares * b for a, b in zip(film[:-1].astype(float), film[1:].astype(float), strict=True)
    ]
    return np.rint(np.concatenate([*between, film[-1:]])).astype(np.uint8)


def cut_film() -> np.ndarray:
    return np.concatenate([clips.pan(4, 9, step_px=25.0), clips.pan(7, 9, step_px=-25.0)])


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_film_of_a_raised_rate_is_cut_where_the_film_is(times: int) -> None:
    film = cut_film()
    assert clips.shot_starts(film) == [9]
    found = boundaries.find(clips.as_frames(raised(film, times)))
    assert [start for start, _ in found.spans] == [0, 9 * times]


@pytest.mark.parametrize("times", [2, 3, 4])
def test_its_frames_are_found_from_wherever_the_clip_begins(times: int) -> None:
    rgb = raised(clips.pan(4, 12, step_px=25.0), times)
    for first in range(times):
        assert find_raised(rgb[first:]) == slice(-first % times, None, times)


def test_frames_of_a_camera_are_all_of_the_film() -> None:
    slow, fast = clips.pan(0, 30, step_px=0.3), clips.pan(0, 30, step_px=25.0)
    for film in (slow, fast, np.repeat(fast, 2, 0), slow[:1].repeat(20, 0), slow[:3]):
        assert find_raised(film) is None


def test_blends_are_left_out_with_a_note() -> None:
    film = clips.pan(4, 12, step_px=25.0)
    frames = clips.as_frames(raised(film, 3))
    bare = without_blends(frames)
    assert (bare.rgb == film).all()
    assert bare.index.tolist() == list(range(0, 34, 3))
    np.testing.assert_allclose(bare.time_s, frames.time_s[::3])
    assert bare.notes == (
        "22 of 34 frames are blends of their neighbours, by which the frame rate was multiplied by 3, and are left out",
    )
    assert without_blends(clips.as_frames(film)).notes == ()
