"""Small pictures are means of what they show, whatever the size of the frames."""

import clips
import numpy as np
import pytest

from sfm.shots.thumbs import shrunk, thumbs_of


@pytest.mark.parametrize("hw", [(360, 640), (271, 480), (640, 360), (40, 30)])
def test_a_thumb_of_shrunk_frames_is_that_of_the_frames(hw: tuple[int, int]) -> None:
    film = np.stack([clips.texture(seed, hw) for seed in range(3)])
    plain, quick = thumbs_of(film, 32), thumbs_of(shrunk(film, 128), 32)
    assert plain.shape == quick.shape
    assert np.abs(plain - quick).mean() < 0.02 * plain.std()
    np.testing.assert_allclose(quick.mean(1), film.mean((1, 2, 3)), atol=1.0)


def test_frames_are_shrunk_by_whole_numbers_and_small_ones_are_left() -> None:
    film = clips.pan(0, 4, hw=(360, 640))
    assert shrunk(film, 288).shape == (4, 180, 320, 3)
    np.testing.assert_allclose(shrunk(film, 320)[0], film[0].reshape(180, 2, 320, 2, 3).mean((1, 3)), atol=0.51)
    small = clips.pan(0, 4, hw=(60, 80))
    assert shrunk(small, 288) is small
