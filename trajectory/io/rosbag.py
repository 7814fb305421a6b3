"""Bags of ROS 1 (.bag) and ROS 2 (folders, .db3, .mcap): poses of one topic, FILE#/topic; FILE#* is all of them.

Read are PoseStamped, PoseWithCovarianceStamped, TransformStamped and Odometry, at the times of their headers. A message
says where a frame is, not what its axes are: by REP 103 a frame whose name ends with `_optical` or `_optical_frame` is
a camera's (x right, y down, z forward), any other is a body's (x forward, y left, z up), which looks along its x. A
message without the name of its frame needs the user's word: rosbag-body or rosbag-optical. The world stays.
Source: REP 103 (ros.org), section "Axis orientation"; the package `rosbags` decodes.
"""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np

from trajectory.errors import AmbiguousError, ReadError
from trajectory.io._build import make
from trajectory.io._format import Format, Match, Probe
from trajectory.io._poses import Rows, poses_from_quat
from trajectory.io._probe import split_part
from trajectory.model import Trajectory

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader

Kind = Literal["told", "body", "optical"]

_TYPES = {
    "geometry_msgs/msg/PoseStamped": "pose",
    "geometry_msgs/msg/PoseWithCovarianceStamped": "pose.pose",
    "geometry_msgs/msg/TransformStamped": "transform",
    "nav_msgs/msg/Odometry": "pose.pose",
}
"""Types that are read, and where in the message the pose is."""
_OPTICAL = re.compile(r".*_optical(_frame)?")
_BODY_FROM_CAMERA = np.array([[0.0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
"""Of a camera that looks along the body's x, with the body's z up."""
_NANO = 1e-9


@final
@dataclass(frozen=True, kw_only=True)
class _Topic:
    """What one topic says. frames: names of the frames that are posed, "" where a message has none."""

    stamps_s: list[float] = field(default_factory=list[float])
    logged_s: list[float] = field(default_factory=list[float])
    rows: list[list[float]] = field(default_factory=list[list[float]])
    frames: set[str] = field(default_factory=set[str])


@contextmanager
def _opened(path: Path) -> Generator["AnyReader"]:
    """The bag; whatever `rosbags` says of a damaged one becomes a ReadError."""
    if path.is_file() and not path.stat().st_size:
        raise ReadError(path, "is empty", remedy="record it again")
    try:
        from rosbags.highlevel import AnyReader
        from rosbags.typesys import Stores, get_typestore
    except ImportError as error:
        raise ReadError(path, "needs the package rosbags", remedy="pip install rosbags") from error
    try:
        # bags of ROS 2 before Iron hold no definitions; those of the types above have not changed since
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader:
            yield reader
    except ReadError:
        raise
    except FileNotFoundError as error:
        raise ReadError(path, "does not exist", remedy="check the path") from error
    except Exception as error:  # a decoder of binary files raises anything
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        remedy = "bags of ROS 1 end with .bag, those of ROS 2 are folders, .db3 or .mcap; copy it again, or reindex it"
        raise ReadError(path, f"is no bag that can be read ({detail})", remedy=remedy) from error


def _topics(reader: "AnyReader") -> list[str]:
    return sorted({each.topic for each in reader.connections if each.msgtype in _TYPES})


def _named(path: Path, topics: list[str], part: str) -> str:
    if not topics:
        raise ReadError(path, "holds no poses", remedy=f"record a topic of {', '.join(_TYPES)}")
    found = [topic for topic in topics if topic.strip("/") == part.strip("/")]
    if found:
        return found[0]
    if part:
        raise ReadError(path, f"has no topic {part!r} of poses", remedy=f"name one of {', '.join(topics[:12])}")
    if len(topics) > 1:
        remedy = f"name one, as {path.name}#{topics[0]}, or all, {path.name}#*"
        raise AmbiguousError(path, f"holds {len(topics)} topics of poses", remedy=remedy)
    return topics[0]


def _gather(reader: "AnyReader", wanted: list[str]) -> dict[str, _Topic]:
    found = {topic: _Topic() for topic in wanted}
    connections = [each for each in reader.connections if each.topic in found and each.msgtype in _TYPES]
    for connection, logged, raw in reader.messages(connections=connections):
        message: Any = reader.deserialize(raw, connection.msgtype)
        pose = message
        for name in _TYPES[connection.msgtype].split("."):
            pose = getattr(pose, name)
        moved = connection.msgtype.endswith("TransformStamped")
        place, turn = (pose.translation, pose.rotation) if moved else (pose.position, pose.orientation)
        topic = found[connection.topic]
        topic.stamps_s.append(message.header.stamp.sec + message.header.stamp.nanosec * _NANO)
        topic.logged_s.append(logged * _NANO)
        topic.rows.append([place.x, place.y, place.z, turn.w, turn.x, turn.y, turn.z])
        topic.frames.add(str(getattr(message, "child_frame_id", "")))
    return found


def _axes(path: Path, name: str, topic: _Topic, kind: Kind) -> Kind:
    """What the axes of the posed frame are."""
    said = {"" if not frame else "optical" if _OPTICAL.fullmatch(frame) else "body" for frame in topic.frames}
    names = ", ".join(sorted(topic.frames)) or "none"
    if said not in ({""}, {"body"}, {"optical"}):
        raise ReadError(path, f"topic {name} poses several frames ({names})", remedy="record one topic for each")
    told = said.pop()
    if kind == "told" and not told:
        raise ReadError(
            path,
            f"topic {name} does not say which frame it poses",
            remedy="say --format rosbag-body (x forward, z up) or rosbag-optical (z forward, y down)",
        )
    if kind != "told" and told and told != kind:
        raise ReadError(path, f"topic {name} poses {names}, which is no {kind} frame", remedy="say --format rosbag")
    return "optical" if "optical" in (kind, told) else "body"


def _trajectory(path: Path, name: str, topic: _Topic, kind: Kind) -> Trajectory:
    if not topic.rows:
        raise ReadError(path, f"topic {name} is empty", remedy="name another topic")
    axes = _axes(path, name, topic, kind)
    stamps = np.array(topic.stamps_s)
    clock = "header"
    if not stamps.any():
        stamps, clock = np.array(topic.logged_s), "recording: the headers are not stamped"
    order = np.argsort(stamps, kind="stable")
    stamps, values = stamps[order], np.array(topic.rows, dtype=np.float64)[order]
    rows = Rows(path=path, labels=[f"{name}[{i}]" for i in order.tolist()])
    again = np.flatnonzero(np.diff(stamps) <= 0)
    if len(again):
        raise rows.error(int(again[0]) + 1, f"the stamp {stamps[again[0]]:.9f} repeats", "record the topic once")
    poses = poses_from_quat(rows, values[:, 3:], values[:, :3])
    return make(
        path,
        "rosbag" if kind == "told" else f"rosbag-{kind}",
        poses if axes == "optical" else poses @ _BODY_FROM_CAMERA,
        time_s=stamps,
        time_source="seconds",
        conventions={
            "pose": "world_from_cam",
            "axes": "opencv" if axes == "optical" else "x forward, y left, z up, renamed to opencv",
            "frame": ", ".join(sorted(topic.frames)),
            "topic": name,
            "clock": clock,
        },
    )


def _read(kind: Kind, path: Path) -> Trajectory:
    path, part = split_part(path)
    with _opened(path) as reader:
        name = _named(path, _topics(reader), part)
        topic = _gather(reader, [name])[name]
    return _trajectory(path, name, topic, kind)


def _names(path: Path) -> tuple[str, ...]:
    with _opened(split_part(path)[0]) as reader:
        return tuple(_topics(reader))


def _read_every(kind: Kind, path: Path) -> Mapping[str, Trajectory]:
    with _opened(path) as reader:
        topics = _topics(reader)
        if not topics:
            _named(path, topics, "")
        found = _gather(reader, topics)
    return {name: _trajectory(path, name, topic, kind) for name, topic in found.items()}


def _sniff(probe: Probe) -> Match | None:
    if probe.kind == "bag":
        return Match(evidence="a bag of ROS", sure=True)
    if probe.kind == "folder" and "metadata.yaml" in probe.names:
        inside = sorted(name for name in probe.names if name.endswith((".db3", ".mcap")))
        return Match(evidence=f"metadata.yaml beside {inside[0]}", sure=True) if inside else None
    return None


def _by_name(probe: Probe) -> Match | None:
    return None  # only the user can say so


def _format(name: str, kind: Kind, summary: str) -> Format:
    return Format(
        name=name,
        summary=summary,
        target=f"{name}.bag",
        read=partial(_read, kind),
        sniff=_sniff if kind == "told" else _by_name,
        cameras=_names,
        read_every=partial(_read_every, kind),
    )


FORMAT = (
    _format("rosbag", "told", "ROS 1 and 2 bags, MCAP: poses of FILE#/topic; FILE#* is all of them (read only)"),
    _format("rosbag-body", "body", "as rosbag, of a frame with x forward, y left, z up (read only)"),
    _format("rosbag-optical", "optical", "as rosbag, of a camera's frame: x right, y down, z forward (read only)"),
)
