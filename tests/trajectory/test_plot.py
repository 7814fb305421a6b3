"""Plots draw on the caller's axes and change nothing else."""

import warnings
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.spatial.transform import Rotation
from turning import moving

from trajectory import plot
from trajectory.components import NAMES
from trajectory.curves import pose_sigma
from trajectory.errors import CinetrajError
from trajectory.picture import PARTS_HW, resized
from trajectory.segments import Segment


def test_position_is_drawn_in_the_axes_of_the_first_camera() -> None:
    trajectory = moving()
    world = np.eye(4)
    world[:3, :3] = Rotation.from_euler("y", 90, degrees=True).as_matrix()
    axes = Figure().add_subplot()
    plot.draw_position(axes, trajectory.replace(world_from_cam=world @ trajectory.world_from_cam))
    np.testing.assert_allclose(axes.lines[0].get_ydata(), np.linspace(0, 2, 20), atol=1e-12)
    np.testing.assert_allclose(axes.lines[2].get_ydata(), 0, atol=1e-12)


def test_paths_are_drawn_as_the_first_camera_sees_them_whatever_the_world() -> None:
    z_up = np.array([[1.0, 0, 0, 5], [0, 0, 1, -7], [0, -1, 0, 2], [0, 0, 0, 1]])
    trajectory = moving()
    other = np.array(trajectory.world_from_cam)
    other[:, 1, 3] -= 0.5  # half a unit higher
    space, above = (Figure().add_subplot(**kind) for kind in ({"projection": "3d"}, {}))
    for draw, axes in ((plot.draw_path, space), (plot.draw_top, above)):
        for poses in (trajectory.world_from_cam, other):
            draw(axes, trajectory.replace(world_from_cam=z_up @ poses))
    x = np.linspace(0, 2, 20)
    lines = [line.get_data_3d() for line in space.lines if len(line.get_data_3d()[0]) == 20]
    np.testing.assert_allclose(lines, [[x, 0 * x, 0 * x], [x, 0 * x, 0 * x + 0.5]], atol=1e-12)
    np.testing.assert_allclose(above.lines[0].get_data(), [x, 0 * x], atol=1e-12)


def test_invalid_frames_leave_gaps_and_marks() -> None:
    axes = Figure().add_subplot()
    plot.draw_position(axes, moving(invalid=(5, 6)))
    drawn = np.asarray(axes.lines[0].get_ydata())
    assert np.flatnonzero(np.isnan(drawn)).tolist() == [5, 6]
    np.testing.assert_allclose(axes.lines[3].get_xdata(), (0.5, 0.6))


def test_frames_between_frames_without_a_pose_are_dots_for_no_line_shows_them() -> None:
    figure: Any = Figure()
    path = moving(9, invalid=(1, 3, 6, 8))
    space = figure.add_subplot(projection="3d")
    flat = [figure.add_subplot() for _ in range(4)]
    plot.draw_path(space, path)
    for axes, draw in zip(flat, (plot.draw_top, plot.draw_position, plot.draw_rotation, plot.draw_focal), strict=True):
        draw(axes, path)
    for axes in (space, *flat):
        dots = [line for line in axes.lines if line.get_marker() == "." and len(line.get_xdata()) == 3]
        assert len(dots) == (3 if axes in flat[1:3] else 1)
    np.testing.assert_allclose(space.lines[1].get_data_3d()[0], [0, 0.5, 1.75])


def test_all_curves_have_the_time_of_all_frames() -> None:
    position, focal = Figure().subplots(2)
    lost = moving(invalid=(0, 1, 2, 18, 19))
    plot.draw_position(position, lost)
    plot.draw_focal(focal, lost)
    np.testing.assert_allclose(focal.get_xlim(), position.get_xlim())


def test_a_focal_length_in_parts_of_the_picture_is_not_said_to_be_pixels() -> None:
    axes, parts = Figure().subplots(1, 2)
    plot.draw_focal(axes, moving())
    plot.draw_focal(parts, resized(moving(), PARTS_HW))
    assert axes.get_ylabel() == "focal length [px]"
    assert parts.get_ylabel() == "focal length [parts of the picture]"


@pytest.mark.parametrize("zooms", [(1.0, 1.0), (1.0, 1.5), (1.5, 1.0)])
def test_focal_lengths_of_two_paths_are_both_in_view(zooms: tuple[float, float]) -> None:
    # The limits were those of the second alone: of 300 beside 900 pixels nothing was to be seen.
    axes = Figure().subplots()
    for zoom, factor in zip(zooms, (1.0, 3.0), strict=True):
        path = moving()
        assert path.intrinsics_px is not None
        k = np.array(path.intrinsics_px)
        k[:, 0, 0] = k[:, 1, 1] = 300.0 * factor * np.linspace(1, zoom, len(path))
        plot.draw_focal(axes, path.replace(intrinsics_px=k))
    low, high = axes.get_ylim()
    assert low < 295
    assert high > 900 * zooms[1]


def test_a_constant_focal_length_does_not_look_like_a_zoom() -> None:
    axes = Figure().add_subplot()
    plot.draw_focal(axes, moving())
    low, high = axes.get_ylim()
    assert low < 0.95 * 300 < 1.05 * 300 < high


@pytest.mark.parametrize("sigma_px", [5.0, 100.0, 250.0])
def test_the_band_of_a_constant_focal_length_is_not_cut(sigma_px: float) -> None:
    axes = Figure().add_subplot()
    plot.draw_focal(axes, moving().replace(focal_sigma_px=np.append(np.full(19, sigma_px), np.nan)))
    low, high = axes.get_ylim()
    assert low < 300 - sigma_px < 300 + sigma_px < high


def test_positions_are_in_the_units_that_a_page_names() -> None:
    def said(**changes: object) -> str:
        axes = Figure().add_subplot()
        plot.draw_position(axes, moving(invalid=(3,)).replace(**changes))
        return axes.get_ylabel()

    depth = np.full(20, 1.3)
    depth[3], depth[4] = 90.0, np.nan
    assert said(scene_depth=depth) == "position [scene depths]"
    assert said(scene_depth=3 * depth) == "position [units of the path]"
    assert said() == "position [units of the path]"
    assert said(scale="metric", scene_depth=depth) == "position [m]"
    assert said(scale="bounded", translation_bound=0.1) == "position (not seen)"


def test_the_unit_of_positions_is_that_of_the_first_path() -> None:
    axes = Figure().add_subplot()
    plot.draw_position(axes, moving().replace(scene_depth=np.full(20, 1.3)))
    plot.draw_position(axes, moving(), linestyle="--", prefix="reference ")
    assert axes.get_ylabel() == "position [scene depths]"


@pytest.mark.parametrize("paths", [1, 2])
def test_the_legend_of_one_or_two_paths_lies_above_their_curves(paths: int) -> None:
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    plot.draw_rotation(axes, moving())
    if paths == 2:
        plot.draw_rotation(axes, moving(turn_deg=20.0), linestyle="--", prefix="reference ")
    figure.canvas.draw()
    assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1


def boxes(figure: Figure) -> tuple[Any, list[Any]]:
    """What the title of a drawn figure and each of its panels take, with all of their labels."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    title = next(text for text in figure.texts if text.get_text() == figure.get_suptitle())
    return title.get_window_extent(renderer), [axes.get_tightbbox(renderer) for axes in figure.axes]


@pytest.mark.parametrize("lines", [1, 2, 4, 6])
def test_a_long_sentence_stays_above_the_panels(lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from trajectory import describe
    from trajectory.description import Description

    monkeypatch.setattr(Description, "sentence", " ".join(["camera"] * 15 * lines))
    figure = Figure(figsize=(11, 9.5))
    plot.draw_overview(figure, [moving()], description=describe(moving()))
    title, panels = boxes(figure)
    assert figure.get_suptitle().count("\n") == lines - 1
    assert title.y0 > max(panel.y1 for panel in panels)


@pytest.mark.parametrize(
    ("turn", "way"), [(0, (-0.2, -0.05, 0.02)), (90, (-0.2, 0.1, 0.0)), (0, (0.0, 0.0, 3.5)), (0, (-2e-6, 0.0, 3e-6))]
)
def test_the_labels_of_the_path_in_space_are_apart(turn: float, way: tuple[float, float, float]) -> None:
    trajectory = moving(turn_deg=turn, axis=2)
    poses = np.array(trajectory.world_from_cam)
    poses[:, :3, 3] = np.linspace(0, 1, 20)[:, None] * way
    figure = Figure(figsize=(10, 4))  # panels as large and as far apart as those of a run's plot.png
    figure.subplots_adjust(wspace=0.25)
    space = figure.add_subplot(1, 2, 1, projection="3d")
    plot.draw_path(space, trajectory.replace(world_from_cam=poses))
    plot.draw_top(figure.add_subplot(1, 2, 2), trajectory.replace(world_from_cam=poses))
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    shown = [
        (tick.label1, *sorted(axis.get_view_interval()), tick.get_loc())
        for axis in (space.xaxis, space.yaxis, space.zaxis)
        for tick in axis.get_major_ticks()
    ]
    numbers = [label for label, low, high, at in shown if low <= at <= high]
    assert not any(axis.get_offset_text().get_text() for axis in (space.xaxis, space.yaxis, space.zaxis))
    words = [space.zaxis.get_label(), figure.axes[1].yaxis.get_label()]
    taken = [text.get_window_extent(renderer) for text in (*numbers, *words)]
    assert len(taken) > 7
    assert not [pair for pair in combinations(taken, 2) if pair[0].overlaps(pair[1])]


@pytest.mark.parametrize("invalid", [(), (0, 3, 19), tuple(range(20))])
def test_overviews_change_no_setting_and_warn_of_nothing(tmp_path: Path, invalid: tuple[int, ...]) -> None:
    before = dict(matplotlib.rcParams)
    backend = matplotlib.get_backend()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot.save_overview([moving(invalid=invalid), moving(turn_deg=0.0)], tmp_path / "a.png", labels=["a", "b"])
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert dict(matplotlib.rcParams) == before
    assert matplotlib.get_backend() == backend


def test_a_trajectory_without_intrinsics_or_motion_is_drawn_too(tmp_path: Path) -> None:
    still = moving(turn_deg=0.0).replace(
        world_from_cam=np.tile(np.eye(4), (20, 1, 1)),
        intrinsics_px=None,
        focal_sigma_px=None,
        scale="bounded",
        translation_bound=float("inf"),
        time_source="index",
    )
    axes = Figure().add_subplot()
    plot.draw_focal(axes, still)
    assert "not known" in axes.texts[0].get_text()
    plot.save_overview([still], tmp_path / "still.png")
    assert (tmp_path / "still.png").stat().st_size > 1000


def test_a_description_becomes_a_timeline_and_a_title(tmp_path: Path) -> None:
    from trajectory import describe

    trajectory = moving(60, turn_deg=40.0)
    figure = Figure()
    plot.draw_overview(figure, [trajectory], description=describe(trajectory))
    below = figure.axes[-1]
    drawn = [label.get_text() for label in below.get_yticklabels()]
    assert {"Pan Right", "Move Right"} <= set(drawn)
    bar = below.patches[drawn.index("Pan Right")]
    assert 0 <= bar.get_x() < bar.get_x() + bar.get_width() <= trajectory.time_s[-1] + 1e-9
    assert below.get_xlim() == (0.0, trajectory.time_s[-1])
    assert figure.get_suptitle().startswith("The camera")


def test_the_timeline_has_no_bars_for_what_is_not_told() -> None:
    from trajectory import describe

    trajectory = moving(60, turn_deg=40.0)
    told = describe(trajectory)
    no = {name: replace(decision, yes=False) for name, decision in told.decisions.items()}
    unclear = tuple(replace(segment, margin=0.2) for segment in told.segments)
    figure = Figure()
    plot.draw_overview(figure, [trajectory], description=replace(told, decisions=no, segments=unclear))
    assert figure.axes[-1].get_yticklabels() == []


def test_clocks_that_tell_the_date_are_drawn_from_the_first_frame() -> None:
    from trajectory import describe

    dated = moving().replace(time_s=1.3050311e9 + moving().time_s)
    position, focal, below = Figure().subplots(3)
    plot.draw_position(position, dated)
    plot.draw_focal(focal, dated)
    plot.draw_segments(below, describe(dated).segments, dated)
    ends = [axes.lines[0].get_xdata()[[0, -1]] for axes in (position, focal)]
    np.testing.assert_allclose([*ends, below.get_xlim()], 3 * [[0.0, 1.9]], atol=1e-6)
    assert below.patches[0].get_x() < 1.9
    assert {axes.get_xlabel() for axes in (position, focal, below)} == {"time from the first frame [s]"}


def test_the_timeline_of_counted_frames_is_in_frames_as_the_curves_are() -> None:
    from trajectory import describe
    from trajectory.description import DescribeConfig

    counted = moving(60, turn_deg=40.0).replace(time_s=np.arange(60.0), time_source="index")
    figure = Figure()
    told = describe(counted, DescribeConfig(assumed_fps=10.0))
    plot.draw_overview(figure, [counted], description=told, index_fps=10.0)
    below = figure.axes[-1]
    assert below.get_xlim() == pytest.approx((0.0, 59.0))
    assert 30.0 < max(bar.get_x() + bar.get_width() for bar in below.patches) <= 59.0
    assert {axes.get_xlabel() for axes in figure.axes[2:]} == {"frame"}


def test_the_spread_of_poses_is_drawn_where_it_is_known() -> None:
    own = np.zeros((20, 6, 6))
    own[:, 0, 0], own[:, 4, 4] = 0.04, 0.01  # along the camera's own x, and about its y
    trajectory = moving(turn_deg=90.0).replace(pose_covariance=own)
    sigma = pose_sigma(trajectory)
    np.testing.assert_allclose(sigma[0], [0.2, 0, 0, 0, 0.1, 0], atol=1e-12)
    np.testing.assert_allclose(sigma[-1], [0, 0, 0.2, 0, 0.1, 0], atol=1e-9)  # x of the last camera is z of the first
    axes = Figure().add_subplot()
    plot.draw_position(axes, trajectory)
    assert len(axes.collections) == 3
    bare = Figure().add_subplot()
    plot.draw_position(bare, moving())
    assert not bare.collections
    assert np.isnan(pose_sigma(moving(invalid=tuple(range(20))))).all()


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_pictures_can_be_vectors(tmp_path: Path, suffix: str, start: bytes) -> None:
    file = tmp_path / "folders" / "are made" / f"a{suffix}"
    plot.save_overview([moving()], file)
    assert file.read_bytes().startswith(start)
    assert list(file.parent.iterdir()) == [file]


def test_other_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match=r"ends in \.tiff, expected \.png, \.svg, \.pdf"):
        plot.save_overview([moving()], tmp_path / "a.tiff")


def test_the_names_of_many_moves_are_apart() -> None:
    figure = Figure(figsize=(14, 1.4))
    below = figure.add_subplot()
    segments = [Segment(primitive=name, start_s=0.1, end_s=1.0, strength=1.0, margin=1.0) for name in NAMES]
    plot.draw_segments(below, segments, moving())
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    names = [label.get_window_extent(renderer) for label in below.get_yticklabels()]
    assert len(names) == 15
    assert not [pair for pair in combinations(names, 2) if pair[0].overlaps(pair[1])]


def test_no_segments_are_said_to_be_none() -> None:
    axes = Figure().add_subplot()
    plot.draw_segments(axes, (), moving(1))
    assert axes.texts[0].get_text() == "no segments"
