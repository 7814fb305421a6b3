"""What no format recognises is described, and the remedy that is named works."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from trajectory.errors import ReadError
from trajectory.io import FORMATS, read

N = 7
C2W = np.tile(np.eye(4), (N, 1, 1))
C2W[:, :3, :3] = Rotation.from_rotvec(np.linspace([0, 0, 0], [0.1, 0.6, 0], N)).as_matrix()
C2W[:, :3, 3] = np.linspace([0, 0, 0], [1.0, 2, 3], N)
QUAT = Rotation.from_matrix(C2W[:, :3, :3]).as_quat()


def refusal(path: Path) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(path)
    assert "|".join(sorted(FORMATS)) not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_rows_of_4x4_matrices_cut_as_said(tmp_path: Path):
    for lead in (0, 1):
        path = tmp_path / "poses.txt"
        np.savetxt(path, np.column_stack([*([np.arange(N)] if lead else []), C2W.reshape(N, 16)]))
        try:
            error = refusal(path)
        except pytest.fail.Exception:  # a format that reads such rows has come since
            assert not lead
            continue
        assert "4x4 matrices, row by row" in error.problem
        cut = re.search(r"cut -d' ' -f(\d+)-(\d+)", error.remedy)
        assert cut is not None
        first, last = int(cut[1]), int(cut[2])
        kept = [" ".join(line.split(" ")[first - 1 : last]) for line in path.read_text().splitlines()]
        path.write_text("\n".join(kept) + "\n")
        np.testing.assert_allclose(read(path, format="kitti").world_from_cam, C2W, atol=1e-12)


@pytest.mark.parametrize("shape", ["n44", "n34", "n16", "n12", "n8"])
@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_arrays_saved_again_as_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, kind: str):
    value = {
        "n44": C2W,
        "n34": C2W[:, :3],
        "n16": C2W.reshape(N, 16),
        "n12": C2W[:, :3].reshape(N, 12),
        "n8": np.column_stack([np.arange(N) / 10, C2W[:, :3, 3], QUAT]),
    }[shape]
    monkeypatch.chdir(tmp_path)
    path = Path(f"own.{kind}")
    np.save(path, value) if kind == "npy" else np.savez(path, my_path=value, other=np.array([1, None]))
    try:
        remedy = refusal(path).remedy
    except pytest.fail.Exception:  # a format that reads it has come since
        assert shape == "n44"
        return
    assert path.name in remedy
    z = np.load(path) if kind == "npy" else np.load(path)["my_path"]
    given = "z" if kind == "npy" else "z['my_path']"
    assert given in remedy
    if shape == "n44":
        np.savez("poses.npz", cam_c2w=z)
        again = read("poses.npz")
    elif shape == "n34":
        np.savetxt("poses.txt", z.reshape(-1, 12))
        again = read("poses.txt", format="kitti")
    elif shape == "n8":
        np.savetxt("poses.txt", z, header="timestamp tx ty tz qx qy qz qw")
        again = read("poses.txt")
    else:
        np.savetxt("poses.txt", z[:, :12])
        again = read("poses.txt", format="kitti")
    np.testing.assert_allclose(again.world_from_cam, C2W, atol=1e-12)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (np.column_stack([C2W[:, :3, :3].reshape(N, 9), C2W[:, :3, 3]]), "a rotation and then a position"),
        (np.column_stack([C2W[:, :3, 3], C2W[:, :3, :3].reshape(N, 9)]), "a position and then a rotation matrix"),
        (C2W.transpose(0, 2, 1).reshape(N, 16), "4x4 matrices, column by column"),
        (C2W[:, :3, 3], "positions without orientation"),
        (np.column_stack([C2W[:, :3, 3], C2W[:, :3, 3]]), "perhaps a position and three angles"),
        (np.column_stack([np.arange(N), C2W[:, :3, 3], 9 * C2W[:, :3, 3]]), "perhaps a position and three angles"),
        (np.column_stack([np.arange(N), np.arange(N), C2W[:, :3, 3], QUAT]), "a unit quaternion in columns 6 to 9"),
    ],
)
def test_other_rows_are_described(tmp_path: Path, columns: np.ndarray, said: str):
    np.savetxt(tmp_path / "f.txt", columns)
    assert said in refusal(tmp_path / "f.txt").problem


def test_matrices_below_each_other_are_told_with_what_puts_them_into_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "f.txt").write_text("".join(f"{' '.join(map(repr, row))}\n" for row in C2W.reshape(-1, 4).tolist()))
    said = refusal(tmp_path / "f.txt")
    assert "4x4 matrices below each other" in said.problem
    monkeypatch.chdir(tmp_path)
    assert "np.savetxt('poses.txt', np.loadtxt('f.txt').reshape(-1, 16))" in said.remedy
    np.savetxt("poses.txt", np.loadtxt("f.txt").reshape(-1, 16))
    np.testing.assert_allclose(read("poses.txt", format="kitti").world_from_cam, C2W, atol=1e-12)


@pytest.mark.parametrize(
    "document", [{"a": {"poses": C2W.tolist()}}, [{"T": C2W[0].tolist()}], {"p": C2W.reshape(N, 16).tolist()}]
)
def test_matrices_in_other_documents_are_found(tmp_path: Path, document: object):
    (tmp_path / "f.json").write_text(json.dumps(document))
    assert "JSON with numbers" in refusal(tmp_path / "f.json").problem


def test_members_of_python_objects_are_passed_over_and_never_unpickled(tmp_path: Path):
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (pytest.fail, ("an object was unpickled",))

    bomb = np.empty(1, dtype=object)
    bomb[0] = Bomb()
    path = tmp_path / "f.npz"
    for name, poses in (("cam_c2w", C2W), ("extrinsic", np.linalg.inv(C2W)[:, :3])):
        np.savez(path, **{name: poses, "aux": bomb, "none": np.array(None), "words": np.array([b"x"])})
        format = {"cam_c2w": "megasam", "extrinsic": "vggt"}[name]
        np.testing.assert_allclose(read(path, format=format).world_from_cam, C2W, atol=1e-12)
    np.savez(path, cam_c2w=bomb)
    assert "holds no plain numbers" in refusal(path).problem
    np.savez(path, cam_c2w=bomb, other=C2W[:, 0])
    with pytest.raises(ReadError, match="array 'cam_c2w' holds no plain numbers: Python objects"):
        read(path, format="megasam")
    np.save(tmp_path / "f.npy", bomb)
    assert "Python objects, which are not unpickled" in refusal(tmp_path / "f.npy").problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a Git LFS pointer"),
        ("<!DOCTYPE html>\n<html><body>1 2 3</body></html>\n", "an HTML page"),
    ],
)
def test_what_stands_for_another_file_says_so(tmp_path: Path, text: str, said: str):
    (tmp_path / "poses.txt").write_text(text)
    assert said in refusal(tmp_path / "poses.txt").problem


@pytest.mark.parametrize("document", ['{"frames": [{"pose": [1, 2, 3]}]}', '[{"c2w": [[1, 0], [0, 1]]}]'])
def test_a_cameras_json_of_another_layout_is_refused_by_name(tmp_path: Path, document: str) -> None:
    path = tmp_path / "cameras.json"
    path.write_text(document)
    with pytest.raises(ReadError, match=r"lingbot-map.* has no documented layout.*; give lingbot-map's npz"):
        read(path)
