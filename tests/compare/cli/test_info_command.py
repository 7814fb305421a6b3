"""`cinetraj info`."""

import json
from pathlib import Path

import pytest
from console import cinetraj, write_tum


def test_info_gives_the_facts(tmp_path: Path) -> None:
    tum = write_tum(tmp_path)
    said = json.loads(cinetraj("info", tum, "--format", "tum", "--json").stdout)
    assert said["frames"] == said["valid"] == 10
    assert said["rotation_first_to_last_deg"]["pan_right"] == pytest.approx(-10, abs=1e-6)
