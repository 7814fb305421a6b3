"""Camera files that video generators take, each laid out here from the tool's documentation; and what we write."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layouts import C2W, STEPS, W2C, K, assert_known_move, known_move, recognised, savez

from trajectory.errors import CinetrajError, FormatAmbiguousError, ReadError
from trajectory.io import losses, read, read_every, write, write_every
from trajectory.model import Trajectory


def rows_of(values: np.ndarray) -> str:
    return "".join(" ".join(f"{value:.9f}" for value in row) + "\n" for row in values)


def clip(frames: int, **fields: Any) -> Trajectory:
    k = np.tile(np.array([[500.0, 0, 320], [0, 510, 180], [0, 0, 1]]), (frames, 1, 1))
    given = {"world_from_cam": known_move(frames), "intrinsics_px": k, "image_hw": (360, 640), **fields}
    return Trajectory(time_s=np.arange(frames) / 24, valid=np.ones(frames, bool), **given)


# LingBot-World


def lingbot_world(folder: Path, poses: np.ndarray) -> Path:
    np.save(folder / "poses.npy", poses.astype(np.float32))
    np.save(folder / "intrinsics.npy", np.tile(np.float32([500, 510, 320, 180]), (len(poses), 1)))
    return folder


def test_lingbot_world_is_camera_to_world(tmp_path: Path) -> None:
    for path in (lingbot_world(tmp_path, C2W), tmp_path / "poses.npy"):
        trajectory = recognised(path, "lingbot-world")
        assert_known_move(trajectory)
        np.testing.assert_allclose(trajectory.intrinsics_px, K)


def test_an_array_of_matrices_alone_is_not_guessed(tmp_path: Path) -> None:
    np.save(tmp_path / "poses.npy", C2W)
    with pytest.raises(FormatAmbiguousError, match=r"not whether camera-to-world.*say --format lingbot-world"):
        read(tmp_path / "poses.npy")
    assert_known_move(read(tmp_path / "poses.npy", format="lingbot-world"))


# camera.json


@pytest.mark.parametrize(
    ("file", "name", "one_lens"), [("cam_info.json", "uni3c", True), ("camera.json", "worldstereo", False)]
)
def test_camera_json_is_world_to_camera_in_pixels(tmp_path: Path, file: str, name: str, one_lens: bool) -> None:
    moved = W2C @ np.linalg.inv(known_move(2)[1])  # WorldStereo's first pose is not the identity
    lens = K[0].tolist() if one_lens else K.tolist()
    document = {"extrinsic": moved.tolist(), "intrinsic": lens, "height": 360, "width": 640, "motion_list": ["x"]}
    (tmp_path / file).write_text(json.dumps(document))
    trajectory = recognised(tmp_path / file, name)
    assert_known_move(trajectory)
    assert trajectory.image_hw == (360, 640)
    np.testing.assert_allclose(trajectory.intrinsics_px, K)


def test_camera_json_that_we_write(tmp_path: Path) -> None:
    write(clip(STEPS), tmp_path / "camera.json", format="worldstereo")
    document = json.loads((tmp_path / "camera.json").read_text())
    np.testing.assert_allclose(document["extrinsic"], W2C, atol=1e-12)
    assert document["intrinsic"] == [[500, 0, 320], [0, 510, 180], [0, 0, 1]]
    assert (document["height"], document["width"]) == (360, 640)


# VideoX-Fun


def videox_fun(path: Path, stamps: Any = 0, first: str = "\n") -> Path:
    fractions = np.tile([0.532139961, 0.946026558, 0.5, 0.5, 0, 0], (STEPS, 1))
    rows = np.column_stack([np.broadcast_to(stamps, STEPS), fractions, W2C[:, :3].reshape(-1, 12)])
    path.write_text(first + rows_of(rows))
    return path


@pytest.mark.parametrize(("stamp", "first"), [(0, "\n"), (0, "https://www.youtube.com/watch?v=x\n"), (7, "\n")])
def test_one_stamp_for_all_rows_means_their_order(tmp_path: Path, stamp: float, first: str) -> None:
    trajectory = recognised(videox_fun(tmp_path / "Pan_Left.txt", stamp, first), "videox-fun")
    assert_known_move(trajectory)
    assert trajectory.time_source == "index"
    np.testing.assert_array_equal(trajectory.time_s, np.arange(STEPS))
    assert trajectory.intrinsics_px is not None
    np.testing.assert_allclose(trajectory.intrinsics_px[0, 0], (0.532139961, 0, 0.5))


def test_stamps_that_move_are_those_of_re10k(tmp_path: Path) -> None:
    assert recognised(videox_fun(tmp_path / "a.txt", np.arange(STEPS) * 4e4), "re10k").time_source == "seconds"
    with pytest.raises(ReadError, match="expected one for all"):
        read(tmp_path / "a.txt", format="videox-fun")


def test_the_real_kind_of_file_moves_left(shared: Path) -> None:
    trajectory = recognised(shared / "cases" / "04-camera-control-zero-stamps" / "Pan_Left.txt", "videox-fun")
    assert len(trajectory) == 20
    np.testing.assert_allclose(trajectory.positions[-1], (-0.95, 0, 0), atol=1e-9)


def test_videox_fun_that_we_write_has_fractions_and_a_line_before(tmp_path: Path) -> None:
    write(clip(STEPS), tmp_path / "a.txt", format="videox-fun")
    lines = (tmp_path / "a.txt").read_text().split("\n")
    assert lines[0] == ""
    row = [float(token) for token in lines[2].split()]
    np.testing.assert_allclose(row[:7], (0, 500 / 640, 510 / 360, 0.5, 0.5, 0, 0))
    np.testing.assert_allclose(row[7:], W2C[1, :3].ravel(), atol=1e-12)


# HY-WorldPlay

WORLDPLAY_K = [[969.6969696969696, 0.0, 960.0], [0.0, 969.6969696969696, 540.0], [0.0, 0.0, 1.0]]


def test_worldplay_poses_are_camera_to_world_of_every_fourth_frame(tmp_path: Path) -> None:
    path = tmp_path / "pose.json"
    path.write_text(json.dumps({str(i): {"extrinsic": m.tolist(), "K": WORLDPLAY_K} for i, m in enumerate(C2W)}))
    trajectory = recognised(path, "hy-worldplay")
    assert_known_move(trajectory)
    np.testing.assert_array_equal(trajectory.time_s, [0, 4, 8, 12, 16])
    assert trajectory.image_hw == (1080, 1920)


def test_worldplay_that_we_write_has_every_fourth_pose_and_centred_lenses(tmp_path: Path) -> None:
    before = clip(17)
    assert "the poses between every 4th frame" in losses(before, "hy-worldplay")
    write(before, tmp_path / "pose.json", format="hy-worldplay")
    document = json.loads((tmp_path / "pose.json").read_text())
    assert list(document) == ["0", "1", "2", "3", "4"]
    np.testing.assert_allclose([entry["extrinsic"] for entry in document.values()], known_move(5), atol=1e-12)
    np.testing.assert_allclose(document["3"]["K"], [[1500, 0, 960], [0, 1530, 540], [0, 0, 1]])
    after = read(tmp_path / "pose.json")
    write(after, tmp_path / "again.json", format="hy-worldplay")
    assert (tmp_path / "again.json").read_text() == (tmp_path / "pose.json").read_text()


def test_worldplay_refuses_what_it_would_change(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="every fourth frame"):
        write(clip(16), tmp_path / "a.json", format="hy-worldplay")
    aside = np.array(clip(17).intrinsics_px)
    aside[:, 0, 2] = 200
    with pytest.raises(CinetrajError, match="centre of the image"):
        write(clip(17, intrinsics_px=aside), tmp_path / "a.json", format="hy-worldplay")


@pytest.mark.parametrize(
    ("text", "position", "turn_deg"),
    [
        ("w-3", (0, 0, 0.24), (0, 0, 0)),
        ("s-1, a-2", (-0.16, 0, -0.08), (0, 0, 0)),
        ("right-10", (0, 0, 0), (0, 30, 0)),
        ("up-5", (0, 0, 0), (15, 0, 0)),
        ("left-2,down-0.5", (0, 0, 0), (0, -6, 0)),
        ("right-30, w-1", (0.08, 0, 0), (0, 90, 0)),
    ],
)
def test_pose_strings(tmp_path: Path, text: str, position: tuple[float, ...], turn_deg: tuple[float, ...]) -> None:
    from scipy.spatial.transform import Rotation

    (tmp_path / "p.txt").write_text(text + "\n")
    trajectory = recognised(tmp_path / "p.txt", "hy-worldplay-string")
    np.testing.assert_allclose(trajectory.positions[-1], position, atol=1e-12)
    turned = Rotation.from_matrix(trajectory.rotations[-1]).as_rotvec(degrees=True)
    np.testing.assert_allclose(turned, turn_deg, atol=1e-9)
    assert trajectory.time_s[-1] == 4 * (len(trajectory) - 1)
    write(trajectory, tmp_path / "q.txt", format="hy-worldplay-string")
    np.testing.assert_array_equal(read(tmp_path / "q.txt").world_from_cam, trajectory.world_from_cam)


def test_pose_strings_of_others_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("w-10,a-10,iw-15,none-10")
    with pytest.raises(ReadError, match=r"'iw-15' is no movement of HY-WorldPlay.*LingBot-World.*poses\.npy"):
        read(tmp_path / "p.txt")
    with pytest.raises(CinetrajError, match="none of a pose string"):
        write(clip(5), tmp_path / "q.txt", format="hy-worldplay-string")
    with pytest.raises(CinetrajError, match="one pose makes no movement"):
        write(clip(1), tmp_path / "q.txt", format="hy-worldplay-string")
    assert not (tmp_path / "q.txt").exists()


# ReCamMaster and InfCam

RECIPE = np.array([[0, 0, 1.0, 0], [1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""Columns 1, 2, 0 of the stored matrix, the second of them negated: the recipe of both tools' inference scripts."""


def cameras_json(path: Path, world: np.ndarray, cameras: int = 1) -> Path:
    """world: what renames our world's axes to those of the file; each camera goes a little farther."""
    frames: dict[str, dict[str, str]] = {}
    for i in range(STEPS):
        for camera in range(1, cameras + 1):
            pose = C2W[i].copy()
            pose[:3, 3] *= camera
            stored = world @ pose @ np.linalg.inv(RECIPE)
            stored[:3, 3] *= 100
            text = " ".join("[" + " ".join(f"{value:.9f}" for value in row) + "]" for row in stored.T)
            frames.setdefault(f"frame{i}", {})[f"cam{camera:02d}"] = text + " "
    path.write_text(json.dumps(frames))
    return path


@pytest.mark.parametrize(("name", "world"), [("recammaster", RECIPE), ("infcam", np.eye(4))])
def test_the_determinant_tells_infcam_from_recammaster(tmp_path: Path, name: str, world: np.ndarray) -> None:
    path = cameras_json(tmp_path / "c.json", world)
    trajectory = recognised(path, name)
    assert_known_move(trajectory)
    assert trajectory.scale == "metric"
    with pytest.raises(ReadError, match="is a reflection"):
        read(path, format={"infcam": "recammaster", "recammaster": "infcam"}[name])


@pytest.mark.parametrize(("name", "world"), [("recammaster", RECIPE), ("infcam", np.eye(4))])
def test_all_ten_cameras_of_a_file(tmp_path: Path, name: str, world: np.ndarray) -> None:
    path = cameras_json(tmp_path / "c.json", world, cameras=10)
    cameras = read_every(f"{path}#*")
    assert list(cameras) == [f"cam{i:02d}" for i in range(1, 11)]
    for i, trajectory in enumerate(cameras.values(), start=1):
        np.testing.assert_allclose(trajectory.positions[-1], np.array([1, 2, 3]) * i, atol=1e-6)
        assert trajectory.provenance is not None
        assert trajectory.provenance.config["format"] == name
    with pytest.raises(ReadError, match=r"holds 10 cameras; name one, as c\.json#cam01"):
        read(path)
    write_every({f"take {i}": each for i, each in enumerate(cameras.values())}, tmp_path / "d.json", format=name)
    again = read_every(tmp_path / "d.json")
    assert list(again) == list(cameras)
    assert recognised(f"{tmp_path / 'd.json'}#cam10", name).provenance
    for camera, trajectory in again.items():
        np.testing.assert_allclose(trajectory.world_from_cam, cameras[camera].world_from_cam, atol=1e-12)


def test_one_camera_is_all_that_other_formats_have(tmp_path: Path) -> None:
    path = videox_fun(tmp_path / "a.txt")
    assert list(read_every(path)) == [""]
    with pytest.raises(CinetrajError, match="holds one camera and these are 2; write one of infcam, recammaster"):
        write_every(dict.fromkeys("ab", read(path)), tmp_path / "b.txt", format="tum")


# estimates that generators' benchmarks save


def test_wbench_gives_seconds_by_stride_and_rate(tmp_path: Path) -> None:
    arrays = {"cam_c2w": C2W, "camera_centers": C2W[:, :3, 3], "intrinsic": K[0], "stride": 2, "original_fps": 30.0}
    trajectory = recognised(savez(tmp_path / "w.npz", **arrays, effective_fps=15.0), "wbench")
    assert_known_move(trajectory)
    assert trajectory.time_source == "seconds"
    np.testing.assert_allclose(trajectory.time_s, np.arange(STEPS) / 15)
    assert read(tmp_path / "w.npz", format="megasam").time_source == "index"
    for wrong in ({"stride": 0}, {"original_fps": 0.0}, {"stride": np.zeros(2)}):
        with pytest.raises(ReadError, match="name it megasam"):
            read(savez(tmp_path / "x.npz", **{**arrays, **wrong}))


def test_sixteen_columns_are_whole_matrices(tmp_path: Path) -> None:
    (tmp_path / "traj.txt").write_text(rows_of(C2W.reshape(-1, 16)))
    assert_known_move(recognised(tmp_path / "traj.txt", "kitti"))
    (tmp_path / "turned.txt").write_text(rows_of(C2W.transpose(0, 2, 1).reshape(-1, 16)))
    with pytest.raises(ReadError, match="4x4 matrices, column by column"):
        read(tmp_path / "turned.txt")
    with pytest.raises(ReadError, match="the matrix may be transposed"):
        read(tmp_path / "turned.txt", format="kitti")


def test_the_rows_of_case_22(shared: Path) -> None:
    trajectory = recognised(shared / "cases" / "22-unrecognised-layouts" / "poses_4x4.txt", "kitti")
    np.testing.assert_allclose(trajectory.positions[-1], (1, 0, 0.5), atol=1e-8)


@pytest.mark.parametrize("lenses", [0, 1, STEPS])
def test_da3_streaming_has_its_lenses_beside_it(tmp_path: Path, lenses: int) -> None:
    (tmp_path / "camera_poses.txt").write_text(rows_of(C2W.reshape(-1, 16)))
    if lenses:
        (tmp_path / "intrinsic.txt").write_text(rows_of(np.tile([500.0, 510, 320, 180], (lenses, 1))))
    trajectory = recognised(tmp_path / "camera_poses.txt", "da3-streaming")
    assert_known_move(trajectory)
    assert (trajectory.intrinsics_px is not None) == bool(lenses)
    if lenses:
        np.testing.assert_allclose(trajectory.intrinsics_px, K)


@pytest.mark.parametrize("file", ["pose_left.txt", "pose_lcam_front.txt"])
def test_tartanair_is_known_by_its_names(tmp_path: Path, file: str) -> None:
    """NED: x forward, y right, z down; a pan right is a positive yaw about z."""
    half = np.radians(np.linspace(0, 15, STEPS))
    at = np.linspace(0, 1, STEPS)
    rows = np.column_stack([3 * at, at, 2 * at, 0 * at, 0 * at, np.sin(half), np.cos(half)])
    (tmp_path / file).write_text(rows_of(rows))
    assert_known_move(recognised(tmp_path / file, "tartanair"))


@pytest.mark.parametrize(("columns", "types"), [(5, ""), (4, "MEI"), (4, "PINHOLE"), (4, "")])
def test_vipe_with_a_wide_angle_keeps_its_poses(tmp_path: Path, columns: int, types: str) -> None:
    savez(tmp_path / "pose" / "x.npz", data=C2W, inds=np.arange(STEPS))
    lens = np.tile([500.0, 510, 320, 180, 1.1][:columns], (STEPS, 1))
    savez(tmp_path / "intrinsics" / "x.npz", data=lens, inds=np.arange(STEPS))
    if types:
        text = "".join(f"{i}: {types}\n" for i in range(STEPS))
        (tmp_path / "intrinsics" / "x_camera.txt").write_text(text)
    trajectory = recognised(tmp_path / "pose" / "x.npz", "vipe")
    assert_known_move(trajectory)
    pinhole = columns == 4 and types != "MEI"
    assert (trajectory.intrinsics_px is not None) == pinhole
    assert trajectory.provenance is not None
    assert ("MEI" in trajectory.provenance.config.get("intrinsics", "")) == (not pinhole)
