"""How far a batch has come, read from its log and its runs."""

from pathlib import Path

import pytest
from made_shots import estimate, shot

from sfm.batch.manifest import open_manifest
from sfm.batch.progress import progress_of
from sfm.runs.folder import write_run


def test_without_a_log_every_run_is_done(tmp_path: Path) -> None:
    write_run(estimate(shot()), tmp_path / "a", plot=False)
    write_run(estimate(shot(status="failed")), tmp_path / "b", plot=False)
    found = progress_of(tmp_path)
    assert (found.clips, found.remaining, found.running, found.per_minute) == (2, (), False, None)
    assert [done.name for done in found.failed] == ["b"]


def test_done_at_work_and_remaining_are_all_clips(tmp_path: Path) -> None:
    for name in ("a", "b", "d"):
        write_run(estimate(shot()), tmp_path / name, plot=False)
    with open_manifest(tmp_path) as log:
        log.append("batch", names=["a", "b", "c", "d"])
        log.append("kept", name="a")
        for name in ("b", "c"):
            log.append("start", name=name)
        log.append("done", name="b")
        found = progress_of(tmp_path)
        assert found.running
        assert [done.name for done in found.done] == ["a", "b"]
        assert found.remaining == ("c", "d")  # d lies there from another batch
        assert found.at_work == ("c",)
        assert found.per_minute is not None
        assert found.eta_s == pytest.approx(2 / found.per_minute * 60)
    after = progress_of(tmp_path)
    assert (after.running, after.at_work, after.eta_s) == (False, (), None)
    assert len(after.done) + len(after.remaining) == after.clips == 4


def test_runs_of_earlier_batches_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_run(estimate(shot()), tmp_path / name, plot=False)
    with open_manifest(tmp_path) as log:
        log.append("batch", names=["a", "b"])
        log.append("done", name="a")
        log.append("batch", names=["c"])
        log.append("done", name="c")
    found = progress_of(tmp_path)
    assert ([done.name for done in found.done], found.others) == (["c"], ("a", "b"))


def test_a_run_that_was_removed_by_hand_is_not_done(tmp_path: Path) -> None:
    with open_manifest(tmp_path) as log:
        log.append("batch", names=["a"])
        log.append("done", name="a")
    found = progress_of(tmp_path)
    assert (found.done, found.remaining) == ((), ("a",))
