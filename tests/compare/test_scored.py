"""One result, several in a row or by the names of their models are taken alike by tables, plots and pages."""

from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from paths import smooth

import compare
from compare import plots
from compare.report import page
from compare.report.tables import leaderboard, to_markdown
from compare.scored import records_of
from compare.scoring import Result, score_models
from trajectory.errors import CinetrajError


@pytest.fixture(scope="module")
def models() -> dict[str, Result]:
    return score_models({"a": smooth(1)}, {"near": {"a": smooth(2)}, "far": {"a": smooth(3)}}, detail=True)


def test_each_form_holds_the_same_records(models: dict[str, Result]) -> None:
    near, far = models.values()
    assert records_of(near) == records_of([near]) == records_of({"near": near}) == records_of(near.record())
    assert records_of(models) == records_of((near, far)) == records_of([near.record(), far])


def test_tables_plots_and_pages_take_each_form(models: dict[str, Result], tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    assert compare.table(models).equals(compare.table([*models.values()]))
    assert to_markdown(models) == to_markdown([*models.values()])
    assert leaderboard(models["near"]) == leaderboard([models["near"]])
    axes = Figure().add_subplot()
    plots.draw_errors(axes, models, "RotErr")
    plots.draw_errors(axes, models["near"], "RotErr")
    assert len(axes.lines) == 3
    pytest.importorskip("plotly")
    assert "near" in page.write(models, tmp_path / "page.html").read_text()


def test_what_is_no_record_is_told(models: dict[str, Result]) -> None:
    wrong: Any
    for wrong, told in (
        (models["near"].to_json(), "^scores have no model: they are no record; give the Result itself"),
        ([models["near"], 3], "^scores are of type int, expected results of compare.score"),
        (3, "^scores are of type int"),
    ):
        with pytest.raises(CinetrajError, match=told):
            records_of(wrong)
    with pytest.raises(CinetrajError, match=r"^scores have no model"):
        compare.table(models["near"].to_json())
    runs: Any = {"near": models["near"], "runs": Path("runs"), "far": models["far"].clips}
    with pytest.raises(CinetrajError, match=r"^set 'near' is of type Result, expected a run or a folder of runs"):
        compare.table(runs)
