"""Every format's ambiguous twin is read rightly or refused: other quaternion order, direction, unit or axes.

A twin says by what it holds, or by its header, what it is. One that holds exactly what its format means something else
by (a TUM file of inverted poses without a word) no reader can tell, and none is here.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trajectory.errors import CinetrajError
from trajectory.io import read

N = 12
RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def path_of(seed: int, start_deg: float) -> np.ndarray:
    """Camera-to-world: a start near the identity by so much, and a smooth turn and travel from there."""
    rng = np.random.default_rng(seed)
    start = Rotation.from_rotvec(np.radians(start_deg) * rng.normal(size=3) / 3)
    poses = np.tile(np.eye(4), (N, 1, 1))
    turn = Rotation.from_rotvec(np.linspace(np.zeros(3), rng.normal(0, 0.4, 3), N))
    poses[:, :3, :3] = (start * turn).as_matrix()
    poses[:, :3, 3] = np.linspace(np.zeros(3), rng.normal(size=3), N)
    return poses


def right_or_refused(path: Path, truth: np.ndarray, time_s: np.ndarray | None = None) -> bool:
    """True where it was read; what is read must be the truth."""
    try:
        trajectory = read(path)
    except CinetrajError:
        return False
    np.testing.assert_allclose(trajectory.world_from_cam, truth, atol=1e-6)
    if time_s is not None and trajectory.time_source == "seconds":
        np.testing.assert_allclose(trajectory.time_s - trajectory.time_s[0], time_s - time_s[0], atol=1e-5)
    return True


def rows_of(poses: np.ndarray, order: str) -> np.ndarray:
    quat = Rotation.from_matrix(poses[:, :3, :3]).as_quat(scalar_first=order == "wxyz")
    return np.column_stack([poses[:, :3, 3], quat])


def text(path: Path, columns: np.ndarray, separator: str = " ", head: str = "") -> Path:
    path.write_text(head + "".join(separator.join(f"{v:.9f}" for v in row) + "\n" for row in columns.tolist()))
    return path


@RELAXED
@given(
    seed=st.integers(0, 99),
    order=st.sampled_from(["xyzw", "wxyz"]),
    separator=st.sampled_from([" ", ",", ";", "\t"]),
    clock=st.sampled_from(["frames", "s", "ms", "us", "ns"]),
    epoch=st.booleans(),
    extra=st.integers(0, 12),
)
def test_rows_of_time_position_quaternion(
    tmp_path: Path, seed: int, order: str, separator: str, clock: str, epoch: bool, extra: int
):
    """TUM, MonST3R and EuRoC differ in the order of the quaternion, the unit of time and the separator."""
    poses = path_of(seed, 8)
    time_s = (1.5e9 if epoch else 0.0) + np.arange(N) / 20
    stamp = np.arange(N) if clock == "frames" else time_s * {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[clock]
    rows = np.column_stack([stamp, rows_of(poses, order), np.ones((N, extra))])
    right_or_refused(text(tmp_path / "poses.txt", rows, separator), poses, None if clock == "frames" else time_s)
    header = f"# timestamp{'' if clock == 'frames' else f' [{clock}]'} tx ty tz {' '.join('q' + c for c in order)}"
    names = " ".join([header, *(f"e{i}" for i in range(extra))]).replace(" [", "[").replace(" ", separator)
    named = text(tmp_path / "named.txt", rows, separator, names.replace("#" + separator, "# ") + "\n")
    assert right_or_refused(named, poses, None if clock == "frames" else time_s)


@RELAXED
@given(
    seed=st.integers(0, 99),
    shape=st.sampled_from(["c2w", "w2c"]),
    layout=st.sampled_from(["rows", "columns", "R then t", "t then R", "4x4", "4x4 columns"]),
    words=st.sampled_from(["camera-to-world", "world-to-camera", "c2w", "w2c", "T_wc", "T_cw"]),
)
def test_rows_of_matrices(tmp_path: Path, seed: int, shape: str, layout: str, words: str):
    """KITTI's twelve numbers in other layouts, and with a comment about their direction."""
    poses = path_of(seed, 40)
    given_ = poses if shape == "c2w" else np.linalg.inv(poses)
    rows = {
        "rows": given_[:, :3].reshape(N, 12),
        "columns": given_[:, :3].transpose(0, 2, 1).reshape(N, 12),
        "R then t": np.column_stack([given_[:, :3, :3].reshape(N, 9), given_[:, :3, 3]]),
        "t then R": np.column_stack([given_[:, :3, 3], given_[:, :3, :3].reshape(N, 9)]),
        "4x4": given_.reshape(N, 16),
        "4x4 columns": given_.transpose(0, 2, 1).reshape(N, 16),
    }[layout]
    says_c2w = words in ("camera-to-world", "c2w", "T_wc")
    if says_c2w != (shape == "c2w"):
        return  # a lie
    right_or_refused(text(tmp_path / "f.txt", rows, head=f"# {words}\n"), poses)


@RELAXED
@given(seed=st.integers(0, 99), order=st.sampled_from(["xyzw", "wxyz"]), beside=st.booleans())
def test_poses_npy_in_the_other_order(tmp_path: Path, seed: int, order: str, beside: bool):
    poses = path_of(seed, 5)
    np.save(tmp_path / "poses.npy", rows_of(np.linalg.inv(poses), order))
    stamps = tmp_path / "tstamps.npy"
    stamps.unlink(missing_ok=True)
    if beside:
        np.save(stamps, np.arange(N, dtype=float))
    assert right_or_refused(tmp_path / "poses.npy", poses) == (beside and order == "xyzw")


@RELAXED
@given(seed=st.integers(0, 99), order=st.sampled_from(["xyzw", "wxyz"]))
def test_omniworld_and_tartanair_in_the_other_order(tmp_path: Path, seed: int, order: str):
    poses = path_of(seed, 5)
    rows = rows_of(np.linalg.inv(poses), order)
    document: dict[str, Any] = {"focals": 500.0, "cx": 1.0, "cy": 1.0, "quats": rows[:, 3:].tolist()}
    (tmp_path / "s.json").write_text(json.dumps({**document, "trans": rows[:, :3].tolist()}))
    assert right_or_refused(tmp_path / "s.json", poses) == (order == "wxyz")
    ned = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    text(tmp_path / "pose_left.txt", rows_of(ned @ poses @ ned.T, order))
    assert right_or_refused(tmp_path / "pose_left.txt", poses) == (order == "xyzw")


@pytest.mark.parametrize(("key", "value"), [("camera_convention", "OpenCV"), ("pose_type", "w2c"), ("axes", "unreal")])
def test_transforms_that_say_other_axes_or_direction(tmp_path: Path, key: str, value: str):
    frames = [{"file_path": f"{i}.png", "transform_matrix": np.eye(4).tolist()} for i in range(3)]
    (tmp_path / "t.json").write_text(json.dumps({key: value, "camera_model": "OPENCV", "frames": frames}))
    with pytest.raises(CinetrajError, match="its comment says"):
        read(tmp_path / "t.json")
