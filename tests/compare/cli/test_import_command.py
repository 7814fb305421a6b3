"""`cinetraj import`: outputs of other programs as runs."""

import json
from pathlib import Path

import numpy as np
import pytest
from console import MOVING_FRAMES, assert_one_clear_line, cinetraj, write_moving, write_tum

from trajectory import io as formats
from trajectory.model import Trajectory

K = np.array([[90.0, 0, 80], [0, 90, 45], [0, 0, 1]])


def test_import_keeps_missing_clips_and_frames_as_failures(tmp_path: Path) -> None:
    for seed, name in enumerate(("a", "b", "c.0")):
        write_moving(tmp_path / "in" / f"{name}.mp4", seed)
    poses = np.tile(np.eye(4), (MOVING_FRAMES, 1, 1))
    poses[:, 0, 3] = np.arange(MOVING_FRAMES)
    valid = np.ones(MOVING_FRAMES, bool)
    k = np.tile(K, (MOVING_FRAMES, 1, 1))
    given = Trajectory(
        world_from_cam=poses, time_s=np.arange(float(MOVING_FRAMES)), valid=valid, time_source="index", intrinsics_px=k
    )
    formats.write(given, tmp_path / "results" / "pose" / "a.npz", format="vipe")
    valid[[1, 4]] = False
    formats.write(given.replace(valid=valid), tmp_path / "results" / "pose" / "b.npz", format="vipe")
    formats.write(given, tmp_path / "results" / "pose" / "stray.npz", format="vipe")
    (tmp_path / "videos.txt").write_text("in/a.mp4\nin/b.mp4\nin/c.0.mp4\n")
    done = cinetraj(
        "import", tmp_path / "results", "--format", "vipe", "--out", tmp_path / "runs",
        "--expect", tmp_path / "videos.txt", "--json", "--method", "ViPE",
    )  # fmt: skip
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert {name: (r["status"], r["registered"]) for name, r in said.items()} == {
        "a": ("ok", 6),
        "b": ("partial", 4),
        "c.0": ("failed", 0),
    }
    assert "no result in" in said["c.0"]["reason"]
    assert said["a"]["backend"] == "ViPE"
    assert "1 result belongs to no expected clip, left out: stray" in done.stderr
    found = formats.read(tmp_path / "runs" / "b" / "trajectory.npz")
    assert found.valid.tolist() == valid.tolist()
    assert found.focal_px is not None
    assert found.focal_px[0] == pytest.approx(90.0)
    assert found.time_source == "seconds"
    np.testing.assert_allclose(found.time_s, np.arange(MOVING_FRAMES) / 10, atol=1e-9)
    assert json.loads((tmp_path / "runs" / "c.0" / "run.json").read_text())["status"] == "failed"
    told = json.loads(cinetraj("status", tmp_path / "runs", "--json").stdout)
    assert (told["clips"], list(told["failed"])) == (3, ["c.0"])


def test_the_list_of_what_is_expected_may_name_clips_that_are_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    for name in ("a clip", "b"):
        write_tum(tmp_path / "results").rename(tmp_path / "results" / f"{name}.txt")
    (tmp_path / "expected.txt").write_text("a clip\nb\nmissing\n")
    done = cinetraj(
        "import", tmp_path / "results", "--out", tmp_path / "out", "--format", "tum",
        "--expect", tmp_path / "expected.txt", "--no-plot",
    )  # fmt: skip
    assert "2 of 3 clips have a trajectory" in done.stdout
    assert json.loads((tmp_path / "out" / "missing" / "run.json").read_text())["status"] == "failed"


def test_results_whose_names_hold_those_of_the_clips_are_had_by_the_output_that_is_named(tmp_path: Path) -> None:
    for name in ("a", "extra", "other"):
        (tmp_path / "results" / f"gen_720p_{name}").mkdir(parents=True)
        write_tum(tmp_path / "results").rename(tmp_path / "results" / f"gen_720p_{name}" / "trajectory_tum.txt")
    (tmp_path / "expected.txt").write_text("a\nextra\n")
    given = (
        "import", tmp_path / "results", "--format", "tum", "--expect", tmp_path / "expected.txt", "--no-plot",
    )  # fmt: skip
    done = cinetraj(*given, "--out", tmp_path / "out")
    assert "0 of 2 clips" in done.stdout
    pattern = "gen_720p_{name}/trajectory_tum.txt"
    assert f"--output '{pattern}' takes them for a, extra" in done.stderr
    done = cinetraj(*given, "--out", tmp_path / "again", "--output", pattern)
    assert "2 of 2 clips have a trajectory" in done.stdout


def test_import_of_an_unknown_format_or_an_empty_folder(tmp_path: Path) -> None:
    done = cinetraj("import", tmp_path, "--out", tmp_path / "out", "--format", "megasm")
    assert_one_clear_line(done, "'megasm'", "megasam")
    done = cinetraj("import", tmp_path, "--out", tmp_path / "out", "--format", "megasam")
    assert_one_clear_line(done, "holds no", "_droid.npz")
    assert not (tmp_path / "out").exists()


def test_a_list_that_is_not_there_is_no_clip(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0 0 0 0 0 0 0 1\n1 0 0 0 0 0 0 1\n")
    given = ("import", tmp_path, "--out", tmp_path / "out", "--format", "tum", "--no-plot")
    assert_one_clear_line(cinetraj(*given, "--expect", tmp_path / "clips.txt"), "clips.txt is not there")
    assert_one_clear_line(cinetraj(*given, "--frame-step", "0"), "frame step is 0, expected 1 or more")
    assert not (tmp_path / "out").exists()


def test_formats_that_are_written_alone_are_not_offered(tmp_path: Path) -> None:
    done = cinetraj("import", tmp_path, "--format", "vgt", "--out", tmp_path / "runs")
    assert_one_clear_line(done, "perhaps 'vggt' is meant")
    assert " vggt," in done.stderr
    assert " gltf," not in done.stderr
