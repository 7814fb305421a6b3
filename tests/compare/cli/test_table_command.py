"""`cinetraj table`."""

import csv
import io
from pathlib import Path

import made_runs
import pytest
from console import assert_one_clear_line, cinetraj

from compare.cli import table
from trajectory.errors import CinetrajError


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_runs.write(tmp_path_factory.mktemp("made"), clips=False)


def test_a_folder_of_runs_becomes_csv(runs: Path, tmp_path: Path) -> None:
    printed = cinetraj("table", runs, "--of", "segments")
    assert printed.returncode == 0
    rows = list(csv.DictReader(io.StringIO(printed.stdout)))
    assert {row["primitive"] for row in rows} >= {"Move_Right", "Pan_Right"}
    done = cinetraj("table", f"auto={runs}", f"dense={runs}", "--out", tmp_path / "runs.csv")
    assert done.stdout == f"10 rows: {tmp_path / 'runs.csv'}\n"
    one = cinetraj("table", runs / "truck", "--out", tmp_path / "one.csv")
    assert one.stdout.startswith("1 row: ")
    with (tmp_path / "runs.csv").open() as file:
        assert {row["set"] for row in csv.DictReader(file)} == {"auto", "dense"}


def test_folders_of_runs_without_names_are_told_the_words_that_work(runs: Path) -> None:
    (runs.parent / "other").symlink_to(runs)
    done = cinetraj("table", runs, runs.parent / "other", "--of", "runs")
    assert_one_clear_line(done, "several folders of runs have no names; give each its own, as ")
    assert cinetraj("table", *done.stderr.rstrip().partition(", as ")[2].split(), "--of", "runs").returncode == 0


def test_what_is_not_there_ends_with_two(tmp_path: Path) -> None:
    done = cinetraj("table", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert cinetraj("table").returncode == 2
    assert "ends in .txt, expected .csv" in cinetraj("table", tmp_path / "nowhere", "--out", "a.txt").stderr


def test_sources_with_names_are_sets(tmp_path: Path) -> None:
    (tmp_path / "a=b").mkdir()
    assert table.source_of((f"{tmp_path}/a=b",)) == f"{tmp_path}/a=b"  # a folder that is there is no name
    assert table.source_of(("a=x", "b=y")) == {"a": "x", "b": "y"}
    assert table.source_of((str(tmp_path), str(tmp_path))) == [str(tmp_path)] * 2
    with pytest.raises(CinetrajError, match="does not exist or has no name"):
        table.source_of(("a=x", "nowhere"))
    with pytest.raises(CinetrajError, match="two sets"):
        table.source_of(("a=x", "a=y"))
