"""The picture of a run."""

from pathlib import Path

import numpy as np
import pytest
from made_shots import shot
from made_structure import structure, trajectory

from sfm.structure import Structure


def test_the_picture_shows_tracks_by_their_verdict(tmp_path: Path) -> None:
    from dataclasses import replace

    from matplotlib.figure import Figure

    from sfm.runs.figure import draw_frame

    tracks = np.full((3, 5, 2), np.nan)
    tracks[:2] = np.arange(20.0).reshape(2, 5, 2)
    picture = {
        "frame": np.array(2),
        "rgb": np.zeros((20, 30, 3), np.uint8),
        "tracks_px": tracks,
        "moving": np.array([False, True, True]),
    }
    axes = Figure().add_subplot()
    draw_frame(axes, replace(shot(), picture=picture))
    assert "frame 2: 1 tracks with the camera's motion (green), 1 against it (orange)" in axes.get_title()
    assert len(axes.images) == 1
    counted = trajectory().replace(time_s=3.0 * np.arange(len(trajectory())), time_source="index")
    draw_frame(axes, replace(shot(), picture=picture, trajectory=counted))
    assert axes.get_title().startswith("frame 6: ")  # as on the axes of the curves


def test_depth_and_movement_are_shown_where_they_are_known(tmp_path: Path) -> None:
    from dataclasses import replace

    import cv2
    from matplotlib.figure import Figure

    from sfm.runs.figure import draw_depth, draw_moving, write_picture

    dense = replace(shot(), structure=structure(), trajectory=trajectory())
    figure = Figure()
    above, below = figure.subplots(2)
    draw_depth(above, dense)
    draw_moving(below, dense)
    assert above.get_title() == "frame 2: 1 / depth, known in 97%"
    assert below.get_title() == "frame 2: masked as moving 11% of it (orange)"
    assert len(below.images) == 2
    sizes = []
    for each in (dense, replace(dense, structure=None), replace(dense, structure=_points_only())):
        write_picture(each, trajectory(), tmp_path / "plot.png", title="a", backend="dense")
        picture = cv2.imread(str(tmp_path / "plot.png"))
        assert picture is not None
        sizes.append(picture.shape[1])
    assert sizes == [1950, 1400, 1400]


def test_a_long_reason_stays_above_the_panels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from matplotlib.figure import Figure

    from sfm.runs.figure import write_picture

    tops: list[float] = []

    def measured(figure: Figure, *_: object, **__: object) -> None:
        renderer = figure.canvas.get_renderer()  # pyright: ignore[reportAttributeAccessIssue]
        figure.draw(renderer)
        (title,) = figure.texts
        tops.append(max(axes.get_tightbbox(renderer).y1 for axes in figure.axes))
        assert title.get_window_extent(renderer).y0 > tops[-1]

    monkeypatch.setattr(Figure, "savefig", measured)
    for count in (1, 80, 1000):
        each = replace(shot(), reason="why " * count)
        write_picture(each, trajectory(), tmp_path / "plot.png", title="a", backend="dense")
    assert tops[1] < tops[0] - 20  # the panels make room


def test_a_long_name_is_not_cut_off() -> None:
    from sfm.runs.figure import headline

    lines = headline(shot(), trajectory(), "a_long_name_" * 20, "dense").split("\n")
    assert max(map(len, lines)) <= 150
    assert "".join(lines).count("a_long_name_") == 20


def test_a_camera_that_does_not_travel_has_no_depth_to_show() -> None:
    from dataclasses import replace

    from matplotlib.figure import Figure

    from sfm.runs.figure import draw_depth

    axes = Figure().add_subplot()
    unknown = np.full((5, 5, 7), np.nan, np.float32)
    flat = replace(structure(), depth=unknown, depth_sigma_log=unknown)
    draw_depth(axes, replace(shot(), structure=flat))
    assert "does not translate" in axes.texts[0].get_text()


def test_a_frame_of_pixels_that_are_not_square_is_drawn_in_its_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from matplotlib.figure import Figure

    from sfm.runs.figure import write_picture

    drawn: list[float] = []
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, *_, **__: drawn.extend(a.get_aspect() for a in figure.axes if a.images)
    )
    wide = trajectory()
    assert wide.intrinsics_px is not None
    wide = wide.replace(intrinsics_px=wide.intrinsics_px * np.array([0.5, 1.0, 1.0])[:, None])
    dense = replace(shot(), structure=structure(), trajectory=wide)
    write_picture(dense, wide, tmp_path / "plot.png", title="a", backend="dense")
    assert drawn == pytest.approx([0.5] * 3)


def _points_only() -> Structure:
    whole = structure()
    return Structure(image_hw=whole.image_hw, points=whole.points, colour=whole.colour, tracks=whole.tracks)
