"""Frames with what was seen in them."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from trajectory import plot_frames
from trajectory.colors import AGAINST, ALONG
from trajectory.model import Trajectory

RGB = np.zeros((20, 30, 3), np.uint8)


def test_tracks_have_trails_of_their_own_colour() -> None:
    xy_px = np.full((3, 20, 2), np.nan)
    xy_px[0] = np.arange(20)[:, None]
    xy_px[1] = 30.0 - np.arange(20)[:, None]
    axes = Figure().add_subplot()
    plot_frames.draw_tracks(axes, RGB, xy_px, np.array([False, True, True]), 19, number=119)
    assert axes.get_title() == "frame 119: 1 tracks with the camera's motion (green), 1 against it (orange)"
    along, _, against, _ = axes.lines
    assert (along.get_color(), against.get_color()) == (ALONG, AGAINST)
    assert np.isfinite(along.get_xdata()).sum() == plot_frames.TRAIL + 1
    assert axes.get_xlim() == (-0.5, 29.5)


def test_depth_is_bright_where_it_is_near_and_blank_where_unknown() -> None:
    depth = np.array([[1.0, 2.0], [4.0, np.nan]])
    axes = Figure().add_subplot()
    plot_frames.draw_depth(axes, depth, 10, (20, 20), number=0)
    assert axes.get_title() == "frame 0: 1 / depth, known in 75%"
    np.testing.assert_allclose(np.ma.filled(axes.images[0].get_array(), np.nan), 1 / depth)
    assert axes.images[0].get_cmap().name == "viridis"
    assert tuple(axes.images[0].get_extent()) == (-0.5, 19.5, 19.5, -0.5)


def test_frames_that_have_numbers_are_called_by_them() -> None:
    kept = np.array([0.0, 3.0, 7.0])
    counted = Trajectory(
        world_from_cam=np.tile(np.eye(4), (3, 1, 1)), time_s=kept, valid=np.ones(3, bool), time_source="index"
    )
    assert plot_frames.number_of(counted, 2, 20) == 7
    assert plot_frames.number_of(counted.replace(time_source="seconds"), 2, 20) == 22
    assert plot_frames.number_of(None, 2, 20) == 22


def test_what_moves_is_laid_over_the_frame() -> None:
    axes = Figure().add_subplot()
    moving = np.zeros((2, 3), bool)
    moving[0, 0] = True
    plot_frames.draw_moving(axes, RGB, moving, 10, number=4)
    assert len(axes.images) == 2
    assert axes.get_title() == "frame 4: masked as moving 17% of it (orange)"
    bare = Figure().add_subplot()
    plot_frames.draw_moving(bare, RGB, None, 1, number=4)
    assert bare.get_title() == "no movement mask"


def test_the_bar_beside_a_wide_picture_is_as_tall_as_that() -> None:
    figure = Figure(figsize=(6, 6))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    plot_frames.draw_depth(axes, np.ones((2, 8)), 10, (20, 80), number=0)
    figure.canvas.draw()
    picture, bar = (each.get_window_extent() for each in figure.axes)
    assert picture.height < 0.5 * figure.bbox.height
    assert (bar.y0, bar.y1) == (pytest.approx(picture.y0, abs=1), pytest.approx(picture.y1, abs=1))


def test_pixels_that_are_not_square_are_drawn_in_their_shape() -> None:
    """A frame of 20 x 30 of which each pixel is twice as wide as high, of a picture of 40 x 60, with its bar."""
    k = np.array([[50.0, 0, 30], [0, 100, 20], [0, 0, 1]])
    path = Trajectory(
        world_from_cam=np.eye(4)[None], time_s=np.zeros(1), valid=np.ones(1, bool), image_hw=(40, 60),
        intrinsics_px=k[None], scale="arbitrary",
    )  # fmt: skip
    figure = Figure(figsize=(12, 6))
    FigureCanvasAgg(figure)
    tracks, depth, moving, said = figure.subplots(1, 4)
    plot_frames.draw_tracks(tracks, RGB, None, None, 0, number=0)
    plot_frames.draw_depth(depth, np.ones((2, 3)), 10, (20, 30), number=0)
    plot_frames.draw_moving(moving, RGB, np.ones((2, 3), bool), 10, number=0)
    plot_frames.say(said, "no depth")
    for axes in (tracks, depth, moving, said):
        plot_frames.shape_pixels(axes, path)
    figure.canvas.draw()
    boxes = [axes.get_window_extent() for axes in (tracks, depth, moving)]
    np.testing.assert_allclose([box.width / box.height for box in boxes], 3.0, rtol=1e-6)
    bar = figure.axes[-1].get_window_extent()
    assert (bar.y0, bar.y1) == (pytest.approx(boxes[1].y0, abs=1), pytest.approx(boxes[1].y1, abs=1))
    assert said.get_aspect() == "auto"


def test_pixels_of_a_picture_of_unknown_size_keep_their_shape() -> None:
    """Files of MegaSaM and others tell a K and no size: their runs could not be drawn over their film."""
    k = np.array([[50.0, 0, 30], [0, 100, 20], [0, 0, 1]])
    path = Trajectory(
        world_from_cam=np.eye(4)[None], time_s=np.zeros(1), valid=np.ones(1, bool), intrinsics_px=k[None],
        scale="arbitrary",
    )  # fmt: skip
    axes = Figure().subplots()
    plot_frames.draw_tracks(axes, RGB, None, None, 0, number=0)
    plot_frames.shape_pixels(axes, path)
    assert axes.get_aspect() == 1.0
