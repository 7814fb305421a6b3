"""worldplay-actions: the published loops to 1e-9, the choice of the best, and the honest single threshold."""

from pathlib import Path

import numpy as np
import published_forms
import pytest
from paths import path

from compare.scoring import score
from trajectory.actions import code_of, labels
from trajectory.commands import Commands, Turn, pose_string
from trajectory.model import Trajectory


def wandering(seed: int, frames: int = 33, step: float = 0.01) -> Trajectory:
    """Small steps and turns at random, about as large as the thresholds."""
    random = np.random.default_rng(seed)
    moves = np.cumsum(random.normal(size=(frames, 3)) * step * random.uniform(0, 1, (frames, 1)), axis=0)
    return path(moves, np.cumsum(np.radians(random.normal(size=(frames, 3)) * 0.3), axis=0))


def random_commands(seed: int, frames: int = 33) -> Commands:
    random = np.random.default_rng(seed)
    turns: list[Turn] = []
    for start in range(0, frames - 1, 4):
        code = tuple(int(x) for x in random.integers(-1, 2, 4))
        turns.append(Turn(action="x", code=(code[0], code[1], code[2], code[3]), start=float(start), end=start + 4.0))
    return Commands(turns=tuple(turns))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("protocol", "thresholds"), [("", (0.002, 0.005, 0.01)), ("-single", (0.005,))])
def test_the_published_form(seed: int, protocol: str, thresholds: tuple[float, ...]) -> None:
    commands, clip = random_commands(seed), wandering(seed)
    commanded = labels(np.repeat([turn.code for turn in commands.turns], 4, axis=0)).tolist()
    expected = published_forms.worldplay(commanded, clip.world_from_cam, thresholds)
    result = score({"x": clip}, {"x": clip}, protocol=f"worldplay-actions{protocol}", actions=commands)
    assert result.to_json()["clips"]["x"] == {name: pytest.approx(value, abs=1e-9) for name, value in expected.items()}


def test_the_numbers_of_the_codes() -> None:
    for move in (
        (0, 0, 0),
        (0, 0, 1),
        (0, 0, -1),
        (1, 0, 0),
        (-1, 0, 0),
        (1, 0, 1),
        (-1, 0, 1),
        (1, 0, -1),
        (-1, 0, -1),
    ):
        for look in ((0, 0), (1, 0), (-1, 1), (0, -1), (1, 1), (1, -1)):
            clip = path(np.array([[0, 0, 0], move]) * 0.08, np.radians([[0, 0, 0], [3 * look[1], 3 * look[0], 0]]))
            code = (move[2], move[0], look[0], look[1])
            number = published_forms.worldplay_label(*clip.world_from_cam, 0.002, 0.2)
            assert labels(np.array([code])).tolist() == [number]
            told = Commands(turns=(Turn(action="x", code=code, start=0.0, end=1.0),))
            result = score({"x": clip}, {"x": clip}, protocol="worldplay-actions", actions=told).to_json()
            assert result["clips"]["x"]["ActionAcc"] == 1


def test_the_best_of_three_flatters(tmp_path: Path) -> None:
    names = [f"c{seed}" for seed in range(8)]
    clips = {name: wandering(seed) for seed, name in enumerate(names)}
    commands = random_commands(3)
    best, single = (
        score(clips, clips, protocol=name, actions=commands).to_json()["summary"]["ActionAcc"]
        for name in ("worldplay-actions", "worldplay-actions-single")
    )
    assert best >= single


def test_a_pose_string_against_the_path_that_it_makes(tmp_path: Path) -> None:
    from trajectory import io

    commands = pose_string("w-3, right-2, a-1, down-2")
    file = tmp_path / "pose_string.txt"
    file.write_text("w-3, right-2, a-1, down-2")
    latents = io.read(file)
    result = score({"x": file}, {"x": latents}, protocol="worldplay-actions-single").to_json()
    assert result["clips"]["x"] == {"ActionAcc": 1, "FineActionAcc": 1}
    assert commands.turns[0].code == code_of("W")


def test_missing_frames_and_commands_are_told(tmp_path: Path) -> None:
    clip, commands = wandering(1), random_commands(1)
    valid = np.ones(33, dtype=bool)
    valid[8:12] = False
    (row,) = score(
        {"x": clip}, {"x": clip.replace(valid=valid)}, protocol="worldplay-actions", actions=commands
    ).clips.values()
    assert row.facts["steps"] == 32 - 5
    result = score({"x": clip}, {"x": clip}, protocol="worldplay-actions").to_json()
    assert "x has no commands: give a file of them as the reference, or by --actions" in result["clips"]["x"]["failed"]
    assert result["summary"]["faults"]["instrument"] == ["x"]


def test_what_is_not_delivered_is_charged_by_the_honest_one_alone() -> None:
    clips = {"x": wandering(1), "y": wandering(2)}
    one = {"x": clips["x"]}
    commands = random_commands(1)
    lost, charged = (
        score(clips, one, protocol=name, actions=commands).to_json()["summary"]
        for name in ("worldplay-actions", "worldplay-actions-single")
    )
    assert lost["policies"]["drop"]["ActionAcc"]["clips"] == 1
    assert charged["policies"]["worst"]["ActionAcc"]["clips"] == 2


@pytest.mark.parametrize("unit", ["frames", "seconds"])
def test_commands_after_the_end_of_a_clip_are_told(unit: str) -> None:
    clip, per = wandering(1), 1 if unit == "frames" else 24  # frames in one of the unit
    keys = (("W", 0, 16), ("A", 20, 36), ("S", 100, 132))
    turns = tuple(Turn(action=k, code=code_of(k), start=a / per, end=b / per) for k, a, b in keys)
    commands = Commands(turns=turns, unit=unit)  # type: ignore[arg-type]
    row = score({"x": clip}, {"x": clip}, protocol="worldplay-actions", actions=commands).clips["x"]
    assert row.facts["compared"] == pytest.approx((16 + 13) / 64)  # 33 frames
    assert row.notes == ("the clip ends after 45% of the time of its commands; the others are not charged",)
    whole = Commands(turns=turns[:1], unit=unit)  # type: ignore[arg-type]
    row = score({"x": clip}, {"x": clip}, protocol="worldplay-actions", actions=whole).clips["x"]
    assert (row.facts["compared"], row.notes) == (1, ())
