"""Commands are read from every layout, and what is wrong with a file is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from trajectory import io
from trajectory.commands import Commands, Turn, pose_string, read_commands
from trajectory.errors import CinetrajError, ReadError
from trajectory.model import Trajectory


def written(file: Path, document: Any) -> Path:
    file.write_text(json.dumps(document))
    return file


def clip(frames: int, **fields: Any) -> Trajectory:
    poses = np.tile(np.eye(4), (frames, 1, 1))
    made = {"world_from_cam": poses, "time_s": np.arange(frames) / 10, "valid": np.ones(frames, bool)}
    return Trajectory(**(made | fields))


def mind(tmp_path: Path, mark: int = 0) -> Path:
    keys = [(0, 0, 0, 0), (1, 0, 0, 0), (1, 0, 0, 2), (2, 1, 1, 0), (2, 1, 1, 0)]
    data = [{"time": i, "ws": a, "ad": b, "ud": c, "lr": d, "actor_pos": {}} for i, (a, b, c, d) in enumerate(keys)]
    return written(tmp_path / "action.json", {"mark_time": mark, "total_time": 5, "caption": "", "data": data})


def test_turns_in_frames_and_in_seconds(tmp_path: Path) -> None:
    turns = [{"action": "W", "start": 0, "end": 4}, {"action": "W+right", "start": 4, "end": 8}]
    frames = read_commands(written(tmp_path / "a.json", {"turns": turns}))
    seconds = read_commands(written(tmp_path / "b.json", {"turns": turns, "unit": "seconds"}))
    assert frames.bounds(frames.axis(clip(7))) == [(0, 4), (4, 7)]
    assert seconds.bounds(seconds.axis(clip(60))) == [(0, 40), (40, 60)]
    assert [turn.code for turn in frames.turns] == [(1, 0, 0, 0), (1, 0, 1, 0)]
    with pytest.raises(CinetrajError, match="in seconds and the clip counts frames"):
        seconds.axis(clip(7, time_source="index"))


def test_steps_belong_to_the_turn_in_which_they_start(tmp_path: Path) -> None:
    told = pose_string("w-1, left-1")
    steps = told.by_step(told.axis(clip(12)))
    assert [turn.action if turn else "" for turn in steps] == ["W"] * 4 + ["left"] * 4 + [""] * 3
    by_latent = clip(3, time_s=4.0 * np.arange(3), time_source="index")
    assert [turn.action if turn else "" for turn in told.by_step(told.axis(by_latent))] == ["W", "left"]


def test_wbench_shares_the_clip(tmp_path: Path) -> None:
    case = {"interactions": [{"action": "W"}, {"action": "open the door"}, {"action": "left"}], "settings": {}}
    told = read_commands(written(tmp_path / "case.json", case))
    assert (told.unit, told.layout, told.perspective) == ("share", "wbench", "first_person")
    assert told.bounds(told.axis(clip(31))) == [(0, 10), (10, 20), (20, 30)]
    assert told.turns[1].code == (0, 0, 0, 0)


def test_mind(tmp_path: Path) -> None:
    told = read_commands(mind(tmp_path))
    assert [(t.action, t.start, t.end) for t in told.turns] == [
        ("no_op", 0, 1),
        ("forward", 1, 2),
        ("forward+look_right", 2, 3),
        ("backward+left+look_up", 3, 5),
    ]
    assert told.turns[3].code == (-1, -1, 0, 1)
    assert read_commands(tmp_path) == told


def test_the_mark_of_mind_starts_the_generated_clip(tmp_path: Path) -> None:
    told = read_commands(mind(tmp_path, mark=2))
    assert told.mark == 2
    assert [(t.action, t.start, t.end) for t in told.from_mark().turns] == [
        ("forward+look_right", 0, 1),
        ("backward+left+look_up", 1, 3),
    ]


def test_lingbot(tmp_path: Path) -> None:
    moves, looks = np.eye(4, dtype=np.float32), np.eye(4)[[3, 3, 0, 1]]
    np.save(tmp_path / "action.npy", moves)
    assert [t.action for t in read_commands(tmp_path).turns] == ["W", "A", "S", "D"]
    np.save(tmp_path / "ijkl_action.npy", looks)
    assert [t.action for t in read_commands(tmp_path).turns] == ["W+right", "A+right", "S+up", "D+left"]
    np.save(tmp_path / "ijkl_action.npy", looks[:2])
    with pytest.raises(ReadError, match=r"has 2 rows for 4 of action\.npy"):
        read_commands(tmp_path)
    np.save(tmp_path / "action.npy", 0.5 * moves)
    with pytest.raises(ReadError, match="other numbers than 0 and 1"):
        read_commands(tmp_path)


def test_lingbot_takes_its_looks_from_the_poses(tmp_path: Path) -> None:
    np.save(tmp_path / "action.npy", np.eye(4)[[0, 0, 0, 1]])
    poses = np.tile(np.eye(4), (4, 1, 1))
    for i, (yaw, pitch) in enumerate(((0, 0), (2, 0), (2, 2), (2.1, 2))):
        poses[i, :3, :3] = Rotation.from_euler("yx", (yaw, pitch), degrees=True).as_matrix()
    np.save(tmp_path / "poses.npy", poses)
    assert [t.action for t in read_commands(tmp_path).turns] == ["W+right", "W+up", "W", "A"]


def test_pose_strings_with_several_keys(tmp_path: Path) -> None:
    file = tmp_path / "pose.txt"
    file.write_text("w-3, wright-2.7, leftup-1,dw-1\n")
    assert [(t.action, t.end - t.start) for t in read_commands(file).turns] == [
        ("W", 12),
        ("W+right", 8),
        ("left+up", 4),
        ("W+D", 4),
    ]


@pytest.mark.parametrize("text", ["w-3, iw-15", "w-3, none-10", "w-3 d-2", "w-3, ws-2"])
def test_strings_of_others_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pose.txt"
    file.write_text(text)
    with pytest.raises(ReadError, match=r"no command of HY-WorldPlay|two keys for one axis"):
        read_commands(file)


def test_a_path_tells_its_own_steps(tmp_path: Path) -> None:
    poses = np.tile(np.eye(4), (7, 1, 1))
    poses[:, 2, 3] = [0, 0.1, 0.2, 0.3, 0.3, 0.3, 0.3]
    poses[:, 0, 3] = [0, 0, 0, 0, 0, -0.1, -0.2]
    file = tmp_path / "trajectory.npz"
    io.write(clip(7, world_from_cam=poses), file, format="native")
    told = read_commands(file)
    assert (told.layout, told.unit) == ("path", "seconds")
    assert [(t.action, t.start, t.end) for t in told.turns] == [
        ("W", 0, pytest.approx(0.3)),
        ("none", pytest.approx(0.3), pytest.approx(0.4)),
        ("A", pytest.approx(0.4), pytest.approx(0.6)),
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"turns": []}, "turns is empty"),
        ({"turns": [{"action": "jump", "start": 0, "end": 1}]}, "'jump' is not known"),
        ({"turns": [{"action": "W", "start": 3, "end": 1}]}, "from 3 to 1, expected a span"),
        ({"turns": [{"action": "W", "start": 0, "end": 3}, {"action": "S", "start": 2, "end": 4}]}, "before the one"),
        ({"turns": [{"action": "W", "start": 0}]}, "end is null, expected a number"),
        ({"turns": [{"action": 3, "start": 0, "end": 1}]}, "action is a number, expected keys"),
        ({"turns": [{"action": "W", "start": 0, "end": 1}], "unit": "hours"}, "expected frames or seconds"),
        ({"turns": [{"action": "W", "start": 0, "end": 1}], "perspective": "top"}, "first_person or third_person"),
        ({"mark_time": 9, "data": [{"ws": 1, "ad": 0, "ud": 0, "lr": 0}]}, "mark_time is 9 of 1 frames"),
        ({"data": [{"ws": 3, "ad": 0, "ud": 0, "lr": 0}]}, "ws is 3, expected 0, 1 or 2"),
        ({"anything": 1}, "holds no commands"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, document: Any, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read_commands(written(tmp_path / "x.json", document))


def test_missing_files_and_values(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="does not exist"):
        read_commands(tmp_path / "nothing.json")
    with pytest.raises(CinetrajError, match="there are no commands"):
        Commands(turns=())
    with pytest.raises(CinetrajError, match="expected a span"):
        Commands(turns=(Turn(action="W", code=(1, 0, 0, 0), start=0.0, end=float("nan")),))
