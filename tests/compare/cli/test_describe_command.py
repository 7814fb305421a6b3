"""What `cinetraj describe` says besides scores."""

from pathlib import Path

import numpy as np
import pytest
from paths import path

from compare.cli import describe
from trajectory import io
from trajectory.model import Provenance


def forward(pitch_deg: float | None, tmp_path: Path) -> Path:
    """A camera that moves along its optical axis, its first attitude in the provenance where it is known."""
    u = np.linspace(0, 1, 49)[:, None]
    evidence = {} if pitch_deg is None else {"gravity": {"pitch_deg": pitch_deg, "roll_deg": 0.0, "confidence": 0.8}}
    moved = path(2.0 * u * [0, 0, 1], 0 * u * [1, 1, 1], scene_depth=np.full(49, 4.0))
    io.write(moved.replace(provenance=Provenance(evidence=evidence)), tmp_path / "path.npz", format="native")
    return tmp_path / "path.npz"


def test_motion_against_the_ground_is_told_where_gravity_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert describe.run(describe.Args(target=forward(30.0, tmp_path))) == 0
    said = capsys.readouterr().out
    assert "against the ground (level view, pitch +30.0 degrees): ahead +" in said
    assert "up +" in said
    describe.run(describe.Args(target=forward(None, tmp_path)))
    assert "ground" not in capsys.readouterr().out
    describe.run(describe.Args(target=forward(None, tmp_path), pitch=-30.0))
    assert "pitch -30.0 degrees): ahead +" in capsys.readouterr().out


def test_the_picture_is_written(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    assert describe.run(describe.Args(target=forward(None, tmp_path), plot=picture)) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
