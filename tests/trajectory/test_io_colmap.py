"""COLMAP models against pycolmap itself, in both directions, and the meaning of image names."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trajectory.errors import ReadError
from trajectory.io import notes, read, write
from trajectory.model import Trajectory

pytest.importorskip("pycolmap")

MAKE = """
import zlib, sys, json
import numpy as np, pycolmap
out, model = sys.argv[1:3]
rec = pycolmap.Reconstruction()
options = pycolmap.SyntheticDatasetOptions()
options.num_rigs, options.num_cameras_per_rig, options.num_frames_per_rig = 1, 1, 6
options.num_points3D, options.camera_model_id = 60, getattr(pycolmap.CameraModelId, model)
options.camera_params = json.loads(sys.argv[3])
options.camera_has_prior_focal_length = False
rec = pycolmap.synthesize_dataset(options)
rec.write_text(out + "/text")
rec.write_binary(out + "/binary")
images = sorted(rec.images.values(), key=lambda image: image.name)
depth = []
for image in images:
    seen = [rec.points3D[p.point3D_id].xyz for p in image.points2D if p.has_point3D()]
    z = (image.cam_from_world().matrix() @ np.c_[np.array(seen), np.ones(len(seen))].T)[2]
    depth.append(float(np.median(z[z > 0])))
camera = images[0].camera
print(json.dumps({
    "names": [image.name for image in images],
    "cam_from_world": [image.cam_from_world().matrix().tolist() for image in images],
    "k": camera.calibration_matrix().tolist(),
    "hw": [camera.height, camera.width],
    "depth": depth,
}))
"""
RIG = """
import sys, json, pycolmap
out, named = sys.argv[1:3]
options = pycolmap.SyntheticDatasetOptions()
options.num_rigs, options.num_cameras_per_rig, options.num_frames_per_rig = 1, 2, 6
options.num_points3D = 40
rec = pycolmap.synthesize_dataset(options)
images = sorted(rec.images.values(), key=lambda image: (image.camera_id, image.name))
for number, image in enumerate(images):  # one camera after the other: neither names nor turns tell them apart
    image.name = image.name if named == "named" else f"{number:06d}.png"
rec.write_text(out + "/text")
rec.write_binary(out + "/binary")
print(json.dumps([[i.camera_id, i.cam_from_world().matrix().tolist()] for i in images]))
"""
LOAD = """
import zlib, sys, json, pycolmap
rec = pycolmap.Reconstruction(sys.argv[1])
images = sorted(rec.images.values(), key=lambda image: image.name)
print(json.dumps({
    "names": [image.name for image in images],
    "cam_from_world": [image.cam_from_world().matrix().tolist() for image in images],
    "k": [image.camera.calibration_matrix().tolist() for image in images],
    "model": images[0].camera.model.name,
    "params": list(images[0].camera.params),
}))
"""


LENSES = ((1, 500.0), (2, 700.0))


def run(script: str, *arguments: str) -> dict:
    """pycolmap can abort its process, so it gets one of its own."""
    import json

    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("model", "params", "distortion"),
    [
        ("SIMPLE_PINHOLE", "[1280, 512, 384]", None),
        ("PINHOLE", "[1280, 1290, 512, 384]", None),
        ("SIMPLE_RADIAL", "[1280, 512, 384, 0.01]", (0.01, 0, 0, 0)),
        ("RADIAL", "[1280, 512, 384, 0.01, -0.002]", (0.01, -0.002, 0, 0)),
        ("OPENCV", "[1280, 1290, 512, 384, 0.01, -0.002, 0.001, 0.0005]", (0.01, -0.002, 0.001, 0.0005)),
        ("OPENCV_FISHEYE", "[1280, 1290, 512, 384, 0.01, -0.002, 0.001, 0.0005]", None),
    ],
)
def test_models_that_pycolmap_writes(tmp_path: Path, model: str, params: str, distortion: tuple[float, ...] | None):
    for kind in ("text", "binary"):
        (tmp_path / kind).mkdir()
    truth = run(MAKE, str(tmp_path), model, params)
    for kind in ("text", "binary"):
        trajectory = read(tmp_path / kind)
        assert trajectory.image_hw == tuple(truth["hw"])
        assert trajectory.intrinsics_px is not None
        good = trajectory.world_from_cam[trajectory.valid]
        np.testing.assert_allclose(np.linalg.inv(good)[:, :3], truth["cam_from_world"], atol=1e-9)
        np.testing.assert_allclose(trajectory.intrinsics_px[0], truth["k"])
        np.testing.assert_allclose(trajectory.scene_depth[trajectory.valid], truth["depth"], rtol=1e-9)
        if distortion is None:
            assert trajectory.distortion is None
        else:
            np.testing.assert_allclose(trajectory.distortion, distortion)
        assert trajectory.provenance is not None
        assert trajectory.provenance.config["camera_models"] == [model]


@pytest.mark.parametrize("named", ["named", "by number"])
def test_the_cameras_of_a_rig_have_the_poses_that_pycolmap_gives_them(tmp_path: Path, named: str):
    for kind in ("text", "binary"):
        (tmp_path / kind).mkdir()
    truth = run(RIG, str(tmp_path), named)
    for kind in ("text", "binary"):
        assert (tmp_path / kind / f"rigs.{'txt' if kind == 'text' else 'bin'}").is_file()
        with pytest.raises(ReadError, match="holds 2 cameras; name one"):
            read(tmp_path / kind)
        for key in (1, 2):
            camera = f"camera{key:06d}" if named == "named" else f"camera{key}"
            trajectory = read(f"{tmp_path / kind}#{camera}")
            poses = trajectory.world_from_cam[trajectory.valid]
            expected = [pose for camera_id, pose in truth if camera_id == key]
            np.testing.assert_allclose(np.linalg.inv(poses)[:, :3], expected, rtol=0, atol=1e-9)


def test_rigs_of_one_camera_and_other_sensors_are_one_path(tmp_path: Path):
    (tmp_path / "cameras.bin").write_bytes(
        struct.pack("<Q", 2) + b"".join(struct.pack("<IiQQ4d", key, 1, 640, 360, f, f, 320, 180) for key, f in LENSES)
    )
    images = b"".join(
        struct.pack("<I7dI", 1 + k, 1, 0, 0, 0, k, 0, 0, 1 if k < 2 else 2) + f"{k}.png".encode() + b"\0" + bytes(8)
        for k in range(4)
    )
    (tmp_path / "images.bin").write_bytes(struct.pack("<Q", 4) + images)
    imu = struct.pack("<iIB7d", 1, 2, 1, 1, 0, 0, 0, 0, 0, 0) + struct.pack("<iIB", 1, 3, 0)
    rigs = b"".join(struct.pack("<IIiI", key, 3, 0, key) + imu for key in (1, 2))
    (tmp_path / "rigs.bin").write_bytes(struct.pack("<Q", 2) + rigs)
    assert len(read(tmp_path)) == 4
    (tmp_path / "rigs.bin").write_bytes((struct.pack("<Q", 2) + rigs)[:-3])
    with pytest.raises(ReadError, match=r"rigs\.bin: ends too early"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("distortion", "model"),
    [(None, "PINHOLE"), ((0.1, 0.2, 0.01, 0.02), "OPENCV"), ((0.1, 0, 0, 0, 0.3), "FULL_OPENCV")],
)
def test_models_that_pycolmap_reads(tmp_path: Path, distortion: tuple[float, ...] | None, model: str):
    rng = np.random.default_rng(0)
    poses = np.tile(np.eye(4), (4, 1, 1))
    poses[:, :3, :3] = np.linalg.qr(rng.normal(size=(4, 3, 3)))[0]
    poses[:, :3, 0] *= np.linalg.det(poses[:, :3, :3])[:, None]
    poses[:, :3, 3] = rng.normal(size=(4, 3))
    k = np.tile([[500.0, 0, 320], [0, 510, 180], [0, 0, 1]], (4, 1, 1))
    k[2:, 0, 0] = 600
    trajectory = Trajectory(
        world_from_cam=poses,
        time_s=np.array([3.0, 4, 5, 6]),
        valid=np.array([True, True, False, True]),
        image_hw=(360, 640),
        intrinsics_px=k,
        time_source="index",
        distortion=None if distortion is None else np.array(distortion),
    )
    write(trajectory, tmp_path / "model", format="colmap")
    seen = run(LOAD, str(tmp_path / "model"))
    keep = trajectory.valid
    assert seen["names"] == ["frame_000003.png", "frame_000004.png", "frame_000006.png"]
    np.testing.assert_allclose(seen["cam_from_world"], np.linalg.inv(poses[keep])[:, :3], atol=1e-12)
    np.testing.assert_allclose(seen["k"], k[keep])
    assert seen["model"] == model
    after = read(tmp_path / "model")
    np.testing.assert_array_equal(after.valid, keep)
    assert after.reason == ("", "", "not in the model", "")


def model(folder: Path, names: list[str]) -> Trajectory:
    (folder / "cameras.txt").write_text("1 PINHOLE 640 360 500 500 320 180\n")
    lines = [f"{i + 1} 1 0 0 0 {i} 0 0 1 {name}\n\n" for i, name in enumerate(names)]
    (folder / "images.txt").write_text("".join(lines))
    return read(folder)


@pytest.mark.parametrize(
    ("names", "time", "valid"),
    [
        (["a1.png", "a2.png", "a4.png"], [1, 2, 3, 4], [1, 1, 0, 1]),
        (["a10.png", "a9.png"], [9, 10], [1, 1]),
        (["d/00005.jpg", "d/00010.jpg", "d/00020.jpg"], [5, 10, 15, 20], [1, 1, 0, 1]),
        (["x.png", "y.png"], [0, 1], [1, 1]),
        (["cam1/1.png", "cam2/1.png"], [0, 1], [1, 1]),
        (["1.5.png", "1.7.png"], [5, 7], [1, 1]),
        (["1.png", "2.png", "900000.png"], [1, 2, 900000], [1, 1, 1]),
        (["with space 1.png", "with space 2.png"], [1, 2], [1, 1]),
        (["7.png"], [7], [1]),
    ],
)
def test_frame_numbers_come_from_names_that_differ_only_there(
    tmp_path: Path, names: list[str], time: list[int], valid: list[int]
):
    trajectory = model(tmp_path, names)
    np.testing.assert_array_equal(trajectory.time_s, time)
    np.testing.assert_array_equal(trajectory.valid, np.array(valid, dtype=bool))
    assert trajectory.time_source == "index"


def test_the_model_is_found_below_its_project(tmp_path: Path):
    inner = tmp_path / "sparse" / "0"
    inner.mkdir(parents=True)
    model(inner, ["1.png", "2.png"])
    assert len(read(tmp_path)) == 2
    assert len(read(inner / "images.txt")) == 2


def test_a_list_of_images_that_is_cut_short_is_told(tmp_path: Path):
    n = 9
    k = np.tile(np.array([[500.0, 0, 320], [0, 500, 180], [0, 0, 1]]), (n, 1, 1))
    path = Trajectory(
        world_from_cam=np.tile(np.eye(4), (n, 1, 1)),
        time_s=np.arange(float(n)),
        valid=np.ones(n, bool),
        time_source="index",
        intrinsics_px=k,
        image_hw=(360, 640),
    )
    write(path, tmp_path, format="colmap")
    file = tmp_path / "images.txt"
    assert not notes(read(tmp_path))
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-4]))
    assert notes(read(tmp_path)) == ("images.txt holds 7 of the 9 images that its head tells of: is it cut short?",)
