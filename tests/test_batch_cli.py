"""Batches, status, import and other programs from the command line."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from console import ENVIRONMENT, MOVING_FRAMES, assert_one_clear_line, cinetraj, write_moving

K = np.array([[90.0, 0, 80], [0, 90, 45], [0, 0, 1]])


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


@pytest.mark.slow
def test_a_folder_is_estimated_once_and_status_tells(tmp_path: Path) -> None:
    write_moving(tmp_path / "in" / "a.mp4", 1)
    write_moving(tmp_path / "in" / "sub" / "b ü'$.mp4", 2)
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
    assert record["registered"] == MOVING_FRAMES
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
        write_moving(tmp_path / "in" / f"{name}.mp4", seed)
    (tmp_path / "list.csv").write_text("video,name\nin/a.mp4,first\nin/broken.mp4,\nin/c.mp4,\n")
    done = cinetraj("estimate", tmp_path / "list.csv", "--out", tmp_path / "runs", "--jobs", 2, *program)
    assert done.returncode == 1
    assert "1 x the command failed (exit code 1): out of memory (broken)" in done.stdout
    found = json.loads(cinetraj("info", tmp_path / "runs", "--json").stdout)
    assert {name: each.get("frames") for name, each in found.items()} == {
        "first": MOVING_FRAMES,
        "broken": None,
        "c": MOVING_FRAMES,
    }
    assert found["first"]["path_length"] == pytest.approx(5.0)
    assert found["first"]["backend"] == "command"
    kept = cinetraj("estimate", tmp_path / "list.csv", "--out", tmp_path / "runs", *program)
    assert "0 computed, 3 kept from before" in kept.stdout


def test_ctrl_c_and_the_same_command_again(tmp_path: Path, program: tuple[str, ...]) -> None:
    write_moving(tmp_path / "in" / "a.mp4", 1)
    write_moving(tmp_path / "in" / "hang.mp4", 2)
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


@pytest.mark.slow
def test_camerabench_in_one_command_each_estimated_or_imported(tmp_path: Path, program: tuple[str, ...]) -> None:
    labels = tmp_path / "labels" / "binary_classification"
    labels.mkdir(parents=True)
    for seed, name in enumerate(("a.0", "b.0", "broken.0")):
        write_moving(tmp_path / "in" / f"{name}.mp4", seed)
    rows = [{"image": f"{n}.mp4", "question": "Q?", "label": y, "task": "t"} for n, y in
            (("a.0", "Yes"), ("b.0", "Yes"), ("broken.0", "No"))]  # fmt: skip
    for split in ("Move_In", "Static"):
        (labels / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cinetraj("estimate", tmp_path / "in", "--out", tmp_path / "runs", *program).returncode == 1
    poses = np.tile(np.eye(4), (MOVING_FRAMES, 1, 1))
    poses[:, 2, 3] = np.arange(MOVING_FRAMES)
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
        write_moving(tmp_path / "in" / "a.mp4")
        (tmp_path / "out").write_text("in the way")
        assert_one_clear_line(cinetraj("estimate", tmp_path / "in", "--out", tmp_path / "out", *program), "out")
        assert (tmp_path / "out").read_text() == "in the way"

    def test_no_job_at_all(self, tmp_path: Path, program: tuple[str, ...]) -> None:
        write_moving(tmp_path / "a.mp4")
        done = cinetraj("estimate", tmp_path / "a.mp4", "--out", tmp_path / "out", "--jobs", 0, *program)
        assert_one_clear_line(done, "--jobs is 0, expected a whole number from 1 to 1,024")
