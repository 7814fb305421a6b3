"""Frames as pages and viewers show them."""

import io

import made_runs
import numpy as np
import pytest
from PIL import Image

from compare.film import Film, enlarged, jpeg, nearness_rgb, scaled_tracks, spaced, stacked
from compare.run_files import SavedDepth
from trajectory.errors import CinetrajError

DEPTH = SavedDepth(depth=np.asarray(made_runs.structure().depth, float), cell_px=made_runs.CELL, image_hw=made_runs.HW)


def film(**changes) -> Film:
    rows = np.arange(0, made_runs.N, 3)
    return Film(**({"rgb": made_runs.pixels()[rows], "rows": rows} | changes))


@pytest.mark.parametrize(("count", "most"), [(1, 5), (5, 5), (6, 5), (240, 240), (1000, 240)])
def test_frames_are_picked_evenly_and_not_too_many(count: int, most: int) -> None:
    rows = spaced(count, most)
    assert len(rows) <= most
    assert rows[0] == 0
    assert len(set(np.diff(rows).tolist())) <= 1
    assert count - 1 - rows[-1] < max(1, -(-count // most))


def test_tiles_of_one_picture_are_film_movement_and_depth() -> None:
    moving = np.zeros((4, *made_runs.HW), bool)
    moving[:, :10] = True
    rgb, names = stacked(film(moving=moving), DEPTH)
    h, w = made_runs.HW
    assert names == ("film", "moving", "depth")
    assert rgb.shape == (4, 3 * h, w, 3)
    np.testing.assert_array_equal(rgb[:, :h], film().rgb)
    assert (rgb[:, h : h + 10] == 255).all()
    assert not rgb[:, h + 10 : 2 * h].any()
    assert stacked(film(), None)[1] == ("film",)


def test_encoders_get_even_sides() -> None:
    odd = np.zeros((2, 45, 63, 3), np.uint8)
    assert stacked(Film(rgb=odd, rows=np.arange(2)), None)[0].shape == (2, 44, 62, 3)


@pytest.mark.parametrize(("hw", "even"), [((45, 1), (44, 2)), ((1, 64), (2, 64)), ((1, 1), (2, 2))])
def test_encoders_get_two_pixels_of_a_side_of_one(hw: tuple[int, int], even: tuple[int, int]) -> None:
    """Half of one is none: no page of such a clip could be written, nor of the runs after it in its folder."""
    strip = np.full((2, *hw, 3), 7, np.uint8)
    rgb = stacked(Film(rgb=strip, rows=np.arange(2), moving=np.ones((2, *hw), bool)), None)[0]
    assert rgb.shape == (2, 2 * even[0], even[1], 3)
    assert set(np.unique(rgb)) == {7, 255}


def test_near_is_brighter_than_far_and_the_unknown_is_black() -> None:
    rgb = nearness_rgb(DEPTH, np.array([0]), made_runs.HW)[0].astype(int)
    left, right = rgb[20, 5].sum(), rgb[20, 60].sum()  # the left half is twice as far
    assert right > left > 0
    assert not rgb[0, 0].any()


def test_a_grid_covers_the_pixels_of_its_cells() -> None:
    grid = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
    same = enlarged(grid, 4, (9, 13), (9, 13))[..., 0]
    np.testing.assert_array_equal(same[:8, :12], np.kron(grid[..., 0], np.ones((4, 4))))
    assert not same[8].any()  # beyond the grid
    half = enlarged(grid, 4, (8, 12), (4, 6))[..., 0]
    np.testing.assert_array_equal(half, np.kron(grid[..., 0], np.ones((2, 2))))


def test_places_scale_about_the_corner_of_the_picture() -> None:
    xy_px = np.array([[[-0.5, -0.5], [9.5, 4.5], [np.nan, np.nan]]])
    scaled = scaled_tracks(xy_px, (5, 10), (10, 20))
    np.testing.assert_allclose(scaled[0, :2], [[-0.5, -0.5], [19.5, 9.5]])
    assert np.isnan(scaled[0, 2]).all()


def test_frames_without_rows_are_refused() -> None:
    with pytest.raises(CinetrajError, match="0 frames for 0 rows"):
        Film(rgb=np.zeros((0, 4, 4, 3), np.uint8), rows=np.arange(0))


def test_a_frame_becomes_a_jpeg_of_its_size() -> None:
    image = Image.open(io.BytesIO(jpeg(made_runs.pixels()[0])))
    assert (image.format, image.size) == ("JPEG", (64, 48))
