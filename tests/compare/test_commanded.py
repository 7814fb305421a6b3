"""Which commands belong to a clip."""

import json
from pathlib import Path

import numpy as np
import pytest
from paths import smooth

from compare.commanded import commands_of
from compare.scoring import score
from trajectory import io
from trajectory.commands import pose_string
from trajectory.errors import CinetrajError
from trajectory.model import Provenance, Trajectory


def written(file: Path, action: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"turns": [{"action": action, "start": 0, "end": 4}]}))
    return file


def test_a_file_is_for_all_and_a_folder_by_name(tmp_path: Path) -> None:
    assert commands_of("any", written(tmp_path / "one.json", "W")).turns[0].action == "W"
    folder = tmp_path / "all"
    written(folder / "a.json", "A")
    (folder / "b.txt").write_text("s-2")
    data = [{"time": 0, "ws": 0, "ad": 2, "ud": 0, "lr": 0}]
    (folder / "c").mkdir()
    (folder / "c" / "action.json").write_text(json.dumps({"mark_time": 0, "total_time": 1, "data": data}))
    assert [commands_of(name, folder).turns[0].code for name in "abc"] == [(0, -1, 0, 0), (-1, 0, 0, 0), (0, 1, 0, 0)]
    assert commands_of("any", folder / "c").turns[0].code == (0, 1, 0, 0)


def test_values_pass_and_what_is_missing_is_named(tmp_path: Path) -> None:
    told = pose_string("w-1")
    assert commands_of("x", told) is told
    assert commands_of("x", Path("w-1, right-2")).turns[1].action == "right"
    with pytest.raises(CinetrajError, match="does not exist, expected a file of commands or a folder"):
        commands_of("x", tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CinetrajError, match=r"has no commands for x, expected x\.json, \.txt or \.npy"):
        commands_of("x", tmp_path / "empty")


def test_the_format_of_a_reference_is_that_of_its_path_and_not_of_what_knows_its_own(tmp_path: Path) -> None:
    # --format was not asked where the commands are the steps of a path, and "say --format" was the remedy.
    folder = tmp_path / "references"
    io.write(smooth(1), folder / "a.txt", format="tartanair")
    io.write(smooth(1), folder / "b.npz", format="native")
    (folder / "c.txt").write_text("w-1")
    clips = {"a": tmp_path / "a.npz", "b": tmp_path / "b.npz", "c": tmp_path / "c.npz"}
    for file in clips.values():
        io.write(smooth(1), file, format="native")
    generated: dict[str, Path | str | Trajectory] = dict(clips)
    asked = {"protocol": "worldplay-actions", "reference_format": "tartanair"}
    rows = score(folder, generated, **asked).clips
    assert [row.failed for row in rows.values()] == ["", "", ""]
    assert score(folder, generated, protocol="worldplay-actions").clips["a"].failed.startswith("commands: ")


def test_a_path_is_no_turn_and_is_told_to_be_one_of_steps(tmp_path: Path) -> None:
    clip = smooth(1)
    io.write(clip, tmp_path / "x.npz", format="native")
    files = {"x": tmp_path / "x.npz"}
    failed = score(files, {"x": clip}, protocol="navscore").to_json()["clips"]["x"]["failed"]
    assert 'navscore needs the turns that were commanded, and a path has none; give {"turns"' in failed
    (row,) = score(files, {"x": clip}, protocol="worldplay-actions").clips.values()
    assert any("the commands are the steps of a path" in note for note in row.notes)


def _first(clip: Trajectory, count: int) -> Trajectory:
    return Trajectory(world_from_cam=clip.world_from_cam[:count], time_s=clip.time_s[:count], valid=clip.valid[:count])


@pytest.mark.parametrize("protocol", ["navscore", "worldplay-actions"])
def test_a_clip_of_one_pose_does_nothing_that_it_is_told(tmp_path: Path, protocol: str) -> None:
    """One pose did all that it was told under navscore, and under worldplay-actions nobody was to blame."""
    whole = smooth(1)
    row = score(written(tmp_path / "a.json", "W"), _first(whole, 1), protocol=protocol).clips["a"]
    assert row.failed == "the generated clip has one pose only, which does what any command says"
    assert row.fault == "model"
    clip = whole.replace(valid=np.arange(len(whole)) == 2, provenance=Provenance(evidence={"status": "ok"}))
    row = score(written(tmp_path / "a.json", "W"), clip, protocol=protocol).clips["a"]
    assert row.failed == "the generated clip has fewer than two poses"
    assert row.fault == "instrument"


def test_navigation_tells_of_a_clip_that_ends_before_its_commands(tmp_path: Path) -> None:
    """The turns that it had no time for were left out without a word."""
    commands = written(tmp_path / "a.json", "W")
    short, whole = (score(commands, _first(smooth(1), end), protocol="navscore").clips["a"] for end in (2, 4))
    assert short.notes == ("the clip ends after 50% of the time of its commands; the others are not charged",)
    assert whole.notes == ()
