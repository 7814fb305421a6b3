"""Tidy tables hold what the runs and the scores hold, a row for each observation."""

import builtins
import csv
import io
from dataclasses import replace
from pathlib import Path

import made_runs
import numpy as np
import pytest

import compare
from compare import run_files, tidy
from compare.scoring import Result, score
from sfm.runs.folder import write_run
from trajectory.errors import CinetrajError
from trajectory.picture import PARTS_HW, resized

KEYS = {
    "runs": ("clip", "shot"),
    "frames": ("clip", "shot", "frame"),
    "descriptions": ("clip", "shot", "primitive"),
    "scores": ("model", "protocol", "clip", "metric"),
    "errors": ("model", "protocol", "clip", "metric", "at"),
    "leaderboard": ("model", "protocol", "metric"),
}
"""What names a row of each kind."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_runs.write(tmp_path_factory.mktemp("made"), clips=False)


@pytest.fixture(scope="module")
def results() -> list[Result]:
    reference = {"truck": made_runs.path(way=(0.4, 0, 0)), "pan": made_runs.path(pan_deg=20.0)}
    near = {"truck": made_runs.path(way=(0.38, 0.02, 0)), "pan": made_runs.path(pan_deg=19.0)}
    far = {"truck": made_runs.path(way=(0.1, 0.3, 0))}
    return [score(reference, each, model=name, detail=True) for name, each in (("near", near), ("far", far))]


@pytest.mark.parametrize("kind", tidy.KINDS)
def test_a_row_is_one_observation(kind: tidy.Kind, runs: Path, results: list[Result]) -> None:
    found = tidy.rows(results if kind in tidy.OF_SCORES else runs, kind)
    assert found
    assert len({tuple(row) for row in found}) == 1  # the same columns in the same order
    if kind in KEYS:
        assert len({tuple(row[key] for key in KEYS[kind]) for row in found}) == len(found)
    for row in found:
        assert all(value is None or isinstance(value, str | bool | int | float) for value in row.values())


def test_runs_say_what_their_records_say(runs: Path) -> None:
    found = {(row["clip"], row["shot"]): row for row in tidy.rows(runs)}
    assert list(found) == [("cuts", "shot-000"), ("cuts", "shot-001"), ("lost", ""), ("pan", ""), ("truck", "")]
    truck, pan, lost = found["truck", ""], found["pan", ""], found["lost", ""]
    assert (truck["status"], truck["motion_model"], truck["registered"]) == ("ok", "full", made_runs.N - 1)
    assert truck["probability_translation"] == 0.81
    assert truck["sure_zoom"] is True
    assert truck["path_length"] == pytest.approx(0.4)
    assert truck["other_answers"] == 1
    assert pan["turned_deg"] == pytest.approx(20.0)
    assert pan["translation_bound"] == 0.01
    assert "pan" in pan["sentence"]
    assert lost["status"] == "failed"
    assert lost["sentence"] is None


def test_frames_are_those_of_the_trajectory(runs: Path) -> None:
    found = [row for row in tidy.rows(runs, "frames") if row["clip"] == "truck"]
    (shot,) = run_files.shots_of(runs / "truck")
    path = shot.trajectory()
    assert path is not None
    assert [row["valid"] for row in found] == path.valid.tolist()
    assert found[1]["x"] is None
    np.testing.assert_array_equal([row["x"] for row in found if row["valid"]], path.positions[path.valid, 0])
    assert found[-1]["sigma_x"] == pytest.approx(0.02)
    assert found[-1]["sigma_pan_deg"] == pytest.approx(np.degrees(0.01))
    pan = [row for row in tidy.rows(runs / "pan", "frames")]
    assert pan[-1]["pan_deg"] == pytest.approx(20.0)


def test_sets_of_runs_are_told_apart(runs: Path) -> None:
    found = tidy.rows({"auto": runs, "again": runs}, "runs")
    assert [row["set"] for row in found] == ["auto"] * 5 + ["again"] * 5


def test_scores_keep_failures_and_their_reasons(results: list[Result]) -> None:
    found = tidy.rows(results)
    (missing, *_) = [row for row in found if row["model"] == "far" and row["clip"] == "pan"]
    assert missing["value"] is None
    assert missing["failed"] is True
    assert missing["fault"] == "model"
    near = next(row for row in found if row["model"] == "near" and row["clip"] == "pan" and row["metric"] == "RotErr")
    assert near["value"] == results[0].clips["pan"].scores["RotErr"].value


def test_saved_scores_give_the_same_table(results: list[Result], tmp_path: Path) -> None:
    for result in results:
        result.save(tmp_path / f"{result.model}.json")
    assert tidy.rows(tmp_path) == tidy.rows(results[::-1])  # files come by name


def test_a_table_keeps_types_and_is_read_back(runs: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    found = compare.table({"auto": runs}, of="descriptions")
    assert isinstance(found, pandas.DataFrame)
    assert str(compare.table(runs)["sure_zoom"].dtype) == "boolean"  # what failed says nothing of it
    assert found["score"].dtype == float
    assert len(found.query("clip == 'truck' and yes")) >= 1
    again = pandas.read_parquet(tidy.write(found, tmp_path / "a.parquet"))
    pandas.testing.assert_frame_equal(again, found)
    assert len(pandas.read_csv(tidy.write(found, tmp_path / "a.csv"))) == len(found)


def test_csv_needs_no_pandas(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest, **more):
        if name.partition(".")[0] in ("pandas", "pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    found = tidy.rows(runs)
    text = tidy.write(found, tmp_path / "a.csv").read_text()
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(found)
    with pytest.raises(CinetrajError, match=r"pip install 'cinetraj\[tables\]'"):
        compare.table(runs)
    with pytest.raises(CinetrajError, match=r"pip install 'cinetraj\[tables\]'"):
        tidy.write(found, tmp_path / "a.parquet")


def test_wrong_questions_say_what_can_be_asked(runs: Path, results: list[Result], tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="no table of scores from runs, expected one of runs, frames"):
        tidy.rows(runs, "scores")
    with pytest.raises(CinetrajError, match="no table of runs from scores"):
        tidy.rows(results, "runs")
    with pytest.raises(CinetrajError, match="holds no run"):
        tidy.rows(tmp_path)
    with pytest.raises(CinetrajError, match=r"ends in \.xls, expected \.csv"):
        tidy.write([], tmp_path / "a.xls")
    with pytest.raises(CinetrajError, match="as a mapping"):
        tidy.rows([runs, runs])


def test_frame_numbers_are_no_seconds(tmp_path: Path) -> None:
    path = made_runs.path(pan_deg=10.0)
    images = path.replace(time_s=np.arange(made_runs.N, dtype=float), time_source="index")
    for name, each in (("film", path), ("images", images)):
        made = made_runs.estimate(name, made_runs.shot(each))
        made = replace(made, video={**made.video, "time_source": each.time_source})
        write_run(made, tmp_path / name, plot=False)
    first, second = tidy.rows(tmp_path)
    assert (first["start_s"], first["end_s"]) == (0.0, (made_runs.N - 1) / made_runs.FPS)
    assert (second["start_s"], second["end_s"]) == (None, None)
    assert (second["start"], second["stop"], second["time_source"]) == (0, made_runs.N, "index")
    times = [row["time_s"] for row in tidy.rows(tmp_path, "frames")]
    assert times == [*path.time_s.tolist(), *[None] * made_runs.N]


def test_a_focal_length_in_parts_of_the_picture_is_no_pixels(tmp_path: Path) -> None:
    parts = resized(made_runs.path(zoom=2.0), PARTS_HW)
    write_run(made_runs.estimate("gone.mp4", made_runs.shot(parts)), tmp_path / "a", plot=False)
    (row,) = tidy.rows(tmp_path)
    assert row["focal_px"] is None
    assert row["zoom"] == pytest.approx(2.0)
    assert {each["focal_px"] for each in tidy.rows(tmp_path, "frames")} == {None}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_what_names_the_rows_of_a_table_is_written(suffix: str, results: list[Result], tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    table = compare.table(results).query("metric in ('RotErr', 'TransErr')")
    read = {
        ".csv": pandas.read_csv,
        ".jsonl": lambda p: pandas.read_json(p, lines=True),
        ".parquet": pandas.read_parquet,
    }

    def columns(written: object) -> list[str]:
        back = read[suffix](tidy.write(written, tmp_path / f"table{suffix}"))  # pyright: ignore[reportArgumentType]
        return list(back.columns)

    values = table.groupby(["model", "metric"])["value"]
    assert columns(table.pivot_table(index="model", columns="metric", values="value")) == [
        "model",
        "RotErr",
        "TransErr",
    ]
    wide = table.pivot(index=["model", "clip"], columns=["protocol", "metric"], values="value")
    assert columns(wide) == ["model", "clip", "strict RotErr", "strict TransErr"]
    assert columns(values.mean()) == ["model", "metric", "value"]
    assert columns(values.describe())[:3] == ["model", "metric", "count"]
    assert columns(table["value"].describe().to_frame()) == ["index", "value"]
    assert columns(table.set_index("clip", drop=False)) == list(table.columns)
    assert columns(table) == list(table.columns)
