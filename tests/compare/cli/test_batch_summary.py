"""What is said at the end of a batch."""

from pathlib import Path
from typing import Any

import made_runs
import pytest
import small_batches

from compare.cli import _batch, main
from compare.cli.estimate import sentence, tell
from sfm.batch import Outcome
from sfm.config import BatchConfig


def outcome(name: str, status: str, how: str) -> Outcome:
    return Outcome(name=name, source=f"{name}.mp4", status=status, reason="blank", failure="", how=how)  # pyright: ignore


def test_failed_runs_that_were_kept_have_a_remedy() -> None:
    kept = [outcome("a", "failed", "kept"), outcome("b", "failed", "kept"), outcome("c", "ok", "kept")]
    assert _batch.summary(kept, 3, 1.0).splitlines()[-1] == (
        "2 failed runs kept from before; --retry-failed estimates them again"
    )
    new = [outcome("a", "failed", "computed"), outcome("c", "ok", "kept")]
    assert "--retry-failed" not in _batch.summary(new, 2, 1.0)


def test_what_could_not_be_read_of_a_clip_is_told_of_a_batch_as_of_a_single_clip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = BatchConfig(**{**small_batches.FAST, "jobs": 1})
    wanted = small_batches.clips(tmp_path, a="ok", b="damaged")
    _batch.estimate_batch(
        wanted, str(tmp_path / "out"), small_batches.CONFIG, config, say=print, tell=tell, sentence=sentence
    )
    assert capsys.readouterr().err == "cinetraj: warning: b: the file is cut short\n"


def test_a_clip_that_is_gone_is_an_error_though_its_run_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = BatchConfig(**{**small_batches.FAST, "jobs": 1})
    wanted = small_batches.clips(tmp_path, a="ok", b="ok")
    for gone in (False, True):
        if gone:
            Path(wanted[1].path).unlink()
        records, bad = _batch.estimate_batch(
            wanted, str(tmp_path / "out"), small_batches.CONFIG, config, say=print, tell=tell, sentence=sentence
        )
        assert {record["status"] for record in records.values()} == {"ok"}
        assert bad == ["b"] * gone
    said = capsys.readouterr()
    assert "1 kept from before, 1 whose run from before stays" in said.out
    assert said.err.startswith("cinetraj: error: b cannot be read, its run from before stays: ")


def test_runs_from_before_without_a_picture_have_a_remedy_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = made_runs.write(tmp_path, clips=False)  # none has a plot; all of lost failed, and a shot of cuts
    found = [outcome(name, "ok", "kept") for name in ("truck", "cuts", "lost")]
    line = _batch.without_plot([*found, outcome("pan", "ok", "computed")], runs)
    assert line == f"2 runs from before have no plot.png; cinetraj view {runs / 'truck'} --figure FILE.png draws one"
    monkeypatch.chdir(tmp_path)
    assert main(line.partition("cinetraj ")[2].removesuffix(" draws one").split()) == 0
    (runs / "truck" / "plot.png").write_bytes((tmp_path / "FILE.png").read_bytes())
    line = _batch.without_plot(found, runs)
    assert line.startswith(f"1 run from before has no plot.png; cinetraj view {runs / 'cuts'} ")
    (runs / "cuts" / "shot-000" / "plot.png").write_bytes(b"")
    assert _batch.without_plot(found, runs) == ""


def test_what_came_before_is_not_counted_anew_with_each_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Heard:
        name, source, how, reason, failure, retried, warned = "a", "a.mp4", "kept", "", "", 0, ()

        @property
        def status(self) -> str:
            asked.append("")
            return "ok"

    def batch(*_: Any, tell: Any) -> None:
        for _ in range(50):
            tell(Heard())

    monkeypatch.setattr("sfm.batch.run_batch", batch)
    _batch.estimate_batch(
        [], str(tmp_path), small_batches.CONFIG, BatchConfig(plot=False), say=print, tell=tell, sentence=sentence
    )
    assert len(asked) < 50 * 5
