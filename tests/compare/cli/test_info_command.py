"""`cinetraj info`."""

import json
import math
from pathlib import Path

import made_runs
import pytest
from console import cinetraj, write_tum


def test_info_gives_the_facts(tmp_path: Path) -> None:
    tum = write_tum(tmp_path)
    said = json.loads(cinetraj("info", tum, "--format", "tum", "--json").stdout)
    assert said["frames"] == said["valid"] == 10
    assert said["rotation_first_to_last_deg"]["pan_right"] == pytest.approx(-10, abs=1e-6)


def test_info_shows_start_end_duration_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    rows = [f"{1403636579763555584 + i * 50_000_000} {i} 0 0 0 0 0 1\n" for i in range(5)]
    path.write_text("".join(rows))
    said = json.loads(cinetraj("info", path, "--json").stdout)
    assert said["duration"] == pytest.approx(0.2, abs=1e-6)
    assert said["start_date"].startswith("2014-06-24 19:02:59.76")
    assert any("in ns" in note for note in said["notes"])
    words = cinetraj("info", path).stdout
    assert "1403636579.76" in words
    assert "2014-06-24 19:02:59" in words
    path.write_text("".join(f"{i / 10} {i} 0 0 0 0 0 1\n" for i in range(5)))
    assert json.loads(cinetraj("info", path, "--json").stdout)["start_date"] is None


@pytest.mark.parametrize(("turn_deg", "shown"), [(170, 170), (190, -170), (350, -10), (370, 10), (720, 0)])
def test_angles_are_within_half_a_turn(tmp_path: Path, turn_deg: float, shown: float) -> None:
    half = [math.radians(turn_deg) * i / 72 / 2 for i in range(73)]
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{i / 24} 0 0 0 0 {math.sin(a)} 0 {math.cos(a)}\n" for i, a in enumerate(half)))
    said = json.loads(cinetraj("info", path, "--format", "tum", "--json").stdout)
    assert said["rotation_first_to_last_deg"]["pan_right"] == pytest.approx(shown, abs=1e-6)


def test_info_of_a_run_has_its_status(tmp_path: Path) -> None:
    runs = made_runs.write(tmp_path, clips=False)
    done = cinetraj("info", runs)
    assert done.returncode == 1  # two shots have no path
    assert "warning: pan: the estimate is unreliable: rotation may be wrong" in done.stderr
    assert "error: lost: " in done.stderr
    said = json.loads(cinetraj("info", runs, "--json").stdout)
    assert {name: each["status"] for name, each in said.items()} == {
        "cuts/shot-000": "ok",
        "cuts/shot-001": "failed",
        "lost": "failed",
        "pan": "unreliable",
        "truck": "ok",
    }
    assert said["pan"]["reason"] == "rotation may be wrong"
    assert "reason" not in said["truck"]
    assert cinetraj("info", runs / "truck").stderr == ""


def test_a_file_of_a_run_tells_its_status_too(tmp_path: Path) -> None:
    runs = made_runs.write(tmp_path, clips=False)
    assert json.loads(cinetraj("info", runs / "truck" / "trajectory.npz", "--json").stdout)["status"] == "ok"
    assert "status" not in json.loads(cinetraj("info", write_tum(tmp_path), "--format", "tum", "--json").stdout)


def test_frame_numbers_are_not_called_seconds(tmp_path: Path) -> None:
    path = tmp_path / "pred_traj.txt"
    path.write_text("".join(f"{i} {i} 0 0 1 0 0 0\n" for i in range(5)))
    assert "start (frames)" in cinetraj("info", path, "--format", "monst3r").stdout
    assert "start (s)" in cinetraj("info", write_tum(tmp_path), "--format", "tum").stdout


def test_intrinsics_in_parts_of_the_picture_are_no_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n" + "".join(f"{i} 0.5 0.9 0.5 0.5 0 0 1 0 0 0 0 1 0 0 0 0 1 0\n" for i in range(3)))
    said = json.loads(cinetraj("info", path, "--json").stdout)
    assert (said["image_hw"], said["focal_px_first_last"]) == (None, None)
    assert "parts of a picture whose size is not known: cinetraj convert --size WIDTH HEIGHT" in said["notes"][-1]
    words = cinetraj("info", path).stdout
    assert "1 x 1" not in words
    assert "focal px" not in words
