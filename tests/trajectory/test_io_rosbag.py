"""Bags of ROS that the package `rosbags` writes: topics, axes by the name of the frame, clocks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layouts import C2W, STEPS, assert_known_move, recognised
from scipy.spatial.transform import Rotation

from trajectory.errors import ReadError
from trajectory.io import read, read_every

rosbags = pytest.importorskip("rosbags.rosbag2")
typesys = pytest.importorskip("rosbags.typesys")

BODY = np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]]).T
"""Columns: the camera's right, down and forward in a body with x forward, y left, z up."""


def message(store: Any, kind: str, step: int, pose: np.ndarray, child: str, *, ros1: bool, stamped: bool) -> Any:
    types = store.types
    x, y, z, w = Rotation.from_matrix(pose[:3, :3]).as_quat()
    point = dict(zip("xyz", pose[:3, 3].tolist(), strict=True))
    turn = types["geometry_msgs/msg/Quaternion"](x=x, y=y, z=z, w=w)
    time = types["builtin_interfaces/msg/Time"](sec=100 * stamped, nanosec=step * 40_000_000 * stamped)
    head = {"seq": step} if ros1 else {}
    header = types["std_msgs/msg/Header"](stamp=time, frame_id="world", **head)
    if kind == "transform":
        moved = types["geometry_msgs/msg/Transform"](
            translation=types["geometry_msgs/msg/Vector3"](**point), rotation=turn
        )
        return types["geometry_msgs/msg/TransformStamped"](header=header, child_frame_id=child, transform=moved)
    placed = types["geometry_msgs/msg/Pose"](position=types["geometry_msgs/msg/Point"](**point), orientation=turn)
    if kind == "pose":
        return types["geometry_msgs/msg/PoseStamped"](header=header, pose=placed)
    unknown = types["geometry_msgs/msg/PoseWithCovariance"](pose=placed, covariance=np.zeros(36))
    still = types["geometry_msgs/msg/Vector3"](x=0.0, y=0.0, z=0.0)
    twist = types["geometry_msgs/msg/Twist"](linear=still, angular=still)
    return types["nav_msgs/msg/Odometry"](
        header=header,
        child_frame_id=child,
        pose=unknown,
        twist=types["geometry_msgs/msg/TwistWithCovariance"](twist=twist, covariance=np.zeros(36)),
    )


def bag(path: Path, topics: dict[str, tuple[str, str, bool]], *, stamped: bool = True) -> Path:
    """topics: name to (kind, child frame, whether the body's axes are written). The suffix chooses the container."""
    ros1 = path.suffix == ".bag"
    store = typesys.get_typestore(typesys.Stores.ROS1_NOETIC if ros1 else typesys.Stores.ROS2_HUMBLE)
    if ros1:
        from rosbags.rosbag1 import Writer

        writer = Writer(path)
    else:
        plugin = rosbags.StoragePlugin.MCAP if path.name == "mcap" else rosbags.StoragePlugin.SQLITE3
        writer = rosbags.Writer(path, version=8, storage_plugin=plugin)
    with writer:
        for name, (kind, child, body) in topics.items():
            connection = None
            for step, pose in enumerate(C2W):
                own = pose.copy()
                if body:
                    own[:3, :3] = pose[:3, :3] @ BODY.T
                msg = message(store, kind, step, own, child, ros1=ros1, stamped=stamped)
                if connection is None:
                    connection = writer.add_connection(name, msg.__msgtype__, typestore=store)
                raw = (store.serialize_ros1 if ros1 else store.serialize_cdr)(msg, msg.__msgtype__)
                writer.write(connection, 100_000_000_000 + step * 50_000_000, raw)
    return path


@pytest.mark.parametrize("container", ["a.bag", "folder", "mcap", "db3 file", "mcap file"])
def test_every_container_is_recognised(tmp_path: Path, container: str) -> None:
    path = bag(
        tmp_path / container.removesuffix(" file").replace("db3", "sqlite"), {"/odom": ("odometry", "base_link", True)}
    )
    if container.endswith(" file"):
        path = next(each for each in path.iterdir() if each.suffix in (".db3", ".mcap"))
    trajectory = recognised(path, "rosbag")
    assert_known_move(trajectory)
    assert trajectory.time_source == "seconds"
    np.testing.assert_allclose(trajectory.time_s, 100 + 0.04 * np.arange(STEPS))


@pytest.mark.parametrize(
    ("child", "body"),
    [("base_link", True), ("imu", True), ("camera_optical_frame", False), ("left_optical", False)],
)
@pytest.mark.parametrize("kind", ["odometry", "transform"])
def test_the_name_of_the_frame_tells_its_axes(tmp_path: Path, kind: str, child: str, body: bool) -> None:
    path = bag(tmp_path / "a.bag", {"/pose": (kind, child, body)})
    assert_known_move(recognised(path, "rosbag"))
    with pytest.raises(ReadError, match=rf"poses {child}, which is no .* frame; say --format rosbag"):
        read(path, format="rosbag-optical" if body else "rosbag-body")


@pytest.mark.parametrize("body", [True, False])
def test_a_pose_without_the_name_of_its_frame_needs_a_word(tmp_path: Path, body: bool) -> None:
    path = bag(tmp_path / "a.bag", {"/pose": ("pose", "", body)})
    with pytest.raises(ReadError, match=r"say --format rosbag-body .* or rosbag-optical"):
        read(path)
    assert_known_move(read(path, format="rosbag-body" if body else "rosbag-optical"))


def test_several_topics_are_named_or_read_at_once(tmp_path: Path) -> None:
    topics = {"/cam/odom": ("odometry", "cam_optical_frame", False), "/base": ("transform", "base_link", True)}
    path = bag(tmp_path / "a.bag", topics)
    with pytest.raises(ReadError, match=r"holds 2 topics of poses; name one, as a\.bag#/base, or all, a\.bag#\*"):
        read(path)
    for part in ("/cam/odom", "cam/odom", "/base"):
        assert_known_move(recognised(f"{path}#{part}", "rosbag"))
    with pytest.raises(ReadError, match=r"has no topic '/nothing' of poses; name one of /base, /cam/odom"):
        read(f"{path}#/nothing")
    found = read_every(f"{path}#*")
    assert list(found) == ["/base", "/cam/odom"]
    for trajectory in found.values():
        assert_known_move(trajectory)


def test_headers_without_stamps_leave_the_clock_of_the_recording(tmp_path: Path) -> None:
    path = bag(tmp_path / "a.bag", {"/odom": ("odometry", "base_link", True)}, stamped=False)
    trajectory = read(path)
    np.testing.assert_allclose(trajectory.time_s, 100 + 0.05 * np.arange(STEPS))
    assert trajectory.provenance is not None
    assert "recording" in trajectory.provenance.config["clock"]


@pytest.mark.parametrize("magic", [b"#ROSBAG V2.0\n", b"\x89MCAP0\r\n", b"SQLite format 3\0"])
def test_a_damaged_bag_is_one_clear_line(tmp_path: Path, magic: bytes) -> None:
    for name in ("a.bag", "a.mcap", "a.db3", "a"):
        (tmp_path / name).write_bytes(magic + b"\1\2\3" * 50)
        with pytest.raises(ReadError, match="is no bag that can be read") as caught:
            read(tmp_path / name)
        assert "\n" not in str(caught.value)
