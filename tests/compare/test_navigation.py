"""navscore: the published form to 1e-9 in loops, its floors, and what it is given."""

import json
from pathlib import Path

import numpy as np
import pytest
from paths import path
from published_navscore import navscore
from scipy.spatial.transform import Rotation

from compare.navigation import by_arc, mirrored_axes
from compare.scoring import score
from trajectory.model import Trajectory

PER_TURN = 24
MOVES = {
    "W": ((0, 0, 1), (0, 0, 0)),
    "S": ((0, 0, -1), (0, 0, 0)),
    "D": ((1, 0, 0), (0, 0, 0)),
    "A": ((-1, 0, 0), (0, 0, 0)),
    "right": ((0, 0, 0), (0, 1, 0)),
    "left": ((0, 0, 0), (0, -1, 0)),
    "up": ((0, 0, 0), (1, 0, 0)),
    "down": ((0, 0, 0), (-1, 0, 0)),
}


def driven(
    actions: list[str], seed: int, *, speed: float = 0.1, turn_deg: float = 2.0, noise: float = 0.3
) -> Trajectory:
    """A camera that follows the keys, a turn of `PER_TURN` frames each, and strays by `noise` of each step."""
    random = np.random.default_rng(seed)
    rotation, place = Rotation.identity(), np.zeros(3)
    places, rotations = [], []
    for action in actions:
        for _ in range(PER_TURN):
            places.append(place)
            rotations.append(rotation.as_rotvec())
            keys = action.split("+")
            move = sum((np.array(MOVES[k][0], float) for k in keys), np.zeros(3)) + noise * random.normal(size=3)
            turn = sum((np.array(MOVES[k][1], float) for k in keys), np.zeros(3)) + noise * random.normal(size=3)
            rotation = rotation * Rotation.from_rotvec(np.radians(turn_deg) * turn)
            place = place + speed * rotation.apply(move)
    return path(np.array(places), np.array(rotations))


def told(actions: list[str], file: Path, perspective: str = "first_person") -> Path:
    turns = [{"action": action, "start": i * PER_TURN, "end": (i + 1) * PER_TURN} for i, action in enumerate(actions)]
    file.write_text(json.dumps({"turns": turns, "perspective": perspective}))
    return file


def nav(clip: Trajectory, commands: Path) -> dict:
    return score({"x": commands}, {"x": clip}, protocol="navscore").to_json()["clips"]["x"]


@pytest.mark.parametrize("perspective", ["first_person", "third_person"])
@pytest.mark.parametrize(
    "actions",
    [
        ["W", "right", "W", "left"],
        ["W", "S", "A", "D"],
        ["up", "down", "up"],
        ["W+right", "W+left", "D"],
        ["W+up", "left", "W+down"],
        ["left", "W"],
    ],
)
def test_the_published_form(actions: list[str], perspective: str, tmp_path: Path) -> None:
    clip = driven(actions, len(actions[0]))
    turns = [(i * PER_TURN, (i + 1) * PER_TURN, action) for i, action in enumerate(actions)]
    expected = navscore(np.array(clip.world_from_cam), turns, perspective == "third_person")
    found = nav(clip, told(actions, tmp_path / "x.json", perspective))
    assert {name: found[name] for name in expected} == {k: pytest.approx(v, abs=1e-9) for k, v in expected.items()}
    missing = set(found) - set(expected)
    assert all("no two turns are of equal or mirrored commands" in found[name]["undefined"] for name in missing)


@pytest.mark.parametrize(("speed", "turn_deg"), [(0.0, 0.0), (0.001, 0.05), (0.1, 0.15), (0.001, 0.3), (0.02, 2.0)])
@pytest.mark.parametrize("perspective", ["first_person", "third_person"])
def test_the_published_floors(speed: float, turn_deg: float, perspective: str, tmp_path: Path) -> None:
    actions = ["W", "right", "S", "up"]
    clip = driven(actions, 5, speed=speed, turn_deg=turn_deg)
    turns = [(i * PER_TURN, (i + 1) * PER_TURN, action) for i, action in enumerate(actions)]
    expected = navscore(np.array(clip.world_from_cam), turns, perspective == "third_person")
    found = nav(clip, told(actions, tmp_path / "x.json", perspective))
    assert {name: found[name] for name in expected} == {k: pytest.approx(v, abs=1e-9) for k, v in expected.items()}


def test_a_camera_that_follows_its_keys_is_right(tmp_path: Path) -> None:
    actions = ["W", "right", "W", "left", "S"]
    found = nav(driven(actions, 1, noise=0.0), told(actions, tmp_path / "x.json"))
    assert found["NavConsistency"] == pytest.approx(1)
    assert found["NavAccuracy"] > 0.97
    wrong = nav(driven(["S", "left", "S", "right", "W"], 1, noise=0.0), tmp_path / "x.json")
    assert wrong["NavAccuracy"] < 0.6


def test_a_diagonal_is_expected_to_stand_still_as_the_script_has_it(tmp_path: Path) -> None:
    diagonal = nav(driven(["W+D", "W"], 1, noise=0.0), told(["W+D", "W"], tmp_path / "x.json"))
    straight = nav(driven(["W", "W"], 1, noise=0.0), told(["W", "W"], tmp_path / "y.json"))
    assert straight["nATE_t"] == pytest.approx(0, abs=0.02)
    assert diagonal["nATE_t"] > 0.3


def test_a_case_of_wbench(tmp_path: Path) -> None:
    actions = ["W", "right", "W", "left"]
    file = tmp_path / "x.json"
    edits = [*({"action": action} for action in actions), {"action": "a dog runs in"}]
    file.write_text(json.dumps({"interactions": edits, "settings": {"perspective": "third_person"}}))
    clip = driven([*actions, "D"], 2)
    turns = [(i * PER_TURN, (i + 1) * PER_TURN, action) for i, action in enumerate(actions)]
    expected = navscore(np.array(clip.world_from_cam), turns, third=True)
    assert nav(clip, file)["NavScore"] == pytest.approx(expected["NavScore"], abs=1e-9)


def test_the_score_of_a_model_averages_its_parts_over_their_own_clips(tmp_path: Path) -> None:
    both, alone = ["W", "S"], ["W", "right"]
    commands = {"both": told(both, tmp_path / "both.json"), "alone": told(alone, tmp_path / "alone.json")}
    clips = {"both": driven(both, 1), "alone": driven(alone, 2)}
    result = score(commands, clips, protocol="navscore").to_json()
    a, b = result["clips"]["both"], result["clips"]["alone"]
    expected = ((a["NavAccuracy"] + b["NavAccuracy"]) / 2 + a["NavConsistency"]) / 2
    assert result["summary"]["published"]["NavScore"] == pytest.approx(expected)
    assert result["summary"]["NavScore"] == pytest.approx(a["NavScore"])


def test_without_commands_it_says_what_it_wants(tmp_path: Path) -> None:
    clip = driven(["W"], 1)
    failed = score({"x": clip}, {"x": clip}, protocol="navscore").to_json()["clips"]["x"]["failed"]
    assert 'give a file of them as the reference, or by --actions; expected {"turns"' in failed
    folder = tmp_path / "told"
    folder.mkdir()
    told(["W"], folder / "other.json")
    failed = score({"x": clip}, {"x": clip}, protocol="navscore", actions=folder).to_json()["clips"]["x"]["failed"]
    assert f"{folder} has no commands for x, expected x.json" in failed
    late = tmp_path / "late.json"
    late.write_text(json.dumps({"turns": [{"action": "W", "start": 500, "end": 600}]}))
    assert (
        "no pose in any commanded turn"
        in score({"x": late}, {"x": clip}, protocol="navscore").to_json()["clips"]["x"]["failed"]
    )


def test_mirrors() -> None:
    assert mirrored_axes("W", "W") == set()
    assert mirrored_axes("left", "right") == {0}
    assert mirrored_axes("W+left", "S+right") == {0, 2}
    assert mirrored_axes("W", "A") is None


def test_arc_length_passes_over_rests() -> None:
    places = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 3.0]])
    found = by_arc(np.array(path(places, np.zeros((5, 3))).world_from_cam))
    np.testing.assert_allclose(found[:, 2, 3], np.linspace(0, 3, 20), atol=1e-9)
