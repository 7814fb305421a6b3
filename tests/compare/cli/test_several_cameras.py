"""FILE#NAME wherever a command takes a file, FILE#* where it takes several clips, and in pairs."""

import json
from pathlib import Path

import numpy as np
import pytest
from console import assert_one_clear_line, cinetraj

from compare.scoring import score
from compare.sources import clips
from trajectory import io

WAYS = {"cam01": (1, 0, 0), "cam02": (0, 1, 0)}  # Unreal: forward, right


@pytest.fixture
def file(tmp_path: Path) -> Path:
    frames: dict[str, dict[str, str]] = {}
    for i in range(8):
        frames[f"frame{i}"] = {
            name: f"[1 0 0 0] [0 1 0 0] [0 0 1 0] [{10 * i * x} {10 * i * y} {10 * i * z} 1] "
            for name, (x, y, z) in WAYS.items()
        }
    path = tmp_path / "camera_extrinsics.json"
    path.write_text(json.dumps(frames))
    return path


def test_every_command_takes_one_camera(tmp_path: Path, file: Path) -> None:
    said = json.loads(cinetraj("info", f"{file}#cam02", "--json").stdout)
    assert said["distance_first_to_last"] == pytest.approx(0.7)
    assert "moves right" in cinetraj("describe", f"{file}#cam02").stdout
    assert cinetraj("convert", f"{file}#cam01", tmp_path / "a.txt", "--to", "tum").returncode == 0
    assert io.read(tmp_path / "a.txt").positions[-1, 2] == pytest.approx(0.7)
    done = cinetraj("compare", f"{file}#cam01", f"{file}#cam02", "--json")
    assert json.loads(done.stdout)["clips"]["cam01"]["DirErr"] == pytest.approx(90)
    done = cinetraj("compare", f"{file}#cam01", f"{file}#cam01", f"{file}#cam02", "--json")
    models = [each["model"] for each in json.loads(done.stdout)["results"]]
    assert models == ["camera_extrinsics#cam01", "camera_extrinsics#cam02"]


def test_all_cameras_at_once(file: Path) -> None:
    assert set(json.loads(cinetraj("info", f"{file}#*", "--json").stdout)) == {
        "camera_extrinsics#cam01",
        "camera_extrinsics#cam02",
    }
    found, single = clips(f"{file}#*")
    assert set(found) == {"cam01", "cam02"}
    assert not single
    result = score(f"{file}#*", f"{file}#*").to_json()
    assert {name: clip["DirErr"] for name, clip in result["clips"].items()} == {"cam01": 0, "cam02": 0}
    assert cinetraj("convert", f"{file}#*", file.parent / "all", "--to", "tum").returncode == 0
    assert sorted(each.name for each in (file.parent / "all").iterdir()) == ["cam01.txt", "cam02.txt"]


@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_pairs_name_cameras(tmp_path: Path, file: Path, mark: str, encoding: str) -> None:
    rows = [("reference", "generated", "name"), (f"{file.name}#cam01", f"{file}#cam02", "a"), ("one", f"{file}#x", "b")]
    table = tmp_path / "pairs.csv"
    table.write_bytes("\n".join(mark.join(row) for row in rows).encode(encoding))
    trajectory = io.read(f"{file}#cam01")
    result = score({"one": trajectory}, {"two": trajectory}, pairs=table).to_json()
    assert result["clips"]["a"]["DirErr"] == pytest.approx(90)
    assert "name one of cam01, cam02" in result["clips"]["b"]["failed"]


def test_a_path_that_exists_wins(tmp_path: Path, file: Path) -> None:
    own = tmp_path / f"{file.name}#cam01"
    own.write_text("0.0 0 0 0 0 0 0 1\n0.1 0 5 0 0 0 0 1\n")
    for target in (own, str(own)):
        said = json.loads(cinetraj("info", target, "--json").stdout)
        assert said["distance_first_to_last"] == 5
    ((name, clip),) = clips(own)[0].items()
    assert clip.load().positions[-1, 1] == 5
    assert name


@pytest.mark.parametrize("part", ["cam03", "", "#"])
def test_a_camera_that_is_not_there_is_a_clear_line(file: Path, part: str) -> None:
    for command in ("info", "describe"):
        assert_one_clear_line(cinetraj(command, f"{file}#{part}"))


def test_a_mapping_takes_cameras(file: Path) -> None:
    result = score({"a": f"{file}#cam01", "b": "no.json#cam01"}, {"a": f"{file}#cam01", "b": f"{file}#cam02"}).to_json()
    assert result["clips"]["a"]["TransErr"] == pytest.approx(0)
    assert "does not exist" in result["clips"]["b"]["failed"]
    assert np.isfinite(result["clips"]["a"]["RotErr"])
