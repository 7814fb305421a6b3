"""Malformed input: every refusal names the file, the line where there is one, and a remedy, in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layouts import READABLE, SIBLINGS

from trajectory.errors import ReadError
from trajectory.io import FORMATS, read

TUM = "0.0 0 0 0 0 0 0 1"
KITTI = "1 0 0 0 0 1 0 0 0 0 1 0"
RE10K = "0 0.5 0.9 0.5 0.5 0 0 " + KITTI
EYE = np.eye(4)


def refused(path: Path, name: str, said: str, line: int | None = None) -> ReadError:
    with pytest.raises(ReadError, match=said) as caught:
        read(path, format=name)
    error = caught.value
    assert error.line == line
    assert error.remedy
    message = str(error)
    assert "\n" not in message
    assert message.startswith(f"{error.path}:{line}: " if line is not None else f"{error.path}: ")
    assert error.path == path or path in error.path.parents or error.path.parent == path.parent
    return error


@pytest.mark.parametrize(
    ("name", "content", "line", "said"),
    [
        ("tum", f"# c\n{TUM}\n\n1.0 nan 0 0 0 0 0 1\n", 4, "not finite"),
        ("tum", f"{TUM}\n1.0 0 0 0 0 0 0 inf\n", 2, "not finite"),
        ("tum", f"{TUM}\n1.0 0 0 0 0 0 0 1\n1.0 3 0 0 0 0 0 1\n", 3, "repeats that of the row above"),
        ("tum", f"1{TUM}\n{TUM}\n", 2, "lies before that of the row above"),
        ("tum", f"{TUM}\n1.0 0 0 0 0 0 0\n", 2, "has 7 columns, expected 8"),
        ("tum", f"{TUM} 3\n", 1, "has 9 columns, expected 8"),
        ("tum", f"{TUM}\n1.0 0 0 0 0 0 0 1.002\n", 2, "quaternion has length 1.002, expected 1"),
        ("tum", f"{TUM}\n1.0 0 0 0 0 0 0 0\n", 2, "quaternion has length 0"),
        ("tum", f"{TUM}\n1.0 0 0 0 0 0 0 1e200\n", 2, "quaternion has length inf"),
        ("tum", f"{TUM}\n1.0 0 0 x 0 0 0 1\n", 2, "'x' is not a number"),
        ("tum", f"{TUM}\n1_0 0 0 0 0 0 0 1\n", 2, "'1_0' is not a number"),
        ("tum", "# only a comment\n", None, "holds no rows"),
        ("monst3r", "0 0 0 0 2 0 0 0\n", 1, "quaternion has length 2"),
        ("monst3r", "0 0 0 0 1 0 0 0\n1 0 0 0 1 0 0 0\n1 3 0 0 1 0 0 0\n", 3, "repeats"),
        ("kitti", f"{KITTI}\n1 0 0 0 0 1 0 0 0 0 -1 0\n", 2, r"reflection \(determinant -1\)"),
        ("kitti", f"{KITTI}\n2 0 0 0 0 2 0 0 0 0 2 0\n", 2, "is no rotation"),
        ("kitti", f"{KITTI}\n0 0 0 0 0 0 0 0 0 0 0 0\n", 2, "is no rotation"),
        ("kitti", f"{KITTI}\n1 0 0 0 0 1 0 0 0 0 nan 0\n", 2, "not finite"),
        ("kitti", f"{KITTI}\n3 {KITTI}\n", 2, "has 13 columns, expected 12"),
        ("kitti", f"0.5 {KITTI}\n", 1, "no frame number"),
        ("kitti", f"3 {KITTI}\n3 {KITTI}\n", 2, "repeats"),
        ("kitti", f"0 {KITTI}\n99999999 {KITTI}\n", None, "frame numbers run from 0 to 99999999"),
        ("euroc", "#timestamp\n1,0,0,0,1,0,0\n", 2, "has 7 columns"),
        ("euroc", "2,0,0,0,1,0,0,0\n1,0,0,0,1,0,0,0\n", 2, "lies before"),
        ("re10k", f"https://x\n{RE10K}\n1{RE10K}\n1{RE10K}\n", 4, "repeats"),
        ("re10k", f"https://x\nhttps://y\n{RE10K}\n", 2, "is not a number"),
        ("re10k", f"https://x\n{RE10K} 1\n", 2, "has 20 columns, expected 19"),
        ("re10k", f"https://x\n0 -1{RE10K[4:]}\n", None, "focal length that is not positive"),
        ("cami2v", f"500 500 320 180 0 0 {KITTI[:-1]}nan\n", 1, "not finite"),
        ("tartanair", "0 0 0 0 0 0 3\n", 1, "quaternion has length 3"),
        ("motionctrl", "[[1, 2]]", None, "holds 2 values, expected 12"),
        ("motionctrl", "[]", None, "is empty"),
        ("motionctrl", "{}", None, "is an object, expected a list"),
        ("motionctrl", "[[1,0,0,0,\n0,1,0,0,0,0,1", 2, "no valid JSON"),
        ("motionctrl", "[[1,0,0,0,0,1,0,0,0,0,NaN,0]]", None, r"\[0\]\[10\] is not finite"),
        ("motionctrl", "[[1,0,0,0,0,1,0,0,0,0,-1,0]]", None, "pose 0: is a reflection"),
        ("motionctrl", "[[1,0,0,0,0,1,0,0,0,0,1," + "9" * 400 + "]]", None, "is not finite"),
        ("motionctrl", "[" * 100_000, None, "no valid JSON"),
        ("nerfstudio", "{}", None, "frames is null, expected a list"),
        ("nerfstudio", '{"frames": [{}]}', None, r"frames\[0\].transform_matrix is null"),
        ("nerfstudio", '{"frames": [{"transform_matrix": [[1, 0, 0, 0]]}]}', None, "has 1 rows, expected 3 or 4"),
        ("omniworld", '{"quats": []}', None, "lacks focals, cx, cy, trans"),
        ("recammaster", '{"frame0": {"cam01": "[1 0 0]"}}', None, "no 4x4 matrix"),
        ("recammaster", '{"frame0": {"cam01": 3}}', None, "is a number, expected a text"),
        ("recammaster", "{}", None, "has no frame0"),
    ],
)
def test_text_and_json(tmp_path: Path, name: str, content: str, line: int | None, said: str):
    path = tmp_path / "f.dat"
    path.write_text(content)
    refused(path, name, said, line)


def frames(*matrices: Any, **fields: Any) -> str:
    rows = [{"transform_matrix": np.asarray(m).tolist(), "file_path": f"{i}.png"} for i, m in enumerate(matrices)]
    return json.dumps({"frames": rows, **fields})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (frames(EYE, np.diag([1, 1, -1, 1])), r"frames\[1\]: is a reflection"),
        (frames(EYE, np.diag([1.01, 1.01, 1.01, 1])), r"frames\[1\]: is no rotation"),
        (frames(EYE.T + np.eye(4, k=-3)), "another last row than 0 0 0 1"),
        (frames(EYE, w=0, h=10), "image size is 0 x 10"),
        (frames(EYE, fl_x="a", cx=1, cy=1), "fl_x is a text, expected a number"),
        (frames(EYE, fl_x=-5, cx=1, cy=1), "focal length that is not positive"),
        (frames(EYE, EYE).replace("1.png", "0.png"), "is listed twice"),
    ],
)
def test_transforms(tmp_path: Path, content: str, said: str):
    path = tmp_path / "transforms.json"
    path.write_text(content)
    refused(path, "nerfstudio", said)


@pytest.mark.parametrize(
    ("name", "arrays", "said"),
    [
        ("megasam", {"poses": EYE[None]}, "has no array cam_c2w"),
        ("megasam", {"cam_c2w": EYE}, r"shape \(4, 4\).*expected numbers of shape \(n, 4, 4\)"),
        ("megasam", {"cam_c2w": np.zeros((0, 4, 4))}, "holds no poses"),
        ("megasam", {"cam_c2w": np.full((2, 4, 4), -np.inf)}, "no pose is finite"),
        ("megasam", {"cam_c2w": np.array([EYE, np.diag([1, -1, 1, 1.0])])}, "pose 1: is a reflection"),
        ("megasam", {"cam_c2w": 2 * EYE[None]}, "pose 0: has the last row 0 0 0 2"),
        ("megasam", {"cam_c2w": EYE[None], "intrinsic": np.eye(4)}, r"'intrinsic' has shape \(4, 4\)"),
        ("megasam", {"cam_c2w": np.array([["x"]])}, "expected numbers"),
        ("vggt", {"extrinsic": np.ones((2, 3, 4))}, "pose 0: is no rotation"),
        ("vggt", {"extrinsic": EYE[None, :3], "intrinsic": np.zeros((1, 3, 3))}, "focal length that is not positive"),
        ("vipe", {"data": EYE[None]}, "lacks the arrays data and inds"),
        ("vipe", {"data": np.array([EYE, EYE]), "inds": np.array([3, 3])}, "repeats"),
        ("vipe", {"data": np.array([EYE, EYE]), "inds": np.array([3])}, "expected 2 integers"),
        ("vipe", {"data": np.array([EYE, EYE]), "inds": np.array([0, 10**9])}, "frame numbers run from"),
    ],
)
def test_arrays(tmp_path: Path, name: str, arrays: dict[str, np.ndarray], said: str):
    path = tmp_path / "f.npz"
    np.savez(path, **arrays)
    refused(path, name, said)


@pytest.mark.parametrize(
    ("poses", "said"),
    [
        (np.zeros((2, 7)), "quaternion has length 0"),
        (np.eye(4)[None], r"shape \(1, 4, 4\)"),
        (np.array([[0, 0, 0, 0, 0, np.nan, 1]]), "no pose is finite"),
    ],
)
def test_droid(tmp_path: Path, poses: np.ndarray, said: str):
    np.save(tmp_path / "poses.npy", poses)
    refused(tmp_path / "poses.npy", "droid", said)


CAMERA = "1 PINHOLE 640 360 500 500 320 180\n"
IMAGE = "1 1 0 0 0 0 0 0 1 a.png\n\n"


@pytest.mark.parametrize(
    ("cameras", "images", "line", "said"),
    [
        (CAMERA, "# none\n", None, "holds no images"),
        (CAMERA, IMAGE + IMAGE, None, "is listed twice"),
        (CAMERA, IMAGE + "2 1 0 0 0 0 0 0 7 b.png\n\n", None, "has no camera 7, used by b.png"),
        (CAMERA, IMAGE + "2 2 0 0 0 0 0 0 1 b.png\n\n", 3, "quaternion has length 2"),
        (CAMERA, IMAGE + "2 1 0 0 0 0 0\n\n", 3, "has 7 columns"),
        (CAMERA, "1 1 0 0 0 0 0 0 1.5 a.png\n\n", 1, "'1.5' is no whole number"),
        ("1 PINHOLE 640 360 500\n", IMAGE, 1, "PINHOLE has 1 parameters, expected 4"),
        ("1 LENS 640 360 500\n", IMAGE, 1, "camera model LENS is not known"),
        ("1 PINHOLE 640\n", IMAGE, 1, "has 3 columns"),
        ("1 PINHOLE 640 0 500 500 320 180\n", IMAGE, 1, "no size"),
        ("1 PINHOLE 640 360 nan 500 320 180\n", IMAGE, 1, "not finite"),
    ],
)
def test_colmap(tmp_path: Path, cameras: str, images: str, line: int | None, said: str):
    (tmp_path / "cameras.txt").write_text(cameras)
    (tmp_path / "images.txt").write_text(images)
    refused(tmp_path, "colmap", said, line)


FILES = sorted(set(READABLE) - {"colmap", "cut3r"} - SIBLINGS)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02\xff" * 99, b"PK\x03\x04junk", b"\x93NUMPY\x01\x00junk", b"\xef\xbb\xbf"]
)
def test_no_format_takes_an_empty_file_or_junk(tmp_path: Path, name: str, content: bytes):
    path = tmp_path / "f"
    path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read(path, format=name)
    error = caught.value
    assert "\n" not in str(error)
    assert str(path) in str(error)
    if not content and not FORMATS[name].target.endswith((".npz", ".npy", "/")):
        assert "is empty" in str(error)


@pytest.mark.parametrize("name", READABLE)
def test_no_format_takes_a_missing_path_or_an_empty_folder(tmp_path: Path, name: str):
    with pytest.raises(ReadError):
        read(tmp_path / "missing" / "f.x", format=name)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReadError):
        read(tmp_path / "empty", format=name)


def test_printed_digits_are_forgiven_and_no_more(tmp_path: Path):
    """A 4-digit quaternion is off unit length by up to 1e-4; a 9-digit one that far off is wrong."""
    path = tmp_path / "f.txt"
    path.write_text("0.0 0 0 0 0.6132 0.5962 -0.3311 -0.3987\n")
    trajectory = read(path, format="tum")
    product = trajectory.rotations[0].T @ trajectory.rotations[0]
    np.testing.assert_allclose(product, np.eye(3), atol=1e-15)
    path.write_text("0.0 0 0 0 0.613210001 0.596310001 -0.331210001 -0.398710001\n")
    refused(path, "tum", "quaternion has length 1.000", 1)
    rounded = np.round(trajectory.world_from_cam[0, :3], 4)
    path.write_text(" ".join(f"{v:.4f}" for v in rounded.ravel()) + "\n")
    np.testing.assert_allclose(read(path, format="kitti").rotations, trajectory.rotations, atol=1e-4)
    path.write_text(" ".join(f"{v:.2f}" for v in rounded.ravel()) + "\n")
    refused(path, "kitti", "is no rotation: its columns deviate from orthonormal", 1)


def test_a_position_that_no_path_can_be_measured_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "far.txt").write_text(f"{KITTI}\n1 0 0 1e300 0 1 0 0 0 0 1 0\n")
    with pytest.raises(ReadError, match="lies farther out than 1e"):
        read(tmp_path / "far.txt", format="kitti")
