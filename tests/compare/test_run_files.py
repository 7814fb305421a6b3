"""Run folders are read as files, whatever wrote them."""

import json
import shutil
from pathlib import Path

import made_runs
import numpy as np
import pytest
from console import cinetraj

from compare import run_files, tidy
from compare.report import folder_page
from trajectory.errors import CinetrajError, ReadError


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_runs.write(tmp_path_factory.mktemp("made"))


def test_the_reader_of_the_estimator_finds_the_same(runs: Path) -> None:
    from sfm.runs.folder import find_runs, read_run

    assert run_files.runs_in(runs) == find_runs(runs)
    for folder in run_files.runs_in(runs):
        theirs = read_run(folder)
        for ours in run_files.shots_of(folder):
            expected = theirs.trajectories.get(ours.shot["name"])
            found = ours.trajectory()
            assert (found is None) == (expected is None)
            if found is not None and expected is not None:
                np.testing.assert_array_equal(found.world_from_cam, expected.world_from_cam)


def test_shots_have_the_name_of_their_run_before_their_own(runs: Path) -> None:
    names = [shot.name for shot in run_files.all_shots(runs)]
    assert names == ["cuts/shot-000", "cuts/shot-001", "lost", "pan", "truck"]
    assert [shot.status for shot in run_files.all_shots(runs)] == ["ok", "failed", "failed", "unreliable", "ok"]


def test_what_was_saved_is_what_the_estimate_held(runs: Path) -> None:
    (truck,) = run_files.shots_of(runs / "truck")
    depth, tracks = run_files.read_depth(truck.folder), run_files.read_tracks(truck.folder)
    assert depth is not None
    assert tracks is not None
    np.testing.assert_array_equal(depth.depth, made_runs.structure().depth)
    assert (depth.cell_px, depth.image_hw) == (made_runs.CELL, made_runs.HW)
    np.testing.assert_array_equal(tracks.xy_px, made_runs.tracks_px().astype(np.float32))
    assert tracks.longest(6).tolist() == [0, 1, 2, 3, 4, 6]  # the fifth comes three frames late
    path = truck.trajectory()
    assert path is not None
    cloud = run_files.read_points(truck, path)
    assert cloud is not None
    np.testing.assert_allclose(cloud.in_world, made_runs.structure().points, atol=1e-7)
    (pan,) = run_files.shots_of(runs / "pan")
    assert run_files.read_depth(pan.folder) is None
    assert run_files.read_tracks(pan.folder) is None


def test_the_clip_is_found_from_a_folder_above_the_run(runs: Path) -> None:
    (truck,) = run_files.shots_of(runs / "truck")
    assert truck.clip_path() == Path(truck.source)
    record = {**truck.record, "source": "truck.mp4"}
    moved = run_files.RunShot(
        name="truck", run=truck.run, folder=truck.folder, record=record, shot=truck.shot
    ).clip_path()
    assert moved is not None
    assert moved.samefile(truck.source)
    (lost,) = run_files.shots_of(runs / "lost")
    assert lost.clip_path() is None


def test_a_folder_of_images_is_not_taken_for_its_run_of_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "runs" / "pan"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"format": "cinetraj-run"}')
    monkeypatch.chdir(tmp_path / "runs")
    shot = run_files.RunShot(name="pan", run=Path("pan"), folder=Path("pan"), record={"source": "pan"}, shot={})
    assert shot.clip_path() is None
    (tmp_path / "pan").mkdir()
    found = shot.clip_path()
    assert found is not None
    assert found.samefile(tmp_path / "pan")


def test_paths_are_those_of_the_shots_that_have_one(runs: Path) -> None:
    assert list(run_files.paths_in(runs)) == ["cuts/shot-000", "pan", "truck"]
    np.testing.assert_allclose(run_files.paths_in(runs / "pan")["pan"].rotations[-1][0, 2], np.sin(np.radians(20)))


def test_what_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="does not exist"):
        run_files.runs_in(tmp_path / "nowhere")
    with pytest.raises(CinetrajError, match="holds no run"):
        run_files.runs_in(tmp_path)
    with pytest.raises(ReadError, match=r"holds no readable run\.json"):
        run_files.shots_of(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"format": "cinetraj-run"}))
    with pytest.raises(ReadError, match="is no run record"):
        run_files.shots_of(tmp_path)


@pytest.mark.parametrize("command", [("describe",), ("info",), ("table",), ("view", "--html")])
def test_a_folder_of_folders_of_runs_names_one_of_these(command: tuple[str, ...], runs: Path, tmp_path: Path) -> None:
    # runs/ of runs/wan and runs/kling "is in no format that is recognised", for which --format was to help.
    shutil.copytree(runs / "pan", tmp_path / "runs" / "wan" / "pan")
    done = cinetraj(*command, tmp_path / "runs")
    assert done.returncode == 2
    assert f"; give one of the folders of runs in it, as {tmp_path / 'runs' / 'wan'}\n" in done.stderr


def test_a_torn_file_of_depth_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "depth.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(ReadError, match="--save depth"):
        run_files.read_depth(tmp_path)


def test_a_damaged_run_in_a_folder_is_one_that_failed(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "pan", tmp_path / "good")
    for name in ("torn", "newer", "pathless"):
        shutil.copytree(runs / "truck", tmp_path / name)
    record = json.loads((tmp_path / "newer" / "run.json").read_text())
    (tmp_path / "torn" / "run.json").write_text(json.dumps(record)[:200])
    (tmp_path / "newer" / "run.json").write_text(json.dumps({**record, "version": 99}))
    (tmp_path / "pathless" / "trajectory.npz").unlink()
    shutil.copytree(runs / "truck", tmp_path / "shotless")
    (tmp_path / "shotless" / "run.json").write_text(json.dumps({**record, "shots": [{"name": ""}]}))
    found = {shot.name: shot for shot in run_files.all_shots(tmp_path)}
    assert {name: shot.status for name, shot in found.items()} == {
        "good": "unreliable",
        "newer": "failed",
        "pathless": "ok",  # its record is whole
        "shotless": "failed",
        "torn": "failed",
    }
    assert "update cinetraj" in found["newer"].shot["reason"]
    assert "estimate the clip again" in found["torn"].shot["reason"]
    told = {row["folder"]: row for row in tidy.rows(tmp_path)}
    assert len(told) == 5
    assert told[str(tmp_path / "pathless")]["status"] == "failed"
    assert "trajectory.npz" in told[str(tmp_path / "pathless")]["reason"]
    with pytest.raises(ReadError, match="is no run record"):
        list(run_files.all_shots(tmp_path / "torn"))
    page = folder_page.render(run_files.all_shots(tmp_path))
    assert "trajectory.npz" in page
