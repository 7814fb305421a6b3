"""`cinetraj convert`."""

import json
from pathlib import Path

import numpy as np
from console import assert_one_clear_line, cinetraj, write_tum

from trajectory import io


def test_convert_there_and_back(tmp_path: Path) -> None:
    tum = write_tum(tmp_path)
    done = cinetraj("convert", tum, tmp_path / "a.npz", "--to", "native", "--format", "tum")
    assert done.returncode == 0, done.stderr
    done = cinetraj("convert", tmp_path / "a.npz", tmp_path / "b.txt", "--to", "tum", "--json")
    assert json.loads(done.stdout)["valid"] == 10
    one, other = io.read(tum, format="tum"), io.read(tmp_path / "b.txt", format="tum")
    np.testing.assert_allclose(other.world_from_cam, one.world_from_cam, atol=1e-12)


def test_convert_refuses_an_unknown_format(tmp_path: Path) -> None:
    tum = write_tum(tmp_path)
    done = cinetraj("convert", tum, tmp_path / "a.xyz", "--to", "xyz", "--format", "tum")
    assert_one_clear_line(done, "'xyz'", "native")
    assert not (tmp_path / "a.xyz").exists()
