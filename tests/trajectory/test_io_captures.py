"""Files of scanners, datasets and benchmarks with true poses, each laid out here from its documentation."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layouts import C2W, OPENGL, STEPS, K, assert_known_move, recognised
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError, ReadError
from trajectory.io import read, write
from trajectory.model import Trajectory


def text_of(matrix: np.ndarray) -> str:
    return "".join("\t ".join(f"{value:.8e}" for value in row) + "\n" for row in matrix)


def clip(**fields: Any) -> Trajectory:
    given = {"intrinsics_px": K, "image_hw": (360, 640), "time_source": "index", **fields}
    return Trajectory(world_from_cam=C2W, time_s=np.arange(STEPS) * 1.0, valid=np.ones(STEPS, bool), **given)


def record3d(path: Path) -> Path:
    arkit = C2W @ OPENGL
    quat = Rotation.from_matrix(arkit[:, :3, :3]).as_quat()
    poses = np.column_stack([quat, arkit[:, :3, 3]])
    k = [500.0, 0, 0, 0, 510, 0, 320, 180, 1]  # column by column
    path.write_text(json.dumps({"w": 640, "h": 360, "K": k, "poses": poses.tolist(), "fps": 60}))
    return path


def test_record3d_has_arkit_axes_and_a_transposed_lens(tmp_path: Path) -> None:
    trajectory = recognised(record3d(tmp_path / "metadata.json"), "record3d")
    assert_known_move(trajectory)
    np.testing.assert_allclose(trajectory.intrinsics_px, K)
    assert (trajectory.image_hw, trajectory.scale) == ((360, 640), "metric")


def test_a_lens_of_record3d_that_is_stored_row_by_row_is_refused(tmp_path: Path) -> None:
    path = record3d(tmp_path / "metadata.json")
    document = json.loads(path.read_text())
    document["K"] = [500.0, 0, 320, 0, 510, 180, 0, 0, 1]
    path.write_text(json.dumps(document))
    with pytest.raises(ReadError, match="row by row"):
        read(path)


def test_record3d_that_we_write_turns_about_as_arkit_does(tmp_path: Path) -> None:
    write(clip(), tmp_path / "metadata.json", format="record3d")
    written = json.loads((tmp_path / "metadata.json").read_text())
    expected = json.loads(record3d(tmp_path / "expected.json").read_text())
    np.testing.assert_allclose(np.abs(written["poses"]), np.abs(expected["poses"]), atol=1e-12)
    assert written["K"] == expected["K"]


@pytest.mark.parametrize("inside", [False, True])
def test_scannet_has_a_matrix_a_file_and_frames_without_a_pose(tmp_path: Path, inside: bool) -> None:
    (tmp_path / "pose").mkdir()
    (tmp_path / "intrinsic").mkdir()
    numbers = [0, 1, 9, 10, 11]  # in the order of numbers, not of names; 2 to 8 have no file
    for number, matrix in zip(numbers, C2W, strict=True):
        (tmp_path / "pose" / f"{number}.txt").write_text(text_of(matrix))
    (tmp_path / "pose" / "12.txt").write_text("-inf -inf -inf -inf\n" * 4)
    lens = np.eye(4)
    lens[:3, :3] = K[0]
    (tmp_path / "intrinsic" / "intrinsic_color.txt").write_text(text_of(lens))
    trajectory = recognised(tmp_path / "pose" if inside else tmp_path, "scannet")
    assert_known_move(trajectory)
    np.testing.assert_array_equal(np.flatnonzero(trajectory.valid), numbers)
    assert len(trajectory) == 12 or len(trajectory) == 13
    assert trajectory.intrinsics_px is not None
    np.testing.assert_allclose(trajectory.intrinsics_px[3], K[0])


def test_seven_scenes_has_a_matrix_a_file(tmp_path: Path) -> None:
    for i, matrix in enumerate(C2W):
        (tmp_path / f"frame-{i:06d}.pose.txt").write_text(text_of(matrix))
        (tmp_path / f"frame-{i:06d}.color.png").write_bytes(b"\x89PNG")
    trajectory = recognised(tmp_path, "7scenes")
    assert_known_move(trajectory)
    assert trajectory.scale == "metric"
    (tmp_path / "frame-000002.pose.txt").write_text(text_of(C2W[2][:3]))
    with pytest.raises(ReadError, match="no 4x4 matrix"):
        read(tmp_path)


def test_llff_has_down_right_back_columns(tmp_path: Path) -> None:
    rotation = np.stack([C2W[:, :3, 1], C2W[:, :3, 0], -C2W[:, :3, 2]], axis=2)
    hwf = np.tile([360.0, 640, 500], (STEPS, 1))
    matrix = np.concatenate([rotation, C2W[:, :3, 3:], hwf[:, :, None]], axis=2)
    np.save(tmp_path / "poses_bounds.npy", np.column_stack([matrix.reshape(STEPS, 15), np.tile([1.0, 9], (STEPS, 1))]))
    for path in (tmp_path, tmp_path / "poses_bounds.npy"):
        trajectory = recognised(path, "llff")
        assert_known_move(trajectory)
        assert trajectory.image_hw == (360, 640)
        assert trajectory.intrinsics_px is not None
        np.testing.assert_allclose(trajectory.intrinsics_px[0], [[500, 0, 320], [0, 500, 180], [0, 0, 1]])


def test_cameras_of_splats_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    cameras = [
        {
            "id": i,
            "img_name": f"frame_{2 * number:05d}",
            "width": 640,
            "height": 360,
            "position": C2W[number, :3, 3].tolist(),
            "rotation": C2W[number, :3, :3].tolist(),
            "fy": 510.0,
            "fx": 500.0,
        }
        for i, number in enumerate([4, 0, 3, 1])
    ]
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps(cameras))
    trajectory = recognised(path, "splat")
    np.testing.assert_array_equal(trajectory.time_s, [0, 2, 4, 6, 8])
    np.testing.assert_array_equal(trajectory.valid, [True, True, False, True, True])
    np.testing.assert_allclose(trajectory.world_from_cam[trajectory.valid], C2W[[0, 1, 3, 4]], atol=1e-12)
    assert trajectory.intrinsics_px is not None
    np.testing.assert_allclose(trajectory.intrinsics_px[0], K[0])
    aside = np.array(K)
    aside[:, 0, 2] = 100
    with pytest.raises(CinetrajError, match="no principal point"):
        write(clip(intrinsics_px=aside), tmp_path / "b.json", format="splat")


def test_stray_scanner_is_camera_to_world_in_opencv_axes(tmp_path: Path) -> None:
    quat = Rotation.from_matrix(C2W[:, :3, :3]).as_quat()
    lines = ["timestamp, frame, x, y, z, qx, qy, qz, qw"]
    for i in range(STEPS):
        values = ", ".join(f"{value:.9f}" for value in [*C2W[i, :3, 3], *quat[i]])
        lines.append(f"{5.5 + i / 60:.6f}, {i:06d}, {values}")
    (tmp_path / "odometry.csv").write_text("\n".join(lines) + "\n")
    lens = "1600.0,0.0,960.0\n0.0,1600.0,720.0\n0.0,0.0,1.0\n"
    (tmp_path / "camera_matrix.csv").write_text(lens)
    trajectory = recognised(tmp_path, "stray-scanner")
    assert_known_move(trajectory)
    assert (trajectory.time_source, trajectory.image_hw) == ("seconds", (1440, 1920))
    np.testing.assert_allclose(trajectory.time_s, 5.5 + np.arange(STEPS) / 60, atol=1e-6)


def mind(path: Path, entries: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({"mark_time": 0, "total_time": len(entries), "caption": "", "data": entries}))
    return path


def xyz(x: float, y: float, z: float) -> dict[str, float]:
    return {"x": x, "y": y, "z": z}


def test_mind_has_the_camera_of_unreal(tmp_path: Path) -> None:
    """Forward 3 m, right 1 m, down 2 m, while turning right by 30 degrees: in centimetres, z up."""
    entries = [
        {"time": 7 + i, "ws": 0, "camera_pos": xyz(300 * at, 100 * at, -200 * at), "camera_rpy": xyz(0, 0, 30 * at)}
        for i, at in enumerate(np.linspace(0, 1, STEPS).tolist())
    ]
    trajectory = recognised(mind(tmp_path / "action.json", entries), "mind")
    assert_known_move(trajectory)
    np.testing.assert_array_equal(trajectory.time_s, 7 + np.arange(STEPS))


@pytest.mark.parametrize(
    ("rpy", "turn_deg"), [((0, 20, 0), (20, 0, 0)), ((20, 0, 0), (0, 0, 20)), ((0, 0, 20), (0, 20, 0))]
)
def test_mind_pitch_looks_up_roll_is_clockwise_yaw_turns_right(
    tmp_path: Path, rpy: tuple[float, ...], turn_deg: tuple[float, ...]
) -> None:
    entries = [{"time": i, "camera_pos": xyz(0, 0, 0), "camera_rpy": xyz(*(i * r for r in rpy))} for i in (0, 1)]
    trajectory = read(mind(tmp_path / "action.json", entries))
    turned = Rotation.from_matrix(trajectory.rotations[0].T @ trajectory.rotations[1]).as_rotvec(degrees=True)
    np.testing.assert_allclose(turned, turn_deg, atol=1e-9)


def test_the_actor_of_mind_is_no_camera(tmp_path: Path) -> None:
    entries = [{"time": 0, "actor_pos": xyz(0, 0, 0), "actor_rpy": xyz(0, 0, 0)}]
    with pytest.raises(ReadError, match="the actor's pose is not the camera's; estimate the video"):
        read(mind(tmp_path / "action.json", entries))
