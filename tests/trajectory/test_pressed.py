"""The keys of a path: what is driven is read back, noise is none, and the confidence holds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from trajectory.actions import code_of
from trajectory.commands import Commands, Turn, read_commands
from trajectory.errors import CinetrajError
from trajectory.frames import Sim3, transform
from trajectory.model import Provenance, Trajectory
from trajectory.pressed import PressedConfig, pressed

FPS = 24
KEYS = ("W", "W+right", "none", "S+A", "left+up", "D+down")


def driven(
    keys: tuple[str, ...] = KEYS, *, frames: int = FPS, speed: float = 0.3, turn_deg_s: float = 12.0, **fields: Any
) -> Trajectory:
    """A camera in a scene two units away that does each key for so many frames, at rates a second."""
    rotation, place = Rotation.identity(), np.zeros(3)
    places, rotations = [place], [rotation.as_matrix()]
    for key in keys:
        forward, right, yaw, pitch = code_of(key)
        for _ in range(frames):
            half = Rotation.from_rotvec(np.radians(turn_deg_s) / FPS / 2 * np.array([pitch, yaw, 0]))
            place = place + speed / FPS * (rotation * half).apply([right, 0, forward])
            rotation = rotation * half * half
            places.append(place)
            rotations.append(rotation.as_matrix())
    n = len(places)
    poses = np.tile(np.eye(4), (n, 1, 1))
    poses[:, :3, :3], poses[:, :3, 3] = np.array(rotations), np.array(places)
    made: dict[str, Any] = {"time_s": np.arange(n) / FPS, "valid": np.ones(n, bool), "scene_depth": np.full(n, 2.0)}
    return Trajectory(**({"world_from_cam": poses} | made | fields))


def keys_of(trajectory: Trajectory, **config: Any) -> list[str]:
    return [each.keys for each in pressed(trajectory, PressedConfig(**config)).intervals]


def told(keys: tuple[str, ...] = KEYS, frames: int = FPS) -> Commands:
    spans = [(float(i * frames), float((i + 1) * frames)) for i in range(len(keys))]
    return Commands(
        turns=tuple(Turn(action=k, code=code_of(k), start=a, end=b) for k, (a, b) in zip(keys, spans, strict=True))
    )


def test_what_is_driven_is_read_back_by_the_second_and_by_the_latent() -> None:
    assert keys_of(driven()) == list(KEYS)
    assert keys_of(driven(), per="latent") == [key for key in KEYS for _ in range(6)]
    found = pressed(driven()).intervals[1]
    assert found.amount == (pytest.approx(0.15, abs=1e-3), pytest.approx(0, abs=1e-9), pytest.approx(12), 0)
    assert (found.start_s, found.end_s, found.confidence) == (1, 2, None)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=4, deadline=None)
def test_neither_world_nor_unit_matter(seed: int) -> None:
    random = np.random.default_rng(seed)
    turn = Rotation.random(random_state=seed % 9999).as_matrix()
    change = Sim3(scale=float(10 ** random.uniform(-3, 3)), rotation=turn, translation=random.normal(size=3))
    assert keys_of(transform(driven(), change)) == list(KEYS)
    assert keys_of(transform(driven(scene_depth=None), change)) == list(KEYS)


@pytest.mark.parametrize(("frames", "count"), [(24, 1), (30, 1), (40, 2), (13, 1)])
def test_a_short_rest_belongs_to_the_last_interval(frames: int, count: int) -> None:
    found = pressed(driven(("W",), frames=frames)).intervals
    assert len(found) == count
    assert found[-1].end_s == pytest.approx(frames / FPS)


def test_a_file_that_counts_frames_is_told_by_latents() -> None:
    clip = driven(("W", "right"), frames=8)
    stride = clip.replace(
        world_from_cam=clip.world_from_cam[::4],
        time_s=4.0 * np.arange(5),
        valid=np.ones(5, bool),
        scene_depth=np.full(5, 2.0),
        time_source="index",
    )
    found = pressed(stride)
    assert found.per == "latent"
    assert [each.keys for each in found.intervals] == ["W", "W", "right", "right"]


def test_noise_and_slow_motion_are_no_keys() -> None:
    noise = 0.01 * np.random.default_rng(0).normal(size=(73, 3))
    rest = driven(("none",) * 3)
    poses = np.array(rest.world_from_cam)
    poses[:, :3, 3] = noise
    found = pressed(rest.replace(world_from_cam=poses, scene_depth=None))
    assert [each.keys for each in found.intervals] == ["none"] * 3
    assert "its travel is noise" in found.notes[0]


def test_a_camera_that_only_turns_has_no_noise_for_its_travel() -> None:
    assert pressed(driven(("right",) * 2).replace(scene_depth=None)).notes == ()
    assert keys_of(driven(speed=0.02, turn_deg_s=1.5)) == ["none"] * 6
    assert keys_of(driven(("right",), turn_deg_s=1.5), look_deg_s=1.0) == ["right"]


def test_a_bounded_path_has_looks_alone() -> None:
    bounded = driven(scale="bounded", translation_bound=0.01, scene_depth=None)
    assert keys_of(bounded) == ["none", "right", "none", "none", "left+up", "down"]


def test_holes_are_unknown() -> None:
    clip = driven()
    valid = np.ones(len(clip), bool)
    valid[25:48] = False
    valid[96:100] = False
    found = pressed(clip.replace(valid=valid))
    assert found.intervals[1].keys == "W+right"  # its two ends have poses
    valid[24:49] = False
    found = pressed(clip.replace(valid=valid))
    assert found.intervals[1].keys == "unknown"
    assert found.intervals[1].to_json()["label"] is None
    assert found.intervals[4].keys == "left+up"


def drifting(sigma: float, frames: int) -> np.ndarray:
    """Covariances of a random walk whose increments have this deviation in radians and in a tenth of the unit."""
    step = np.diag([(0.1 * sigma) ** 2] * 3 + [sigma**2] * 3)
    return np.arange(frames)[:, None, None] * step


def test_confidence_is_that_of_the_spread_and_of_the_estimator() -> None:
    clip = driven(("right", "none"))
    n = len(clip)
    sure = pressed(clip.replace(pose_covariance=drifting(1e-5, n))).intervals
    unsure = pressed(clip.replace(pose_covariance=drifting(1e-2, n))).intervals
    assert [each.confidence for each in sure] == [1, 1]
    assert all(each.confidence is not None and 0.1 < each.confidence < 0.9 for each in unsure)
    evidence = Provenance(evidence={"probability": {"rotation": 0.9, "translation": 0.5, "zoom": 0.1}})
    assert pressed(clip.replace(provenance=evidence)).intervals[0].confidence == 0.5
    both = pressed(clip.replace(provenance=evidence, pose_covariance=drifting(1e-5, n))).intervals[0]
    assert both.confidence == 0.5
    assert pressed(clip.replace(pose_covariance=np.full((n, 6, 6), np.nan))).intervals[0].confidence is None


def test_the_confidence_holds_on_paths_with_the_errors_that_they_state() -> None:
    sigma, clip = 6e-3, driven(("right", "none", "left", "up"), turn_deg_s=3.0)
    random = np.random.default_rng(1)
    right: list[bool] = []
    claimed: list[float] = []
    for _ in range(40):
        error = np.cumsum(sigma * random.normal(size=(len(clip), 3)) * [1, 1, 0], axis=0)
        poses = np.array(clip.world_from_cam)
        poses[:, :3, :3] = poses[:, :3, :3] @ Rotation.from_rotvec(error).as_matrix()
        covariance = drifting(sigma, len(clip))
        covariance[:, :3] = covariance[:, 5] = 0.0
        found = pressed(clip.replace(world_from_cam=poses, pose_covariance=covariance)).intervals
        right += [each.keys == key for each, key in zip(found, ("right", "none", "left", "up"), strict=True)]
        claimed += [each.confidence or 0.0 for each in found]
    assert np.mean(claimed) == pytest.approx(np.mean(right), abs=0.12)
    assert 0.3 < np.mean(right) < 0.95


def test_commands_are_compared_axis_by_axis() -> None:
    found = pressed(driven(), commands=told(("W", "W+left", "none", "S+A", "left+up", "A+down")))
    agreed = found.agreement()
    assert agreed is not None
    assert agreed == {
        "intervals": 6,
        "all": pytest.approx(4 / 6),
        "movement": pytest.approx(5 / 6),
        "look": pytest.approx(5 / 6),
        "forward": 1,
        "right": pytest.approx(5 / 6),
        "look_right": pytest.approx(5 / 6),
        "look_up": 1,
    }
    assert json.loads(json.dumps(found.to_json()))["intervals"][1]["commanded"] == "W+left"
    assert pressed(driven()).agreement() is None


@pytest.mark.parametrize("frames", [7, 20, 31, 45])
def test_an_interval_ends_where_the_command_changes(frames: int) -> None:
    """What follows turns of any length exactly is as commanded."""
    agreed = pressed(driven(frames=frames), commands=told(frames=frames)).agreement()
    assert agreed is not None
    assert agreed["all"] == 1


def test_most_of_an_interval_decides() -> None:
    commands = Commands(
        turns=(
            Turn(action="W", code=code_of("W"), start=0.0, end=3.0),  # too short for an interval of its own
            Turn(action="left", code=code_of("left"), start=3.0, end=48.0),
        )
    )
    found = pressed(driven(("left", "none")), commands=commands).intervals
    assert [each.commanded for each in found] == [code_of("left"), code_of("left")]
    assert pressed(driven(("left", "none", "none")), commands=commands).intervals[2].commanded is None


def test_the_mark_of_mind_is_where_a_generated_clip_begins(tmp_path: Path) -> None:
    data = [{"time": i, "ws": int(i < 24), "ad": 0, "ud": 0, "lr": 2 * int(i >= 24)} for i in range(49)]
    file = tmp_path / "action.json"
    file.write_text(json.dumps({"mark_time": 24, "total_time": 49, "data": data}))
    commands = read_commands(file)
    whole, generated = driven(("W", "right")), driven(("right",))
    assert pressed(whole, commands=commands).agreement()["all"] == 1
    assert pressed(generated, commands=commands).agreement()["all"] == 1


def test_nonsense_is_refused() -> None:
    with pytest.raises(CinetrajError, match=r"look_deg_s is 0\.0, expected a positive number"):
        PressedConfig(look_deg_s=0.0)
    clip = driven(("W",))
    valid = np.zeros(len(clip), bool)
    valid[0] = True
    with pytest.raises(CinetrajError, match="fewer than two frames have a pose"):
        pressed(clip.replace(valid=valid))
