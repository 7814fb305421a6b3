"""describe and compare of many runs in other processes say what they say in one."""

import json
from pathlib import Path

import numpy as np
import pytest
from moves import MOVES, write_run

from compare.cli import compare, describe
from compare.cli._spread import chunks
from compare.cli.entry import main
from trajectory import io


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of a few moves, one of them without a path."""
    folder = tmp_path_factory.mktemp("made") / "runs"
    for name in list(MOVES)[:4]:
        write_run(folder, name, MOVES[name])
    write_run(folder, "dark", None, reason="black")
    return folder


def test_chunks_hold_all_in_order() -> None:
    assert list(chunks(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_descriptions_are_the_same_in_other_processes(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compare.cli._spread.CHUNK", 2)
    assert describe.run(describe.Args(target=runs)) == 1
    here = capsys.readouterr()
    assert describe.run(describe.Args(target=runs, jobs=2)) == 1
    there = capsys.readouterr()
    assert there.out == here.out
    assert here.err in there.err  # and a bar
    assert "dark: black" in there.err
    for options, said in (
        ({"jobs": 2, "plot": runs / "a.png"}, "--plot"),
        ({"engine": "ray", "jobs": 2}, "--jobs is 2, expected none"),
        ({"jobs": 0}, "--jobs is 0, expected a whole number from 1 to 1,024"),
    ):
        assert main(["describe", str(runs), *(f"--{k}={v}" for k, v in options.items())]) == 2
        assert said in capsys.readouterr().err
    assert main(["describe", str(runs / "dark" / "run.json"), "--jobs", "2"]) == 2
    assert "is no folder" in capsys.readouterr().err


def test_scores_are_the_same_in_other_processes(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in list(MOVES)[:4]:
        path = MOVES[name]
        shaken = path.world_from_cam.copy()
        shaken[:, :3, 3] += np.random.default_rng(2).normal(0, 0.01, (len(shaken), 3))
        io.write(path.replace(world_from_cam=shaken), other / f"{name}.npz", format="native")
    results: list[object] = []
    monkeypatch.setattr("compare.cli._spread.CHUNK", 2)
    for jobs in (1, 2):
        assert compare.run(compare.Args(reference=other, generated=(runs,), jobs=jobs, json=True)) == 0
        results.append(json.loads(capsys.readouterr().out))
    assert results[0] == results[1]
    assert main(["compare", str(other), "--all-pairs", "--jobs", "2"]) == 2
    assert "in one process" in capsys.readouterr().err
