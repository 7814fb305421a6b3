"""Several cameras in one file are several paths: named, one chosen by FILE#NAME, never mixed."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from trajectory.errors import ReadError
from trajectory.io import cameras, read
from trajectory.io._cameras import by_camera


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["cam1/000.png", "cam1/001.png", "cam2/000.png", "cam2/001.png"], {"cam1", "cam2"}),
        (["r/cam1/rgb/0.png", "r/cam1/rgb/1.png", "r/cam2/rgb/0.png", "r/cam2/rgb/1.png"], {"cam1", "cam2"}),
        (["a/0.png", "a/1.png", "b/7.png", "b/8.png"], {"a", "b"}),
        (["train/0.png", "train/2.png", "test/1.png", "test/3.png"], {"train", "test"}),
        (["left_00.jpg", "left_01.jpg", "right_00.jpg", "right_01.jpg"], {"left", "right"}),
        (["00_left.jpg", "01_left.jpg", "00_right.jpg", "01_right.jpg"], {"left", "right"}),
        (["cam1_00.jpg", "cam1_01.jpg", "cam2_00.jpg", "cam2_01.jpg"], {"cam1", "cam2"}),
        ([r"cam1\0.png", r"cam1\1.png", r"cam2\0.png", r"cam2\1.png"], {"cam1", "cam2"}),
        (["frame_00.png", "frame_01.png", "frame_04.png"], {""}),
        (["a.png", "b.png", "c.png"], {""}),
        (["IMG_0001.jpg", "IMG_0002.jpg", "DSC_0100.jpg", "DSC_0101.jpg"], {""}),
        (["2021-05-03_12-30-45.png", "2021-05-03_12-30-46.png", "2021-05-03_12-31-45.png"], {""}),
        (["1403636579763555584.png", "1403636579813555584.png"], {""}),
    ],
)
def test_cameras_are_told_by_names(names: list[str], expected: set[str]):
    found = by_camera(names)
    assert set(found) == expected
    assert sorted(place for places in found.values() for place in places) == list(range(len(names)))


def model(folder: Path, images: list[tuple[str, int, float]], lenses: dict[int, str], rigs: str = "") -> Path:
    """A COLMAP model whose images look along z and sit at x."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cameras.txt").write_text("".join(f"{key} {lens}\n" for key, lens in lenses.items()))
    lines = [f"{i + 1} 1 0 0 0 {-x} 0 0 {camera} {name}\n\n" for i, (name, camera, x) in enumerate(images)]
    (folder / "images.txt").write_text("".join(lines))
    if rigs:
        (folder / "rigs.txt").write_text(rigs)
    return folder


PINHOLE = "PINHOLE 640 480 500 500 320 240"
FISHEYE = "OPENCV_FISHEYE 640 480 300 300 320 240 0.01 0.001 0 0"


def test_a_rig_is_refused_with_its_cameras_and_one_can_be_chosen(tmp_path: Path):
    images = [(f"cam{c}/{i:04d}.png", c, 10.0 * c + i) for c in (1, 2) for i in range(5)]
    folder = model(tmp_path / "model", images, {1: PINHOLE, 2: FISHEYE})
    with pytest.raises(ReadError, match="holds 2 cameras") as caught:
        read(folder)
    assert "model#cam1 (or cam2)" in caught.value.remedy
    assert cameras(folder) == ("cam1", "cam2")
    for c in (1, 2):
        trajectory = read(tmp_path / f"model#cam{c}")
        assert trajectory.positions[:, 0].tolist() == [10.0 * c + i for i in range(5)]
        assert trajectory.time_s.tolist() == list(range(5))
    with pytest.raises(ReadError, match="has no camera 'cam3'; name one of cam1, cam2"):
        read(tmp_path / "model#cam3")
    with pytest.raises(ReadError, match="stands for all its cameras"):
        read(tmp_path / "model#*")


@pytest.mark.parametrize("told", ["rigs", "models", "turns"])
def test_a_rig_in_one_folder_is_told_by_its_sensors_or_its_lenses(tmp_path: Path, told: str):
    images = [(f"{i:04d}.png", 1 + i % 2, float(i)) for i in range(8)]
    lenses = {1: PINHOLE, 2: FISHEYE if told == "models" else PINHOLE}
    rigs = "# rigs\n1 2 CAMERA 1 CAMERA 2 1 1 0 0 0 -0.1 0 0\n" if told == "rigs" else ""
    folder = model(tmp_path / "model", images, lenses, rigs)
    assert cameras(folder) == ("camera1", "camera2")
    assert read(tmp_path / "model#camera2").positions[:, 0].tolist() == [1, 3, 5, 7]


def test_a_zoom_is_one_camera(tmp_path: Path):
    """Our own writer gives every focal length a camera of its own."""
    lenses = {i + 1: f"PINHOLE 640 480 {500 + i} {500 + i} 320 240" for i in range(4)}
    folder = model(tmp_path / "model", [(f"f_{i}.png", i % 4 + 1, float(i)) for i in range(6)], lenses)
    assert cameras(folder) == ()
    assert len(read(folder)) == 6


def test_a_path_that_exists_wins_over_the_mark(tmp_path: Path):
    images = [(f"cam{c}/{i}.png", c, 10.0 * c + i) for c in (1, 2) for i in range(3)]
    model(tmp_path / "model", images, {1: PINHOLE, 2: PINHOLE})
    model(tmp_path / "model#cam1", [(f"{i}.png", 1, 99.0) for i in range(3)], {1: PINHOLE})
    assert read(tmp_path / "model#cam1").positions[0, 0] == 99.0
    file = tmp_path / "a#b.txt"
    file.write_text("0.5 0 0 0 0 0 0 1\n")
    assert len(read(file)) == 1
    file.rename(tmp_path / "a.txt")
    with pytest.raises(ReadError, match="a tum file has no camera 'b'"):
        read(tmp_path / "a.txt#b")
    with pytest.raises(ReadError, match=r"a#b\.txt: does not exist"):
        read(file)


def test_transforms_of_several_folders(tmp_path: Path):
    frames = []
    for name, x in (("left", 0.0), ("right", 5.0)):
        for i in (0, 1, 2, 5):
            matrix = np.eye(4)
            matrix[0, 3] = x + i
            frames.append({"file_path": f"./images/{name}/{i:03d}.png", "transform_matrix": matrix.tolist()})
    (tmp_path / "transforms.json").write_text(json.dumps({"frames": frames}))
    for path in (tmp_path, tmp_path / "transforms.json"):
        assert cameras(path) == ("left", "right")
        right = read(path.with_name(path.name + "#right"))
        assert right.time_s.tolist() == [0, 1, 2, 3, 4, 5]
        assert right.valid.tolist() == [True, True, True, False, False, True]
        assert right.positions[0, 0] == 5
        with pytest.raises(ReadError, match="holds 2 cameras"):
            read(path)


def test_images_txt_without_second_lines(tmp_path: Path):
    """All of them dropped, some of them, and none: the poses are the same."""
    folder = model(tmp_path / "model", [(f"my frame {i}.png", 1, float(i)) for i in range(7)], {1: PINHOLE})
    file = folder / "images.txt"
    full = file.read_text().splitlines()
    seen = "1.5 2.5 -1 3.5 4.5 7 9.0 9.0 -1 1.0 2.0 -1"  # four sightings: no line of an image
    for kept in (set(range(7)), {0, 3}, set()):
        lines = [line for i in range(7) for line in (full[2 * i], *([seen] if i in kept else []))]
        file.write_text("\n".join(lines) + "\n")
        trajectory = read(folder)
        assert len(trajectory) == 7
        assert trajectory.positions[:, 0].tolist() == list(range(7))
        assert trajectory.provenance is not None
        assert ("notes" in trajectory.provenance.config) == (len(kept) < 6)


def test_binary_models_have_cameras_too(tmp_path: Path):
    (tmp_path / "cameras.bin").write_bytes(struct.pack("<QIiQQ4d", 1, 1, 1, 640, 480, 500, 500, 320, 240))
    images = [f"cam{c}/{i}.png" for c in (0, 1) for i in range(3)]
    body = b"".join(
        struct.pack("<I7dI", i, 1, 0, 0, 0, i, 0, 0, 1) + name.encode() + b"\0" + struct.pack("<Q", 0)
        for i, name in enumerate(images)
    )
    (tmp_path / "images.bin").write_bytes(struct.pack("<Q", len(images)) + body)
    assert cameras(tmp_path) == ("cam0", "cam1")
    assert read(tmp_path.with_name(tmp_path.name + "#cam1")).positions[:, 0].tolist() == [-3, -4, -5]
