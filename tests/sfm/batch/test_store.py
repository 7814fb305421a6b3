"""Runs of a batch on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from made_shots import estimate, shot
from made_structure import structure, trajectory

from sfm.batch.store import copy_run, stored, stored_runs, sweep
from sfm.runs.folder import TRAJECTORY_FILE, read_run, write_run
from sfm.runs.saved import alternative_file, copied_files
from trajectory import io
from trajectory.model import Provenance

BATCH = {"batch": {"key": "k", "failure": "", "limits": {"time_limit_s": 9.0}}}


def test_only_whole_runs_of_a_batch_count(tmp_path: Path) -> None:
    write_run(estimate(shot()), tmp_path / "mine", plot=False, extra=BATCH)
    write_run(estimate(shot(status="failed")), tmp_path / "dark", plot=False, extra=BATCH)
    write_run(estimate(shot()), tmp_path / "alone", plot=False)
    write_run(estimate(shot(), shot(5)), tmp_path / "lost", plot=False, extra=BATCH)
    (tmp_path / "lost" / "shot-001" / TRAJECTORY_FILE).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    found = stored_runs(tmp_path)
    assert {name: run.status for name, run in found.items()} == {"mine": "ok", "dark": "failed"}
    assert (found["mine"].key, found["mine"].limits) == ("k", {"time_limit_s": 9.0})
    assert found["dark"].reason == "no texture"
    assert stored(tmp_path / "absent") is None
    assert stored_runs(tmp_path / "absent") == {}


def test_a_copy_differs_in_name_and_source_alone(tmp_path: Path) -> None:
    write_run(estimate(shot(), shot(5)), tmp_path / "a", extra=BATCH)
    copy_run(tmp_path / "a", tmp_path / "b", "other.mp4")
    one, two = read_run(tmp_path / "a"), read_run(tmp_path / "b")
    assert two.record == {**one.record, "name": "b", "source": "other.mp4"}
    assert read_run(tmp_path / "b" / "shot-001").record["name"] == "b/shot-001"
    assert sorted(one.trajectories) == sorted(two.trajectories)
    for name, path in one.trajectories.items():
        np.testing.assert_array_equal(two.trajectories[name].world_from_cam, path.world_from_cam)
    files = [{str(p.relative_to(tmp_path / name)) for p in (tmp_path / name).rglob("*")} for name in "ab"]
    assert files[0] == files[1]


def test_a_copy_has_the_files_that_were_saved(tmp_path: Path) -> None:
    saved = replace(shot(), trajectory=trajectory(), structure=structure(), save=("depth", "points", "colmap"))
    write_run(estimate(saved), tmp_path / "a", plot=False, extra=BATCH)
    copy_run(tmp_path / "a", tmp_path / "b", "other.mp4")
    files = copied_files(tmp_path / "a")
    assert len(files) == 11
    for file in files:
        assert (tmp_path / "b" / file).read_bytes() == (tmp_path / "a" / file).read_bytes()


def test_the_other_motions_of_a_copy_are_of_its_clip(tmp_path: Path) -> None:
    other = trajectory().replace(provenance=Provenance(backend="fake", source="clip.mp4", seed=3))
    write_run(estimate(replace(shot(), alternatives=(other, other))), tmp_path / "a", plot=False, extra=BATCH)
    copy_run(tmp_path / "a", tmp_path / "b", "other.mp4")
    for number in (1, 2):
        before, after = (io.read(tmp_path / name / alternative_file(number), format="native") for name in "ab")
        assert after.provenance is not None
        assert (after.provenance.source, after.provenance.seed) == ("other.mp4", 3)
        np.testing.assert_array_equal(after.world_from_cam, before.world_from_cam)


def test_sweeping_takes_half_written_runs_and_brings_replaced_ones_back(tmp_path: Path) -> None:
    for name in (".a.new-0123abcd", ".a.old-0123abcd", ".b.old-0123abcd", "b", ".else.new-0123abcd", ".a.new-short"):
        (tmp_path / name).mkdir()
    (tmp_path / ".a.old-0123abcd" / "run.json").touch()
    for _ in range(2):  # a second time it finds nothing to do
        sweep(tmp_path, frozenset({"a", "b"}))
        assert sorted(p.name for p in tmp_path.iterdir()) == [".a.new-short", ".else.new-0123abcd", "a", "b"]
    assert (tmp_path / "a" / "run.json").exists()
