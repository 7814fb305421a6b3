"""Each format against a file laid out by hand from its definition, independent of our writers.

The camera starts at the origin, moves 1 right, 2 down, 3 forward (OpenCV) and pans right by 30 degrees.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layouts import plane_depths
from scipy.spatial.transform import Rotation

from trajectory.io import detect, read
from trajectory.model import Trajectory

PAN = Rotation.from_euler("y", 30, degrees=True)
C2W = np.tile(np.eye(4), (2, 1, 1))
C2W[1, :3, :3] = PAN.as_matrix()
C2W[1, :3, 3] = (1, 2, 3)
W2C = np.linalg.inv(C2W)


def text(rows: Any, separator: str = " ") -> bytes:
    return "".join(separator.join(f"{v:.9f}".rstrip("0").rstrip(".") for v in row) + "\n" for row in rows).encode()


def npz(path: Path, **arrays: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)


def quat(matrices: np.ndarray, *, scalar_first: bool) -> np.ndarray:
    return Rotation.from_matrix(matrices[:, :3, :3]).as_quat(scalar_first=scalar_first)


def write_tum(folder: Path) -> Path:
    (folder / "f.txt").write_bytes(text(np.column_stack([[0.5, 1.5], C2W[:, :3, 3], quat(C2W, scalar_first=False)])))
    return folder / "f.txt"


def write_monst3r(folder: Path) -> Path:
    rows = np.column_stack([[0, 1], C2W[:, :3, 3], quat(C2W, scalar_first=True)])
    (folder / "pred_traj.txt").write_bytes(text(rows))
    (folder / "pred_intrinsics.txt").write_bytes(text([[400, 0, 256, 0, 400, 144, 0, 0, 1]] * 2))
    return folder / "pred_traj.txt"


def write_kitti(folder: Path) -> Path:
    (folder / "f.txt").write_bytes(text(C2W[:, :3].reshape(2, 12)))
    return folder / "f.txt"


def write_euroc(folder: Path) -> Path:
    rows = np.column_stack([C2W[:, :3, 3], quat(C2W, scalar_first=True), np.zeros((2, 9))])
    lines = [
        f"{ns}," + line for ns, line in zip((10**18, 10**18 + 5 * 10**7), text(rows, ",").decode().split(), strict=True)
    ]
    (folder / "data.csv").write_text("#timestamp, p_RS_R_x [m], ...\n" + "\n".join(lines) + "\n")
    return folder / "data.csv"


def write_re10k(folder: Path) -> Path:
    rows = np.column_stack([[1e6, 2e6], np.tile([0.5, 0.9, 0.5, 0.5, 0, 0], (2, 1)), W2C[:, :3].reshape(2, 12)])
    (folder / "f.txt").write_bytes(b"https://www.youtube.com/watch?v=x\n" + text(rows))
    return folder / "f.txt"


def write_cami2v(folder: Path) -> Path:
    rows = np.column_stack([np.tile([500, 500, 320, 180, 0, 0], (2, 1)), W2C[:, :3].reshape(2, 12)])
    (folder / "f.txt").write_bytes(text(rows))
    return folder / "f.txt"


def write_motionctrl(folder: Path) -> Path:
    (folder / "f.json").write_text(json.dumps(W2C[:, :3].reshape(2, 12).tolist()))
    return folder / "f.json"


def opengl() -> np.ndarray:
    out = C2W.copy()
    out[:, :3, 1:3] *= -1
    return out


def write_nerfstudio(folder: Path) -> Path:
    # listed backwards on purpose: the names give the order
    frames = [{"file_path": f"images/{i + 1:04d}.jpg", "transform_matrix": m.tolist()} for i, m in enumerate(opengl())]
    head = {"fl_x": 500, "fl_y": 510, "cx": 320, "cy": 180, "w": 640, "h": 360, "k1": 0.1}
    (folder / "transforms.json").write_text(json.dumps({**head, "frames": frames[::-1]}))
    return folder / "transforms.json"


def write_datadop(folder: Path) -> Path:
    frames = [{"transform_matrix": m.tolist(), "monst3r_im_id": i + 1} for i, m in enumerate(opengl())]
    head = {"fl_x": 500, "fl_y": 510, "cx": 320, "cy": 180, "w": 640, "h": 360}
    (folder / "shot_transforms_cleaning.json").write_text(json.dumps({**head, "frames": frames}))
    return folder / "shot_transforms_cleaning.json"


def write_recammaster(folder: Path) -> Path:
    """Unreal: x forward, y right, z up, centimetres, row vectors, a yaw to the right is positive."""
    yaw = np.deg2rad(30)
    turned = [[np.cos(yaw), np.sin(yaw), 0, 0], [-np.sin(yaw), np.cos(yaw), 0, 0], [0, 0, 1, 0], [300, 100, -200, 1]]
    frames = {}
    for i, matrix in enumerate([np.eye(4).tolist(), turned]):
        rows = " ".join("[" + " ".join(f"{v:.8f}" for v in row) + "]" for row in matrix)
        frames[f"frame{i}"] = {"cam01": rows + " "}
    (folder / "camera_extrinsics.json").write_text(json.dumps(frames))
    return folder / "camera_extrinsics.json"


def write_omniworld(folder: Path) -> Path:
    document = {
        "focals": [500.0, 510.0],
        "cx": 320.0,
        "cy": 180.0,
        "quats": quat(W2C, scalar_first=True).tolist(),
        "trans": W2C[:, :3, 3].tolist(),
    }
    (folder / "split_0.json").write_text(json.dumps(document))
    return folder / "split_0.json"


def write_megasam(folder: Path) -> Path:
    depths = np.stack([np.full((6, 8), 2.0), np.full((6, 8), 5.0)]).astype(np.float32)
    depths[0, 0, 0] = np.nan
    images = np.zeros((2, 6, 8, 3), np.uint8)
    k = np.array([[9.0, 0, 4], [0, 9, 3], [0, 0, 1]])
    npz(folder / "x_droid.npz", images=images, depths=depths, intrinsic=k, cam_c2w=C2W.astype(np.float32))
    return folder / "x_droid.npz"


def write_vggt(folder: Path) -> Path:
    k = np.tile(np.array([[40.0, 0, 32], [0, 40, 24], [0, 0, 1]]), (2, 1, 1))
    depth = plane_depths(C2W, k, (48, 64)).astype(np.float32)  # tells the direction, which lingbot-map has otherwise
    npz(folder / "p.npz", extrinsic=W2C[None, :, :3].astype(np.float32), intrinsic=k[None], depth=depth)
    return folder / "p.npz"


def write_vipe(folder: Path) -> Path:
    npz(folder / "pose" / "x.npz", data=C2W.astype(np.float32), inds=np.array([3, 5]))
    npz(folder / "intrinsics" / "x.npz", data=np.tile(np.float32([5, 5, 4, 3]), (3, 1)), inds=np.array([3, 4, 5]))
    return folder / "pose" / "x.npz"


def write_cut3r(folder: Path) -> Path:
    for i in (0, 1):
        npz(folder / "camera" / f"{i:06d}.npz", pose=C2W[i].astype(np.float32), intrinsics=np.diag([5.0, 5, 1]))
    return folder


def write_droid(folder: Path) -> Path:
    np.save(folder / "poses.npy", np.column_stack([W2C[:, :3, 3], quat(W2C, scalar_first=False)]).astype(np.float32))
    np.save(folder / "disps.npy", np.full((2, 3, 4), 0.25, np.float32))
    np.save(folder / "tstamps.npy", np.array([0.0, 7.0]))
    np.save(folder / "images.npy", np.zeros((2, 3, 48, 64), np.uint8))
    np.save(folder / "intrinsics.npy", np.tile(np.float32([5, 5, 4, 3]), (2, 1)))
    return folder


def write_spatialvid(folder: Path) -> Path:
    np.save(folder / "poses.npy", np.column_stack([W2C[:, :3, 3], quat(W2C, scalar_first=False)]))
    np.save(folder / "intrinsics.npy", np.tile([0.5, 0.9, 0.5, 0.5], (2, 1)))
    (folder / "caption.json").write_text("{}")
    return folder


def write_tartanair(folder: Path) -> Path:
    """NED: x forward, y right, z down; a pan right is a positive yaw about z."""
    yaw = Rotation.from_euler("z", [[0], [30]], degrees=True).as_quat()
    (folder / "pose_left.txt").write_bytes(text(np.column_stack([[[0, 0, 0], [3, 1, 2]], yaw])))
    return folder / "pose_left.txt"


def write_colmap(folder: Path) -> Path:
    (folder / "cameras.txt").write_text("# comment\n1 SIMPLE_RADIAL 640 360 500 320 180 0.1\n")
    rows = np.column_stack([quat(W2C, scalar_first=True), W2C[:, :3, 3]])
    lines = [
        f"{9 - i} {' '.join(map(repr, row.tolist()))} 1 a b/img{i}.png\n1 2 4 5 6 -1\n" for i, row in enumerate(rows)
    ]
    (folder / "images.txt").write_text("# comment\n" + "".join(lines[::-1]))
    (folder / "points3D.txt").write_text("4 0 0 8 1 2 3 0.5 1 0\n")
    return folder


WRITERS = {name[6:]: value for name, value in globals().items() if name.startswith("write_")}


@pytest.fixture
def given(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, Trajectory]:
    name = request.param
    path = WRITERS[name](tmp_path)
    return name, path, read(path)


@pytest.mark.parametrize("given", sorted(WRITERS), indirect=True)
def test_the_motion_is_right_down_forward_and_a_pan_to_the_right(given: tuple[str, Path, Trajectory]):
    name, path, trajectory = given
    assert detect(path)[0] == name
    assert trajectory.provenance is not None
    assert trajectory.provenance.config["format"] == name
    assert trajectory.provenance.config["recognised_by"]
    first, last = trajectory.world_from_cam[trajectory.valid][[0, -1]]
    relative = np.linalg.inv(first) @ last
    np.testing.assert_allclose(relative[:3, 3], (1, 2, 3), atol=2e-6)
    vector = Rotation.from_matrix(relative[:3, :3]).as_rotvec(degrees=True)
    np.testing.assert_allclose(vector, (0, 30, 0), atol=1e-5)


def test_et_is_kitti_by_another_name(tmp_path: Path):
    path = write_kitti(tmp_path)
    np.testing.assert_array_equal(read(path, format="et").world_from_cam, read(path, format="kitti").world_from_cam)


@pytest.mark.parametrize(
    ("name", "time", "source"),
    [
        ("tum", [0.5, 1.5], "seconds"),
        ("euroc", [1e9, 1e9 + 0.05], "seconds"),
        ("re10k", [1, 2], "seconds"),
        ("monst3r", [0, 1], "index"),
        ("kitti", [0, 1], "index"),
        ("megasam", [0, 1], "index"),
        ("droid", [0, 7], "index"),
        ("vipe", [3, 4, 5], "index"),
        ("nerfstudio", [1, 2], "index"),
        ("colmap", [0, 1], "index"),
        ("recammaster", [0, 1], "index"),
    ],
)
def test_time_and_its_source(tmp_path: Path, name: str, time: list[float], source: str):
    trajectory = read(WRITERS[name](tmp_path))
    assert trajectory.time_source == source
    np.testing.assert_array_equal(trajectory.time_s, time)


@pytest.mark.parametrize(
    ("name", "pinhole", "image_hw"),
    [
        ("monst3r", (400, 400, 256, 144), None),
        ("re10k", (0.5, 0.9, 0.5, 0.5), (1, 1)),
        ("spatialvid", (0.5, 0.9, 0.5, 0.5), (1, 1)),
        ("cami2v", (500, 500, 320, 180), None),
        ("nerfstudio", (500, 510, 320, 180), (360, 640)),
        ("megasam", (9, 9, 4, 3), (6, 8)),
        ("droid", (40, 40, 32, 24), (48, 64)),
        ("vipe", (5, 5, 4, 3), None),
        ("colmap", (500, 500, 320, 180), (360, 640)),
        ("omniworld", (500, 500, 320, 180), None),
    ],
)
def test_intrinsics_and_image_size(
    tmp_path: Path, name: str, pinhole: tuple[float, ...], image_hw: tuple[int, int] | None
):
    trajectory = read(WRITERS[name](tmp_path))
    assert trajectory.intrinsics_px is not None
    k = trajectory.intrinsics_px[0]
    np.testing.assert_allclose((k[0, 0], k[1, 1], k[0, 2], k[1, 2]), pinhole)
    assert trajectory.image_hw == image_hw


@pytest.mark.parametrize(("name", "depth"), [("megasam", (2, 5)), ("droid", (4, 4)), ("colmap", (8, None))])
def test_scene_depth_is_the_median_of_what_was_seen(tmp_path: Path, name: str, depth: tuple[float, float | None]):
    trajectory = read(WRITERS[name](tmp_path))
    # the point (0, 0, 8) seen from the second camera: third row of its inverse, worked out by hand
    behind = 8 * np.cos(np.pi / 6) + (-np.sin(np.pi / 6) * 1 - np.cos(np.pi / 6) * 3)
    second = behind if depth[1] is None else depth[1]
    np.testing.assert_allclose(trajectory.scene_depth, [depth[0], second], rtol=1e-6)


def test_a_missing_frame_of_vipe_stays_on_the_time_axis(tmp_path: Path):
    trajectory = read(write_vipe(tmp_path))
    np.testing.assert_array_equal(trajectory.valid, [True, False, True])
    assert trajectory.reason == ("", "not in inds", "")


def test_kitti_with_frame_numbers_keeps_its_gaps(tmp_path: Path):
    rows = np.column_stack([[4, 7], C2W[:, :3].reshape(2, 12)])
    (tmp_path / "est.txt").write_bytes(text(rows))
    trajectory = read(tmp_path / "est.txt")
    np.testing.assert_array_equal(trajectory.time_s, [4, 5, 6, 7])
    np.testing.assert_array_equal(trajectory.valid, [True, False, False, True])


def test_several_cameras_in_one_file_are_never_mixed(tmp_path: Path):
    path = write_recammaster(tmp_path)
    document = json.loads(path.read_text())
    document["frame0"]["cam02"] = document["frame1"]["cam01"]
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"holds 2 cameras; name one, as camera_extrinsics.json#cam01"):
        read(path)
    assert len(read(f"{path}#cam01")) == 2
    assert len(read(f"{path}#cam02", format="recammaster")) == 1
    with pytest.raises(ValueError, match="has no camera 'cam03'"):
        read(f"{path}#cam03")
