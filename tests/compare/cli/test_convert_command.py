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


def ten_cameras(path: Path) -> Path:
    """Ten cameras that differ by their lengths of way, in centimetres along Unreal's x, which is forward."""
    frames = {}
    for frame in range(3):
        rows = "[1 0 0 0] [0 1 0 0] [0 0 1 0] [{} 0 0 1] "
        frames[f"frame{frame}"] = {f"cam{i:02d}": rows.format(100 * frame * i) for i in range(1, 11)}
    path.write_text(json.dumps(frames))
    return path


def test_all_cameras_of_a_file_become_files_and_one_file_again(tmp_path: Path) -> None:
    path = ten_cameras(tmp_path / "camera_extrinsics.json")
    assert_one_clear_line(cinetraj("convert", path, tmp_path / "a.txt", "--to", "tum"), "holds 10 cameras")
    done = cinetraj("convert", f"{path}#*", tmp_path / "out", "--to", "tum", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cameras"] == [f"cam{i:02d}" for i in range(1, 11)]
    found = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in found] == [f"cam{i:02d}.txt" for i in range(1, 11)]
    np.testing.assert_allclose(io.read(found[6], format="tum").positions[-1], (0, 0, 14), atol=1e-9)
    done = cinetraj("convert", tmp_path / "out", tmp_path / "b.json", "--to", "infcam", "--format", "tum")
    assert done.returncode == 0, done.stderr
    again = io.read_every(tmp_path / "b.json")
    assert list(again) == [f"cam{i:02d}" for i in range(1, 11)]
    np.testing.assert_allclose(again["cam07"].positions[-1], (0, 0, 14), atol=1e-9)
