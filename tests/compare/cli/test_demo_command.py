"""`cinetraj demo`."""

from pathlib import Path

import pytest
from console import cinetraj

from compare import score
from trajectory import io


@pytest.mark.slow
@pytest.mark.timeout(900)  # it renders and estimates under type checks
def test_what_it_makes_is_there_and_its_estimate_is_near_the_truth(tmp_path: Path) -> None:
    done = cinetraj("demo", "--out", tmp_path / "demo", "--frames", 6)
    assert done.returncode == 0, done.stderr
    made = {p.name for p in (tmp_path / "demo").iterdir()}
    assert made == {"clip.mp4", "truth.npz", "truth_and_estimate.png", "runs"}
    assert all(f"$ cinetraj {command} " in done.stdout for command in ("estimate", "describe", "compare"))
    truth = io.read(tmp_path / "demo" / "truth.npz")
    found = io.read(tmp_path / "demo" / "runs" / "clip" / "trajectory.npz")
    errors = score(truth, found).to_json()["summary"]
    assert errors["RotErr"] < 0.5
    assert errors["TransErr"] < 0.03
