"""`cinetraj report`: a page and tables from saved scores."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from paths import smooth

from compare.cli import report as command
from compare.scoring import score
from sfm.video.encode import encode
from trajectory.errors import CinetrajError
from trajectory.model import Provenance


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    video = tmp_path / "clip.mp4"
    encode(np.random.default_rng(0).integers(0, 255, (12, 48, 64, 3), dtype=np.uint8), video, fps=12.0)
    made = Provenance(backend="auto", source=str(video))
    lost = Provenance(backend="auto", source=str(tmp_path / "moved.mp4"))
    references = {"a": smooth(1, provenance=made), "b": smooth(2)}
    result = score(references, {"a": smooth(3, provenance=lost)}, model="mine", detail=True)
    result.save(tmp_path / "scores" / "mine_strict.json")
    return tmp_path / "scores"


def test_all_outputs_hold_all_clips(scores: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("plotly")
    out = scores.parent / "out"
    args = command.Args(
        scores=(scores,), html=out / "r.html", csv=out / "r.csv", jsonl=out / "r.jsonl", markdown=out / "r.md"
    )
    assert command.run(args) == 0
    said = capsys.readouterr()
    assert "1 of 2 clips scored" in said.out
    assert "moved.mp4" in said.err  # a video that is gone is a warning, not the end
    rows = list(csv.DictReader((out / "r.csv").open()))
    assert [row["status"] for row in rows] == ["ok", "failed"]
    assert [json.loads(line)["clip"] for line in (out / "r.jsonl").read_text().splitlines()] == ["a", "b"]
    assert "| mine | 1/2 |" in (out / "r.md").read_text()
    assert (out / "r.html").read_text().count("data:image/jpeg;base64,") == 8


def test_without_outputs_the_leaderboard_is_printed(scores: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(command.Args(scores=(scores,))) == 0
    assert "| mine | 1/2 |" in capsys.readouterr().out


def test_a_dash_is_the_output_stream(
    scores: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was a file of that name, and nothing came through the pipe."""
    monkeypatch.chdir(scores.parent)
    dash = Path("-")
    assert command.run(command.Args(scores=(scores,), csv=dash, markdown=scores.parent / "r.md")) == 0
    said = capsys.readouterr()
    assert [row["status"] for row in csv.DictReader(said.out.splitlines())] == ["ok", "failed"]
    assert "r.md" in said.err
    assert not dash.exists()
    with pytest.raises(CinetrajError, match="can be given once"):
        command.run(command.Args(scores=(scores,), csv=dash, jsonl=dash))


def test_a_clip_under_two_protocols_is_not_taken_for_two(scores: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score({"a": smooth(1), "b": smooth(2)}, {"a": smooth(3)}, model="mine", time="progress").save(scores / "other.json")
    assert command.run(command.Args(scores=(scores,), csv=scores.parent / "r.csv")) == 0
    assert "2 of 4 clips scored (a clip counts once for each model and protocol)" in capsys.readouterr().out


def test_scores_that_come_twice_count_once(scores: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(command.Args(scores=(scores, scores), csv=scores.parent / "r.csv")) == 0
    assert "1 model under strict, 1 of 2 clips scored" in capsys.readouterr().out
    again = scores.parent / "again"
    score({"a": smooth(1), "b": smooth(2)}, {"b": smooth(5)}, model="mine").save(again / "mine_strict.json")
    assert command.run(command.Args(scores=(scores, again), csv=scores.parent / "r.csv")) == 0
    assert f"other scores of mine, which came before; they are called mine ({again})" in capsys.readouterr().err
    rows = list(csv.DictReader((scores.parent / "r.csv").open()))
    assert {row["model"] for row in rows} == {"mine", f"mine ({again})"}
    with pytest.raises(CinetrajError, match=f"give the folders in it, as {again}"):
        command.run(command.Args(scores=(scores.parent,)))


def test_bad_input(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="no scores given"):
        command.run(command.Args(scores=()))
    with pytest.raises(CinetrajError, match="holds no scores"):
        command.run(command.Args(scores=(tmp_path,)))


def test_sources_that_are_gone_are_one_line_however_many_they_are(
    scores: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("plotly")
    gone = {str(k): smooth(k, provenance=Provenance(backend="auto", source=f"gone/{k}.mp4")) for k in range(1, 6)}
    score(gone, gone, model="all", detail=True).save(scores / "all_strict.json")
    assert command.run(command.Args(scores=(scores,), html=scores.parent / "r.html")) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "moved.mp4: no such file" in line
    assert line.endswith("(and 5 more have none)")
