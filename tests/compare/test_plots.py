"""Plots over many runs show the numbers that they are given, on the caller's axes."""

import warnings

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from paths import elsewhere, smooth

from compare import plots, tidy
from compare.scoring import Result, score
from trajectory.errors import CinetrajError


@pytest.fixture(scope="module")
def results() -> list[Result]:
    references = {name: smooth(i, scene_depth=np.full(40, 3.0)) for i, name in enumerate("abc")}
    near = {name: smooth(i + 10, scene_depth=np.full(40, 3.0)) for i, name in enumerate("abc")}
    return [score(references, each, model=name, detail=True) for name, each in (("same", references), ("near", near))]


def test_paths_of_other_worlds_are_laid_on_the_first() -> None:
    path = smooth(3)
    axes = Figure().add_subplot()
    plots.draw_paths(axes, {"a": path, "moved": elsewhere(path, 7)})
    first, second = (line for line in axes.lines if len(line.get_xdata()) == 40)
    np.testing.assert_allclose(second.get_xydata(), first.get_xydata(), atol=1e-9)
    bare = Figure().add_subplot()
    plots.draw_paths(bare, {"a": path, "moved": elsewhere(path, 7)}, laid=False)
    first, second = (line for line in bare.lines if len(line.get_xdata()) == 40)
    assert np.abs(np.asarray(second.get_xydata()) - np.asarray(first.get_xydata())).max() > 0.1


def test_paths_with_other_rates_are_taken_at_the_times_of_the_first() -> None:
    axes = Figure().add_subplot(projection="3d")
    paths = {"a": smooth(3, duration=2.0), "b": elsewhere(smooth(3, 79, duration=2.0), 5)}
    plots.draw_paths(axes, paths, view="space")
    assert len(axes.get_legend().get_texts()) == 2


def test_errors_against_time_are_those_of_the_scores(results: list[Result]) -> None:
    axes = Figure().add_subplot()
    plots.draw_errors(axes, results, "RotErr", clip="b")
    same, near = axes.lines
    expected = results[1].clips["b"].scores["RotErr"].per_frame
    assert expected is not None
    np.testing.assert_allclose(near.get_ydata(), expected, atol=1e-6)
    assert np.abs(same.get_ydata()).max() < 1e-5
    assert axes.get_xlabel() == "time [s]"


def test_errors_of_all_clips_are_their_median(results: list[Result]) -> None:
    axes = Figure().add_subplot()
    plots.draw_errors(axes, [results[1].record()], "RotErr")
    lines = [clip.scores["RotErr"].per_frame for clip in results[1].clips.values()]
    ends = [line[-1] for line in lines if line is not None]
    assert axes.lines[0].get_ydata()[-1] == pytest.approx(np.median(ends), abs=1e-5)
    with pytest.raises(CinetrajError, match="near has no Nothing over time"):
        plots.draw_errors(axes, [results[1]], "Nothing")


def test_distributions_count_what_has_no_value() -> None:
    table = [{"motion": "pan", "model": "a", "value": v} for v in (1.0, 2.0, 3.0, None)]
    table += [{"motion": "dolly", "model": "b", "value": v} for v in (4.0, float("nan"))]
    axes = Figure().add_subplot()
    plots.draw_distributions(axes, table, by="motion")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["pan (3, 1 without)", "dolly (1, 1 without)"]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert sorted(float(x) for line in dots for x in line.get_xdata()) == [1.0, 2.0, 3.0, 4.0]
    split = Figure().add_subplot()
    plots.draw_distributions(split, table, by="motion", split="model")
    assert {text.get_text() for text in split.get_legend().get_texts()} <= {"a", "b"}


def test_bars_of_precision_stand_beside_each_other() -> None:
    percent = {"ours": {"Move_In": 90.0, "Static": 80.0}, "other": {"Move_In": 70.0}, "Chance": {"Move_In": 20.0}}
    axes = Figure().add_subplot()
    plots.draw_precision(axes, percent)
    assert [bar.get_height() for bar in axes.patches[:2]] == [90.0, 80.0]
    assert axes.patches[2].get_height() == 70.0
    assert axes.patches[0].get_x() < axes.patches[2].get_x() < axes.patches[1].get_x()
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Move In", "Static"]
    assert axes.lines[0].get_ydata()[0] == 20.0


def test_risk_over_coverage_has_its_known_values() -> None:
    coverage, risk = plots.risk_coverage(np.array([0.9, 0.1, 0.8]), np.array([False, True, False]))
    np.testing.assert_allclose(coverage, [1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(risk, [0, 0, 1 / 3])


@pytest.mark.parametrize("seed", range(5))
def test_at_full_coverage_the_risk_is_the_share_of_errors_and_order_does_not_matter(seed: int) -> None:
    random = np.random.default_rng(seed)
    confidence, wrong = random.integers(0, 4, 30) / 4, random.random(30) < 0.4
    _, risk = plots.risk_coverage(confidence, wrong)
    assert risk[-1] == pytest.approx(wrong.mean())
    turned = random.permutation(30)
    np.testing.assert_allclose(plots.risk_coverage(confidence[turned], wrong[turned])[1], risk, atol=1e-12)


def test_the_better_ranking_has_the_smaller_area() -> None:
    wrong = np.arange(20) >= 15
    sure = np.linspace(1, 0, 20)
    axes = Figure().add_subplot()
    areas = plots.draw_risk_coverage(axes, {"good": (sure, wrong), "bad": (sure[::-1], wrong)})
    assert areas["good"] < areas["bad"]
    with pytest.raises(CinetrajError, match="3 confidences and 2 verdicts"):
        plots.risk_coverage(np.ones(3), np.ones(2, bool))


def test_what_is_not_decided_is_no_verdict() -> None:
    """As `yes` of a table of descriptions where no translation was seen and none can be excluded."""
    pandas = pytest.importorskip("pandas")
    sure = pandas.Series([0.9, 0.5, 0.4])
    for wrong in (pandas.Series([True, pandas.NA, False], dtype="boolean"), [True, None, False], [1.0, np.nan, 0.0]):
        with pytest.raises(CinetrajError, match=r"^of 3 verdicts 1 are not known; leave them out first, as by table\["):
            plots.draw_risk_coverage(Figure().add_subplot(), {"a": (sure, wrong)})
    for known in (
        pandas.Series([True, False, False], dtype="boolean"),
        [True, False, False],
        np.array([1.0, 0.0, 0.0]),
    ):
        assert plots.risk_coverage(sure, known)[1].tolist() == [1.0, 0.5, pytest.approx(1 / 3)]


def test_columns_that_a_table_lacks_are_told(results: list[Result]) -> None:
    rows = tidy.rows(results)
    for options, told in (
        ({}, r"no column 'motion_model', expected one of model, protocol, .*; name it by by="),
        ({"by": "metric", "value": "score"}, r"no column 'score', .*; name it by value="),
        ({"by": "metric", "split": "kind"}, r"no column 'kind', .*; name it by split="),
    ):
        with pytest.raises(CinetrajError, match=told):
            plots.draw_distributions(Figure().add_subplot(), rows, **options)


def test_a_path_in_space_needs_axes_in_space() -> None:
    with pytest.raises(CinetrajError, match=r"^these axes are flat; figure\.add_subplot\(projection='3d'\) makes some"):
        plots.draw_paths(Figure().add_subplot(), {"a": smooth(3)}, view="space")


def test_nothing_of_matplotlib_is_changed(results: list[Result]) -> None:
    before = dict(matplotlib.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.draw_errors(Figure().add_subplot(), results, "RotErr")
        plots.draw_precision(Figure().add_subplot(), {"ours": {"Move_In": None, "Static": 1.0}})
    assert dict(matplotlib.rcParams) == before
