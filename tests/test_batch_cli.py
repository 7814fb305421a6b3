"""Batches, status, import and other programs from the command line."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
FRAMES = 6
K = np.array([[90.0, 0, 80], [0, 90, 45], [0, 0, 1]])


@dataclass(frozen=True, kw_only=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def cinetraj(*arguments: object) -> Done:
    from compare.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Done(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())


def write_clip(path: Path, seed: int = 0) -> Path:
    """A window that moves over a random texture."""
    from sfm.video.encode import encode

    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 215, (20, 40, 3), dtype=np.uint8)
    image = coarse.repeat(6, axis=0).repeat(6, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    encode(np.stack([image[10:100, 3 * k : 3 * k + 160] for k in range(FRAMES)]), path, fps=10.0, crf=18)
    return path


PROGRAM = """
import sys, numpy as np
from pathlib import Path
video, out = sys.argv[1:3]
if "hang" in video:
    import time; time.sleep(600)
if "broken" in video:
    sys.exit("out of memory")
poses = np.tile(np.eye(4), (6, 1, 1)); poses[:, 2, 3] = np.arange(6)
k = np.array([[90.0, 0, 80], [0, 90, 45], [0, 0, 1]])
np.savez(Path(out, Path(video).stem + "_droid.npz"), cam_c2w=poses, intrinsic=k)
"""


@pytest.fixture
def program(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "program.py").write_text(PROGRAM)
    template = f"{sys.executable} {tmp_path / 'program.py'} {{video}} {{out}}"
    return ("--backend", "command", "--command", template, "--format", "megasam", "--no-plot")


def assert_one_clear_line(done: Done, *expected: str, code: int = 2) -> None:
    assert done.returncode == code, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("cinetraj: error: ")
    assert all(text in lines[0] for text in expected), lines[0]


@pytest.mark.slow
def test_a_folder_is_estimated_once_and_status_tells(tmp_path: Path) -> None:
    write_clip(tmp_path / "in" / "a.mp4", 1)
    write_clip(tmp_path / "in" / "sub" / "b ü'$.mp4", 2)
    (tmp_path / "in" / "corrupt.mp4").write_bytes((tmp_path / "in" / "a.mp4").read_bytes()[:200])
    command = ("estimate", tmp_path / "in", "--out", tmp_path / "runs", "--jobs", 2, "--no-plot")
    done = cinetraj(*command)
    assert done.returncode == 1
    assert "cinetraj: error: corrupt could not be estimated" in done.stderr
    assert re.search(r"3 of 3 clips in .*: 3 computed, [\d.]+ clips a minute", done.stdout), done.stdout
    assert "1 x no video can be read from it" in done.stdout
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["a", "b ü'$", "corrupt", "manifest.jsonl"]
    record = json.loads((tmp_path / "runs" / "a" / "run.json").read_text())
    assert record["status"] in ("ok", "partial", "unreliable")
    assert record["registered"] == FRAMES
    again = cinetraj(*command, "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["a"] == record  # nothing was computed again
    said = cinetraj("status", tmp_path / "runs")
    assert said.returncode == 0
    assert "3 of 3 clips done, 1 of them failed; not running" in said.stdout
    told = json.loads(cinetraj("status", tmp_path / "runs", "--json").stdout)
    assert (told["clips"], told["done"], told["running"], told["remaining"]) == (3, 3, False, [])
    assert list(told["failed"]) == ["corrupt"]


def test_another_program_over_a_list(tmp_path: Path, program: tuple[str, ...]) -> None:
    for seed, name in enumerate(("a", "broken", "c")):
        write_clip(tmp_path / "in" / f"{name}.mp4", seed)
    (tmp_path / "list.csv").write_text("video,name\nin/a.mp4,first\nin/broken.mp4,\nin/c.mp4,\n")
    done = cinetraj("estimate", tmp_path / "list.csv", "--out", tmp_path / "runs", "--jobs", 2, *program)
    assert done.returncode == 1
    assert "1 x the command failed (exit code 1): out of memory (broken)" in done.stdout
    found = json.loads(cinetraj("info", tmp_path / "runs", "--json").stdout)
    assert {name: each.get("frames") for name, each in found.items()} == {"first": FRAMES, "broken": None, "c": FRAMES}
    assert found["first"]["path_length"] == pytest.approx(5.0)
    assert found["first"]["backend"] == "command"
    kept = cinetraj("estimate", tmp_path / "list.csv", "--out", tmp_path / "runs", *program)
    assert "0 computed, 3 kept from before" in kept.stdout


def test_ctrl_c_and_the_same_command_again(tmp_path: Path, program: tuple[str, ...]) -> None:
    write_clip(tmp_path / "in" / "a.mp4", 1)
    write_clip(tmp_path / "in" / "hang.mp4", 2)
    arguments = ["estimate", str(tmp_path / "in"), "--out", str(tmp_path / "runs"), *program]
    command = [sys.executable, "-m", "compare.cli.entry", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    while not (tmp_path / "runs" / "a").exists():
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.5)
    status = json.loads(cinetraj("status", tmp_path / "runs", "--json").stdout)
    assert (status["running"], status["at_work"], status["remaining"]) == (True, ["hang"], ["hang"])
    assert_one_clear_line(cinetraj(*arguments), "in use by another batch")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.strip() == "cinetraj: interrupted"
    assert "1 of 2 clips" in out
    assert "remaining" in out
    assert "same command again" in out
    (tmp_path / "program.py").write_text(PROGRAM.replace('"hang"', '"never"'))
    again = cinetraj(*arguments)
    assert again.returncode == 0
    assert "1 computed" in again.stdout
    assert "1 kept from before" in again.stdout


def test_import_keeps_missing_clips_and_frames_as_failures(tmp_path: Path) -> None:
    from trajectory import io as formats
    from trajectory.model import Trajectory

    for seed, name in enumerate(("a", "b", "c.0")):
        write_clip(tmp_path / "in" / f"{name}.mp4", seed)
    poses = np.tile(np.eye(4), (FRAMES, 1, 1))
    poses[:, 0, 3] = np.arange(FRAMES)
    valid = np.ones(FRAMES, bool)
    k = np.tile(K, (FRAMES, 1, 1))
    given = Trajectory(
        world_from_cam=poses, time_s=np.arange(float(FRAMES)), valid=valid, time_source="index", intrinsics_px=k
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
    assert "stray" in done.stderr
    found = formats.read(tmp_path / "runs" / "b" / "trajectory.npz")
    assert found.valid.tolist() == valid.tolist()
    assert found.focal_px is not None
    assert found.focal_px[0] == pytest.approx(90.0)
    assert found.time_source == "seconds"
    np.testing.assert_allclose(found.time_s, np.arange(FRAMES) / 10, atol=1e-9)
    assert json.loads((tmp_path / "runs" / "c.0" / "run.json").read_text())["status"] == "failed"
    told = json.loads(cinetraj("status", tmp_path / "runs", "--json").stdout)
    assert (told["clips"], list(told["failed"])) == (3, ["c.0"])


@pytest.mark.slow
def test_camerabench_in_one_command_each_estimated_or_imported(tmp_path: Path, program: tuple[str, ...]) -> None:
    labels = tmp_path / "labels" / "binary_classification"
    labels.mkdir(parents=True)
    for seed, name in enumerate(("a.0", "b.0", "broken.0")):
        write_clip(tmp_path / "in" / f"{name}.mp4", seed)
    rows = [{"image": f"{n}.mp4", "question": "Q?", "label": y, "task": "t"} for n, y in
            (("a.0", "Yes"), ("b.0", "Yes"), ("broken.0", "No"))]  # fmt: skip
    for split in ("Move_In", "Static"):
        (labels / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cinetraj("estimate", tmp_path / "in", "--out", tmp_path / "runs", *program).returncode == 1
    poses = np.tile(np.eye(4), (FRAMES, 1, 1))
    poses[:, 2, 3] = np.arange(FRAMES)
    (tmp_path / "results").mkdir()
    for name in ("a.0", "b.0"):
        np.savez(
            tmp_path / "results" / f"{name}_droid.npz",
            cam_c2w=poses,
            intrinsic=K,
        )
    expect = ("--expect", tmp_path / "in", "--no-plot")
    cinetraj("import", tmp_path / "results", "--format", "megasam", "--out", tmp_path / "imported", *expect)
    scores = []
    for folder in ("runs", "imported"):
        out = tmp_path / f"table-{folder}"
        done = cinetraj(
            "camerabench", "score", "--labels", tmp_path / "labels", "--runs", tmp_path / folder, "--out", out, "--json"
        )
        assert done.returncode == 0, done.stderr
        assert (out / "leaderboard.md").is_file()
        result = json.loads(done.stdout)["apparent"]
        assert (result["clips"], result["estimated"]) == (3, 2)
        splits = result["binary"]["results_by_split"].values()
        scores.append({split["split_name"]: split["average_precision"] for split in splits})
    assert scores[0] == scores[1]
    assert scores[0]["Move_In"] == pytest.approx(1.0)


class TestBadInput:
    def test_status_of_nothing(self, tmp_path: Path) -> None:
        assert_one_clear_line(cinetraj("status", tmp_path / "absent"), "absent", "no folder")
        assert_one_clear_line(cinetraj("status", tmp_path), "neither runs nor a manifest")

    def test_options_of_another_program_without_it(self, tmp_path: Path) -> None:
        done = cinetraj("estimate", "a.mp4", "--out", tmp_path / "out", "--output", "x.npz")
        assert_one_clear_line(done, "--output", "auto", "--backend command")

    def test_another_program_without_its_command(self, tmp_path: Path) -> None:
        done = cinetraj("estimate", "a.mp4", "--out", tmp_path / "out", "--backend", "command")
        assert_one_clear_line(done, "command is empty", "{video}")

    def test_our_options_for_another_program(self, tmp_path: Path, program: tuple[str, ...]) -> None:
        done = cinetraj("estimate", "a.mp4", "--out", tmp_path / "out", *program, "--focal", 500)
        assert_one_clear_line(done, "--focal", "--command")

    def test_out_is_a_file(self, tmp_path: Path, program: tuple[str, ...]) -> None:
        write_clip(tmp_path / "in" / "a.mp4")
        (tmp_path / "out").write_text("in the way")
        assert_one_clear_line(cinetraj("estimate", tmp_path / "in", "--out", tmp_path / "out", *program), "out")
        assert (tmp_path / "out").read_text() == "in the way"

    def test_import_of_an_unknown_format_or_an_empty_folder(self, tmp_path: Path) -> None:
        done = cinetraj("import", tmp_path, "--out", tmp_path / "out", "--format", "megasm")
        assert_one_clear_line(done, "'megasm'", "megasam")
        done = cinetraj("import", tmp_path, "--out", tmp_path / "out", "--format", "megasam")
        assert_one_clear_line(done, "holds no", "_droid.npz")
        assert not (tmp_path / "out").exists()

    def test_no_job_at_all(self, tmp_path: Path, program: tuple[str, ...]) -> None:
        write_clip(tmp_path / "a.mp4")
        done = cinetraj("estimate", tmp_path / "a.mp4", "--out", tmp_path / "out", "--jobs", 0, *program)
        assert_one_clear_line(done, "jobs is 0")
