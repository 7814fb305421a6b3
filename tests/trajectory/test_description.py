"""The machine output of describe."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from motions import SIGN, build, primitive

from trajectory.decisions import Thresholds
from trajectory.description import DescribeConfig, describe
from trajectory.errors import CinetrajError
from trajectory.io import read, write
from trajectory.primitives import NAMES

AMOUNT = {"turn": 30.0, "move": 0.5, "zoom": 0.4}


@pytest.mark.parametrize("name", SIGN)
def test_the_named_primitive_is_the_only_yes(name):
    found = describe(primitive(name, AMOUNT[SIGN[name][0]]))
    assert [n for n in NAMES if found.decisions[n].yes] == [name]
    assert found.decisions[name].margin > 0


def test_json_has_the_stable_keys_and_only_finite_numbers():
    for t in (build(), build(with_depth=False, with_intrinsics=False), build(turn_deg=(5, 30, 0), noise_deg=0.1)):
        text = json.dumps(describe(t).to_json(), allow_nan=False)
        found = json.loads(text)
        assert list(found)[:5] == ["rule", "scores", "decisions", "segments", "sentence"]
        assert tuple(found["scores"]) == NAMES
        assert tuple(found["decisions"]) == NAMES
        for decision in found["decisions"].values():
            assert 0.0 <= decision["reliability"] <= 1.0


def test_invalid_frames_lower_the_reliability():
    t = build(turn_deg=(0, 30, 0), frames=20)
    valid = np.ones(20, bool)
    valid[5:15] = False
    whole = describe(t).decisions["Pan_Right"].reliability
    assert describe(t.replace(valid=valid)).decisions["Pan_Right"].reliability < 0.6 * whole


def test_zoom_without_intrinsics_has_no_reliability():
    found = describe(build(move=(0, 0, 1), with_intrinsics=False))
    assert found.decisions["Zoom_In"].reliability == 0.0
    assert any("intrinsics" in note for note in found.notes)


def test_the_output_names_its_rule():
    assert describe(build(), DescribeConfig(rule="authors")).to_json()["rule"] == "authors"


def test_fewer_than_two_valid_frames_are_described_as_unknown():
    t = build(frames=5)
    found = describe(t.replace(valid=np.arange(5) == 2))
    assert set(found.scores.values()) == {None}
    assert {d.yes for d in found.decisions.values()} == {None}
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    "t",
    [
        build(frames=2, turn_deg=(0, 30, 0)),
        build(frames=3, move=(0, 0, 1e-300)),
        build(frames=30, turn_deg=(0, 179.9, 0), move=(0, 0, 1e12)),
        build(frames=30, duration_s=1e-6, turn_deg=(0, 30, 0)),
        build(frames=30, duration_s=1e7, turn_deg=(0, 30, 0)),
        build(frames=30, turn_deg=(0, 30, 0)).replace(time_s=np.append(np.arange(29) / 30, 1e6)),
        build(frames=30, turn_deg=(0, 20, 0)).replace(scale="bounded", translation_bound=np.inf),
        build(frames=30, with_depth=False, with_intrinsics=False),
        build(frames=30).replace(image_hw=None),
    ],
)
@pytest.mark.parametrize("rule", ["apparent", "authors"])
def test_odd_trajectories_give_finite_json(t, rule):
    text = json.dumps(describe(t, DescribeConfig(rule=rule)).to_json(), allow_nan=False)
    assert len(text) < 20_000


@pytest.mark.parametrize("trial", [0, 1])
def test_a_hundred_thousand_frames_take_under_a_second(trial):
    profile = (lambda a: a, lambda a: np.sin(900 * a))[trial]
    t = build(turn_deg=(10, 200, 0), move=(3, 0, 3), frames=100_000, duration_s=3333.0, noise_deg=0.02, profile=profile)
    matrices = np.random.default_rng(0).normal(size=(100_000, 3, 3))
    seconds, yardstick = [], []
    for _ in range(3):
        start = time.process_time()  # other processes on the machine do not count
        describe(t)
        seconds.append(time.process_time() - start)
        start = time.process_time()
        np.linalg.svd(matrices)
        yardstick.append(time.process_time() - start)
    # A machine that is slow, or throttled just now, takes longer for everything: more than 0.67 s for these matrices.
    assert min(seconds) < max(1.0, 1.5 * min(yardstick))


def test_configs_refuse_nonsense():
    with pytest.raises(CinetrajError, match="assumed_fov_deg"):
        DescribeConfig(assumed_fov_deg=0.0)
    with pytest.raises(CinetrajError, match="assumed_fps"):
        DescribeConfig(assumed_fps=-1.0)


@pytest.mark.parametrize("name", ["rule", "extent", "unknown"])
def test_a_choice_that_is_none_is_refused(name: str) -> None:
    config = DescribeConfig()
    object.__setattr__(config, name, "Apparent")  # past the types of the tests
    with pytest.raises(CinetrajError, match=f"{name} is 'Apparent', expected one of "):
        config.__post_init__()


@pytest.mark.parametrize("value", [0.0, -0.04, np.nan, np.inf])
def test_a_threshold_is_above_zero(value: float) -> None:
    with pytest.raises(CinetrajError, match=r"threshold lateral_diag is .*, expected a number above 0"):
        Thresholds(lateral_diag=value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"roll_deg": 30.0}, "^roll_deg is 30.0 without a pitch_deg, beside which alone it counts; give both$"),
        ({"pitch_deg": "10"}, "^pitch_deg is '10', expected a number$"),
        ({"assumed_fps": "24"}, "^assumed_fps is '24', expected a number$"),
        ({"thresholds": {"turn": 1.0}}, "^thresholds is .*, expected Thresholds$"),
    ],
)
def test_a_config_refuses_what_has_no_effect_and_what_is_no_number(given: dict, told: str) -> None:
    config = DescribeConfig()
    for name, value in given.items():
        object.__setattr__(config, name, value)  # past the types of the tests
    with pytest.raises(CinetrajError, match=told):
        config.__post_init__()


@pytest.mark.parametrize("rule", ["apparent", "authors"])
def test_a_roll_that_may_be_a_pan_is_doubted_alike_either_way(rule: str) -> None:
    """A pan of a pitched camera looks like a roll; the mirrored path is the mirrored answer."""
    found = []
    for sign, told, other in ((1.0, "Clockwise", "Counterclockwise"), (-1.0, "Counterclockwise", "Clockwise")):
        path = build(turn_deg=(0.0, sign * 30.0, sign * 8.0))
        each = describe(path, DescribeConfig(rule=rule))  # pyright: ignore[reportArgumentType]
        found.append([each.decisions[f"Roll_{name}"].probability for name in (told, other)])
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert found[0][0] == 0.5


@pytest.mark.parametrize("format_name", ["re10k", "videox-fun"])
def test_a_file_that_tells_no_size_is_described_by_the_shape_of_its_pixels(format_name: str, tmp_path: Path) -> None:
    """Its intrinsics are parts of the picture: a pan of a wide one is not that of a square one."""
    path = build(turn_deg=(2.8, 3.8, 0.0))
    write(path, tmp_path / "a.txt", format=format_name)
    told = describe(read(tmp_path / "a.txt", format=format_name))
    for name, score in describe(path).scores.items():
        if name.startswith(("Pan", "Tilt", "Roll", "Zoom")):
            assert told.scores[name] == pytest.approx(score, abs=2e-3)
    assert any("square pixels" in note for note in told.notes)


def test_what_is_no_trajectory_is_told_with_the_way_to_one() -> None:
    """In a process of its own: here types are checked at every call."""
    code = """
from types import SimpleNamespace
import numpy as np, trajectory
path = trajectory.Trajectory(world_from_cam=np.tile(np.eye(4), (3, 1, 1)), time_s=[0, 1, 2], valid=[True] * 3)
estimate, run = SimpleNamespace(shots=(), trajectory=path), SimpleNamespace(trajectories={"": path})
for ask in (
    lambda: trajectory.describe("runs/clip"),
    lambda: trajectory.describe(None),
    lambda: trajectory.describe(path, {"rule": "authors"}),
    lambda: trajectory.describe(path, candidates=[path]),
    lambda: trajectory.write(estimate, "a.txt", format="tum"),
    lambda: trajectory.write(run, "a.txt", format="tum"),
):
    try:
        ask()
    except trajectory.CinetrajError as error:
        print(error)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [
        "trajectory is of type str, expected trajectory.Trajectory; trajectory.read('runs/clip') reads one",
        "trajectory is of type NoneType, expected trajectory.Trajectory",
        "config is of type dict, expected trajectory.DescribeConfig; settings go into it by name, as in "
        "trajectory.DescribeConfig(rule='authors')",
        "candidates is of type list, expected what trajectory.candidates_beside(path, 'runs/clip') gives, or "
        ".candidates of a shot of an estimate",
        "trajectory is of type SimpleNamespace, expected trajectory.Trajectory; its .trajectory is one",
        "trajectory is of type SimpleNamespace, expected trajectory.Trajectory; its .trajectories holds one for each "
        "shot",
    ]
