"""`cinetraj info`."""

import json
import math
from pathlib import Path

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
