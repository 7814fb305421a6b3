"""Drawings of a run from its folder."""

from pathlib import Path

import made_runs
import numpy as np
import pytest
from matplotlib.figure import Figure

from compare.cli._film import films
from compare.run_figure import draw_run, save_figure
from compare.run_files import shots_of
from sfm.runs import folder
from trajectory.errors import CinetrajError
from trajectory.frames import at_rows


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_runs.write(tmp_path_factory.mktemp("made"))


def test_the_drawing_shows_frame_depth_and_spread(runs: Path) -> None:
    (truck,) = shots_of(runs / "truck")
    figure = Figure(figsize=(14, 9))
    draw_run(figure, truck, films=films(long_side=64, most=100))
    titles = [axes.get_title() for axes in figure.axes]
    assert any("6 tracks with the camera's motion (green), 1 against it (orange)" in title for title in titles)
    assert any("1 / depth, known in 99%" in title for title in titles)
    bands = [axes for axes in figure.axes if axes.get_ylabel().startswith("position")]
    assert len(bands[0].collections) == 3
    assert figure.get_suptitle().startswith("truck: ok, confidence 0.77\nThe camera")


def test_a_long_name_is_not_cut_off(tmp_path: Path) -> None:
    (still,) = shots_of(
        folder.write_run(made_runs.estimate("gone.mp4", made_runs.shot(made_runs.path())), tmp_path / ("n" * 200))
    )
    figure = Figure()
    draw_run(figure, still)
    assert max(map(len, figure.get_suptitle().split("\n"))) <= 120


def test_what_is_missing_is_said(runs: Path) -> None:
    (pan,) = shots_of(runs / "pan")
    figure = Figure()
    draw_run(figure, pan)
    assert {text.get_text() for axes in figure.axes for text in axes.texts} >= {"no film", "no depth was kept"}
    (lost,) = shots_of(runs / "lost")
    with pytest.raises(CinetrajError, match="lost has no path to draw: no texture"):
        draw_run(Figure(), lost)


def test_the_bars_are_what_is_told(tmp_path: Path) -> None:
    bars: dict[float, list[str]] = {}
    for way in (0.1, 0.4):
        estimate = made_runs.estimate("gone.mp4", made_runs.shot(made_runs.there_and_back(way)))
        (shot,) = shots_of(folder.write_run(estimate, tmp_path / "run", plot=False))
        figure = Figure()
        draw_run(figure, shot)
        bars[way] = [label.get_text() for label in figure.axes[-1].get_yticklabels()]
    assert bars == {0.1: [], 0.4: ["Move Right", "Move Left"]}


def test_a_shorter_reference_has_no_poses_without_a_pose(runs: Path) -> None:
    # After its end every frame was marked as one in which it was lost.
    (truck,) = shots_of(runs / "truck")
    figure = Figure()
    whole = made_runs.path(way=(0.4, 0, 0), lost=2)
    draw_run(figure, truck, reference=at_rows(whole, np.arange(6)))
    lost = [line for axes in figure.axes for line in axes.lines if line.get_label() == "reference no pose"]
    assert [list(line.get_xdata()) for line in lost] == [[whole.time_s[2]]] * 2


def test_a_reference_whose_times_were_computed_otherwise_is_drawn_to_its_end(runs: Path) -> None:
    # Its last frame was left out, being a rounding before that of the run.
    (truck,) = shots_of(runs / "truck")
    figure = Figure()
    part = at_rows(made_runs.path(way=(0.4, 0, 0)), np.arange(6))
    draw_run(figure, truck, reference=part.replace(time_s=part.time_s - np.where(np.arange(6) == 5, 1e-12, 0.0)))
    drawn = [line for axes in figure.axes for line in axes.lines if str(line.get_label()).startswith("reference x")]
    assert [len(np.asarray(line.get_xdata())) for line in drawn] == [6]


def test_a_reference_is_named_wherever_it_is_drawn(runs: Path) -> None:
    (truck,) = shots_of(runs / "truck")
    figure = Figure()
    draw_run(figure, truck, reference=made_runs.path(way=(0.4, 0, 0)))
    told = [axes.get_legend().get_texts() for axes in figure.axes if axes.get_legend() is not None]
    assert [sum("reference" in text.get_text() for text in texts) for texts in told] == [1, 3, 3, 1]


def test_a_vector_drawing_is_written_whole(runs: Path, tmp_path: Path) -> None:
    (pan,) = shots_of(runs / "pan")
    assert save_figure(pan, tmp_path / "pan.svg").read_text().startswith("<?xml")
    with pytest.raises(CinetrajError, match=r"expected \.png, \.svg, \.pdf"):
        save_figure(pan, tmp_path / "pan.gif")
