"""Fuzzing: whatever the bytes, a reader returns a Trajectory or raises a ReadError. Nothing else escapes."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layouts import READABLE, SIBLINGS, SPARSE

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import FORMATS, read, write
from trajectory.model import Trajectory

WRITABLE = [name for name in READABLE if FORMATS[name].encode is not None and name not in SIBLINGS | SPARSE]
FILES = sorted(set(READABLE) - {"colmap", "cut3r"} - SIBLINGS)
RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def valid_files(folder: Path, name: str) -> list[Path]:
    n = 3
    trajectory = Trajectory(
        world_from_cam=np.tile(np.eye(4), (n, 1, 1)),
        time_s=np.arange(n, dtype=float),
        valid=np.ones(n, bool),
        image_hw=(360, 640),
        intrinsics_px=np.tile([[500.0, 0, 320], [0, 500, 180], [0, 0, 1]], (n, 1, 1)),
        time_source="index",
    )
    path = folder / FORMATS[name].target.replace("NAME", "clip")
    write(trajectory, path, format=name)
    return sorted(file for file in folder.rglob("*") if file.is_file())


def reads_or_refuses(path: Path, name: str) -> None:
    said = "a: b; c"
    try:
        assert isinstance(read(path, format=name), Trajectory)
    except ReadError as error:
        said = str(error)
    assert "\n" not in said
    assert "; " in said


@pytest.mark.parametrize("name", FILES)
@RELAXED
@given(data=st.binary(max_size=200))
def test_random_bytes(tmp_path: Path, name: str, data: bytes):
    path = tmp_path / "f"
    path.write_bytes(data)
    reads_or_refuses(path, name)
    reads_or_refuses(path, "auto")


TOKEN = st.one_of(
    st.floats(width=64).map(repr),
    st.integers().map(str),
    st.sampled_from(
        [
            "nan",
            "inf",
            "-inf",
            "1e999",
            "-0",
            "1e-400",
            "x",
            "#",
            ",",
            "[",
            "]",
            "{",
            "}",
            '"',
            "\0",
            "١",
            "1_0",
            "null",
        ]
    ),
)


@pytest.mark.parametrize("name", ["tum", "monst3r", "kitti", "euroc", "re10k", "cami2v", "tartanair"])
@RELAXED
@given(rows=st.lists(st.lists(TOKEN, min_size=1, max_size=20), min_size=1, max_size=4), columns=st.integers(7, 20))
def test_rows_of_odd_numbers(tmp_path: Path, name: str, rows: list[list[str]], columns: int):
    path = tmp_path / "f"
    full = [(row * columns)[:columns] for row in rows]
    path.write_text("\n".join(" ".join(row) for row in full), encoding="utf-8")
    reads_or_refuses(path, name)
    reads_or_refuses(path, "auto")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [1.4e154, 1.7e308, 1e-160, 5e-324])
@pytest.mark.parametrize("columns", [7, 8, 12, 13, 16, 19])
def test_numbers_whose_products_leave_the_doubles(tmp_path: Path, name: str, size: float, columns: int):
    path = tmp_path / "f"
    rows = [[str(row), *[repr(size * (-1) ** (row * place)) for place in range(1, columns)]] for row in range(3)]
    path.write_text("\n".join(map(" ".join, [[repr(size)] * columns, *rows])), encoding="utf-8")
    reads_or_refuses(path, name)
    reads_or_refuses(path, "auto")


@pytest.mark.parametrize("name", WRITABLE)
def test_mutated_files(tmp_path_factory: pytest.TempPathFactory, name: str):
    folder = tmp_path_factory.mktemp("fuzz")
    files = valid_files(folder, name)
    target = folder / FORMATS[name].target.replace("NAME", "clip")
    originals = {file: file.read_bytes() for file in files}
    rng = np.random.default_rng(1)
    for trial in range(40):
        victim = files[trial % len(files)]
        data = bytearray(originals[victim])
        kind = trial % 4
        if kind == 0:  # truncated
            data = data[: int(rng.integers(0, len(data)))]
        elif kind == 1:  # flipped bytes
            for place in rng.integers(0, len(data), int(rng.integers(1, 6))):
                data[place] = int(rng.integers(0, 256))
        elif kind == 2:  # a piece taken out
            start = int(rng.integers(0, len(data)))
            del data[start : start + int(rng.integers(1, 40))]
        else:  # digits exchanged: stays well formed, means something else
            digits = [i for i, byte in enumerate(data) if 48 <= byte < 58] or [0]
            for place in rng.choice(digits, 3):
                data[place] = int(rng.integers(48, 58))
        victim.write_bytes(bytes(data))
        reads_or_refuses(target, name)
        reads_or_refuses(target, "auto")
        victim.write_bytes(originals[victim])
    assert isinstance(read(target, format=name), Trajectory)


KEYS = (
    *("frames", "transform_matrix", "file_path", "w", "h", "fl_x", "cx", "cy", "k1", "camera_model"),
    *("extrinsic", "intrinsic", "height", "width", "0", "K", "poses"),
    *("position", "rotation", "fx", "data", "time", "camera_pos", "camera_rpy", "x"),
    *("monst3r_im_id", "frame0", "frame1", "cam01", "quats", "trans", "focals"),
)
JSON_FORMATS = (
    *("nerfstudio", "datadop", "motionctrl", "recammaster", "omniworld", "worldstereo", "hy-worldplay"),
    *("record3d", "splat", "mind", "auto"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", JSON_FORMATS)
@RELAXED
@given(document=JSON)
def test_json_of_any_shape(tmp_path: Path, name: str, document: object):
    path = tmp_path / "f.json"
    path.write_text(json.dumps(document))
    reads_or_refuses(path, name)


@RELAXED
@given(
    kind=st.sampled_from(["f2", "f4", "f8", "i8", "u1", "?", "U3", "c16"]),
    shape=st.lists(st.integers(0, 5), max_size=4),
    key=st.sampled_from(
        ["cam_c2w", "extrinsic", "data", "inds", "pose", "header", "intrinsic", "depth", "T", "camera_poses"]
    ),
    name=st.sampled_from(["megasam", "vggt", "vipe", "native", "wbench", "camprobe", "da3", "auto", "auto"]),
)
def test_arrays_of_any_type_and_shape(tmp_path: Path, kind: str, shape: list[int], key: str, name: str):
    path = tmp_path / "f.npz"
    arrays = {other: np.zeros((2, 4, 4)) for other in ("cam_c2w", "extrinsic", "data")}
    arrays |= {"inds": np.arange(2), "intrinsic": np.ones((2, 3, 3)), "depth": np.ones((2, 5, 6))}
    arrays[key] = np.ones(shape, dtype=kind)
    np.savez(path, **arrays)
    reads_or_refuses(path, name)


@pytest.mark.parametrize("path", ["", ".", "/", "\0", "a\0b", "x" * 5000, "a#b", "#", "a.json#"])
@pytest.mark.parametrize("name", ["auto", "tum", "native", "colmap", "cut3r", "droid", "recammaster"])
def test_odd_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CinetrajError):
        read(path, format=name)


def test_mutated_binary_models(tmp_path: Path):
    originals = {
        "cameras.bin": struct.pack("<QIiQQ4d", 1, 7, 1, 640, 360, 500, 500, 320, 180),
        "images.bin": struct.pack("<Q", 2)
        + b"".join(
            struct.pack("<I7dI", i, 1, 0, 0, 0, i, 0, 0, 7) + b"%d.png\0" % i + struct.pack("<Q2dq", 1, 3, 4, 9)
            for i in (1, 2)
        ),
        "points3D.bin": struct.pack("<QQ3d3BdQII", 1, 9, 0, 0, 5, 1, 2, 3, 0.5, 1, 1, 0),
    }
    for name, data in originals.items():
        (tmp_path / name).write_bytes(data)
    trajectory = read(tmp_path)
    np.testing.assert_array_equal(trajectory.scene_depth, [5, 5])
    rng = np.random.default_rng(2)
    for trial in range(150):
        name = sorted(originals)[trial % 3]
        data = bytearray(originals[name])
        if trial % 2:
            data = data[: int(rng.integers(0, len(data)))]
        else:
            for place in rng.integers(0, len(data), 2):
                data[place] = int(rng.choice([0, 1, 127, 128, 255]))
        (tmp_path / name).write_bytes(bytes(data))
        reads_or_refuses(tmp_path, "colmap")
        (tmp_path / name).write_bytes(originals[name])
