"""Run folders: complete or not there, readable again, and never in the way of other files."""

import json
from pathlib import Path

import numpy as np
import pytest
from made_shots import estimate, shot, trajectory

from sfm.runs import folder as runs
from trajectory.errors import CinetrajError, ReadError


def names(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


FILES = {"run.json", "trajectory.npz", "trajectory_tum.txt", "plot.png"}


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = runs.write_run(estimate(shot()), tmp_path / "deep" / "clip")
    assert names(written) == FILES
    run = runs.read_run(written)
    assert run.status == "ok"
    assert run.record == {"name": "clip", **estimate(shot()).to_json()}
    np.testing.assert_array_equal(run.trajectories[""].world_from_cam, trajectory().world_from_cam)
    np.testing.assert_array_equal(run.trajectories[""].valid, trajectory().valid)


def test_several_shots_get_a_folder_each_and_a_failed_one_its_record_only(tmp_path: Path) -> None:
    written = runs.write_run(estimate(shot(), shot(5, status="failed"), shot(10)), tmp_path / "clip", plot=False)
    files = FILES - {"plot.png"}
    expected = {f"shot-{k:03d}/{name}" for k in (0, 2) for name in files} | {"run.json", "shot-001/run.json"}
    assert names(written) == expected
    run = runs.read_run(written)
    assert sorted(run.trajectories) == ["shot-000", "shot-002"]
    assert [s["name"] for s in run.record["shots"]] == ["shot-000", "shot-001", "shot-002"]
    part = runs.read_run(written / "shot-002")
    assert part.record["start"] == 10
    assert part.record["frames"] == 5
    assert list(part.trajectories) == [""]
    assert runs.find_runs(tmp_path) == [written]


def test_a_failed_clip_leaves_its_record_only(tmp_path: Path) -> None:
    written = runs.write_run(estimate(shot(status="failed")), tmp_path / "clip")
    assert names(written) == {"run.json"}
    assert runs.read_run(written).status == "failed"
    assert not runs.read_run(written).trajectories


def test_a_run_replaces_an_older_one_whole(tmp_path: Path) -> None:
    runs.write_run(estimate(shot(), shot(5)), tmp_path / "clip", plot=False)
    runs.write_run(estimate(shot(status="failed")), tmp_path / "clip")
    assert names(tmp_path) == {"clip/run.json"}


def test_what_others_put_into_a_run_stays(tmp_path: Path) -> None:
    runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    (tmp_path / "clip" / "notes.txt").write_text("mine")
    runs.write_run(estimate(shot()), tmp_path / "clip" / "inner", plot=False)
    (tmp_path / "clip" / "shot-003").mkdir()
    (tmp_path / "clip" / "shot-002").mkdir()
    (tmp_path / "clip" / "shot-002" / "mine.txt").touch()
    (tmp_path / "clip" / "shot-1").mkdir()
    (tmp_path / "clip" / "index.html").touch()
    runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    assert (tmp_path / "clip" / "notes.txt").read_text() == "mine"
    assert runs.is_run(tmp_path / "clip" / "inner")
    assert not (tmp_path / "clip" / "shot-003").exists()
    assert [path.name for path in (tmp_path / "clip" / "shot-002").iterdir()] == ["mine.txt"]
    assert (tmp_path / "clip" / "shot-1").is_dir()
    assert not (tmp_path / "clip" / "index.html").exists()


@pytest.mark.parametrize("old", [True, False])
def test_what_fails_while_writing_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    if old:
        runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    before = names(tmp_path)

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "_write_json", full_disk)
    with pytest.raises(OSError, match="No space left"):
        runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    assert names(tmp_path) == before


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "run.json").write_text("{}")
    with pytest.raises(CinetrajError, match="is no run"):
        runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    assert names(tmp_path) == {"clip/run.json"}


def test_what_is_in_the_way_is_said_with_a_remedy_for_every_command(tmp_path: Path) -> None:
    runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    (tmp_path / "clip" / "run.json").unlink()
    with pytest.raises(CinetrajError) as told:
        runs.require_free(tmp_path / "clip")
    said = "clip exists and is no run, as it lacks run.json; move it away, or choose another folder"
    assert str(told.value).endswith(said)


def test_a_run_whose_record_was_cut_short_is_written_anew(tmp_path: Path) -> None:
    runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    file = tmp_path / "clip" / "run.json"
    file.write_bytes(file.read_bytes()[:200])
    (tmp_path / "clip" / "notes.txt").write_text("mine")
    assert not runs.is_run(tmp_path / "clip")
    runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    assert runs.is_run(tmp_path / "clip")
    assert (tmp_path / "clip" / "notes.txt").read_text() == "mine"


def test_an_empty_folder_may_be_taken(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    assert runs.is_run(tmp_path / "clip")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "holds no run.json"),
        ("{", "is no JSON"),
        ("[1]", "is not marked"),
        (json.dumps({"format": "cinetraj-run", "version": 99}), "has version 99"),
    ],
)
def test_what_is_no_run_is_refused_with_the_reason(tmp_path: Path, content: str | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(ReadError, match=problem):
        runs.read_run(tmp_path)


def test_equal_estimates_give_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        runs.write_run(estimate(shot()), tmp_path / name / "clip")
    for name in FILES:
        assert (tmp_path / "a" / "clip" / name).read_bytes() == (tmp_path / "b" / "clip" / name).read_bytes(), name


def test_a_file_of_a_run_is_no_run(tmp_path: Path) -> None:
    written = runs.write_run(estimate(shot()), tmp_path / "clip", plot=False)
    with pytest.raises(ReadError, match=r"clip/run\.json: is a file and no run; give a folder that "):
        runs.read_run(written / "run.json")
    (tmp_path / "odd" / "run.json").mkdir(parents=True)
    with pytest.raises(ReadError, match=r"odd/run\.json: cannot be read \(Is a directory\)"):
        runs.read_run(tmp_path / "odd")
