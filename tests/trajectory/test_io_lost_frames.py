"""Frames that a tool marks as lost, by NaN or infinity, have no pose, in every reader of arrays."""

from pathlib import Path

import numpy as np
import pytest
from layouts import C2W, STEPS, W2C, K, plane_depths
from scipy.spatial.transform import Rotation

from trajectory.errors import ReadError
from trajectory.io import FORMATS, read, write
from trajectory.model import Trajectory

LOST = 2
KEPT = [0, 1, 3, 4]
WHOLE = Trajectory(
    world_from_cam=C2W,
    time_s=np.arange(STEPS) * 1.0,
    valid=np.ones(STEPS, bool),
    time_source="index",
    image_hw=(360, 640),
    intrinsics_px=K,
)
ARRAYS = {
    "da3": ("a.npz", "extrinsics"),
    "pi3": ("a.npz", "camera_poses"),
    "mapanything": ("a.npz", "camera_poses"),
    "worldmirror": ("a.npz", "camera_poses"),
    "gen3c": ("a.npz", "w2cs_all"),
    "versecrafter": ("a.npz", "extrinsics"),
    "camprobe": ("a.npz", "T R t"),
    "vggt": ("a.npz", "extrinsic"),
    "vggt-omega": ("a.npz", "extrinsic"),
    "lingbot-map": ("a.npz", "extrinsic"),
    "megasam": ("a.npz", "cam_c2w"),
    "vipe": ("pose/a.npz", "data"),
    "lingbot-world": ("poses.npy", ""),
    "droid": ("poses.npy", ""),
    "spatialvid": ("poses.npy", ""),
    "llff": ("poses_bounds.npy", ""),
    "wbench": ("a.npz", "cam_c2w"),
}
"""Each array format with its file and the arrays that hold its poses; cut3r has a file a frame, tested below."""


def lay_out(name: str, path: Path) -> None:
    """A file of the known move, by our writer or, where there is none, by hand."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if name == "spatialvid":
        quat = Rotation.from_matrix(W2C[:, :3, :3]).as_quat()
        np.save(path, np.column_stack([W2C[:, :3, 3], quat]))
    elif name == "llff":
        llff = C2W[:, :3, :4] @ np.array([[0.0, 1, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]])
        size = np.tile([[360.0], [640.0], [500.0]], (STEPS, 1, 1))
        np.save(path, np.column_stack([np.concatenate([llff, size], axis=2).reshape(STEPS, 15), np.ones((STEPS, 2))]))
    elif name == "wbench":
        np.savez(path, cam_c2w=C2W, intrinsic=K[0], stride=np.array(2), original_fps=np.array(30.0))
    else:
        write(WHOLE, path, format=name)


def mark(path: Path, arrays: str, rows: list[int], value: float, *, wholly: bool = True) -> None:
    """Overwrite the poses of some frames: all of their numbers, or one."""

    def marked(values: np.ndarray) -> np.ndarray:
        out = values.copy()
        out.reshape(len(out), -1)[rows, : None if wholly else 1] = value
        return out

    if path.suffix == ".npy":
        np.save(path, marked(np.load(path)))
        return
    held = dict(np.load(path))
    np.savez(path, **{key: marked(value_) if key in arrays.split() else value_ for key, value_ in held.items()})


def test_every_reader_of_arrays_is_in_the_table() -> None:
    arrays = {name for name, each in FORMATS.items() if str(each.target).endswith((".npz", ".npy"))}
    assert arrays - {"native"} <= set(ARRAYS)


@pytest.mark.parametrize("name", sorted(ARRAYS))
@pytest.mark.parametrize(("value", "wholly"), [(np.nan, True), (np.inf, True), (-np.inf, True), (np.nan, False)])
def test_a_lost_frame_has_no_pose_and_the_others_keep_theirs(
    tmp_path: Path, name: str, value: float, *, wholly: bool
) -> None:
    file, arrays = ARRAYS[name]
    path = tmp_path / file
    lay_out(name, path)
    before = read(path, format=name)
    mark(path, arrays, [LOST], value, wholly=wholly)
    after = read(path, format=name)
    np.testing.assert_array_equal(np.flatnonzero(after.valid), KEPT)
    assert after.reason is not None
    assert after.reason[LOST] == "no finite pose in the file"
    np.testing.assert_allclose(after.world_from_cam[KEPT], before.world_from_cam[KEPT], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(after.time_s, before.time_s)


@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_nothing_but_lost_frames_is_refused(tmp_path: Path, name: str) -> None:
    file, arrays = ARRAYS[name]
    lay_out(name, tmp_path / file)
    mark(tmp_path / file, arrays, list(range(STEPS)), np.nan)
    with pytest.raises(ReadError, match="no pose is finite"):
        read(tmp_path / file, format=name)


def test_a_pose_beside_a_lost_one_that_is_no_rotation_is_named_by_its_own_number(tmp_path: Path) -> None:
    poses = C2W.copy()
    poses[1] = np.nan
    poses[3, :3, :3] *= 2
    np.savez(tmp_path / "a.npz", camera_poses=poses)
    with pytest.raises(ReadError, match="pose 3: is no rotation"):
        read(tmp_path / "a.npz", format="pi3")


def test_files_of_one_frame_each(tmp_path: Path) -> None:
    write(WHOLE, tmp_path / "a", format="cut3r")
    file = tmp_path / "a" / "camera" / "000002.npz"
    np.savez(file, **{**dict(np.load(file)), "pose": np.full((4, 4), np.nan)})
    after = read(tmp_path / "a", format="cut3r")
    np.testing.assert_array_equal(np.flatnonzero(after.valid), KEPT)


@pytest.mark.parametrize(("name", "stored"), [("vggt", W2C), ("lingbot-map", C2W)])
def test_lost_frames_do_not_hide_the_direction(tmp_path: Path, name: str, stored: np.ndarray) -> None:
    k = np.tile(np.array([[40.0, 0, 32], [0, 40, 24], [0, 0, 1]]), (STEPS, 1, 1))
    depth = plane_depths(C2W, k, (48, 64)).astype(np.float32)
    extrinsic = stored[:, :3].copy()
    extrinsic[LOST] = np.nan
    np.savez(tmp_path / "p.npz", extrinsic=extrinsic, intrinsic=k, depth=depth)
    found = read(tmp_path / "p.npz")
    assert found.provenance is not None
    assert found.provenance.config["format"] == name
    np.testing.assert_allclose(found.world_from_cam[KEPT], C2W[KEPT], rtol=0, atol=1e-6)
