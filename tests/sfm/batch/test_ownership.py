"""Whose run it is."""

import hashlib
from pathlib import Path

import pytest
from small_batches import clips, run

from sfm.batch.inputs import Clip
from sfm.batch.ownership import is_of_another, require_own
from sfm.batch.places import place_of
from sfm.batch.store import Stored, origin_of
from trajectory.errors import CinetrajError


def test_other_paths_with_other_bytes_are_other_clips(tmp_path: Path) -> None:
    one, other = tmp_path / "one.mp4", tmp_path / "other.mp4"
    one.write_bytes(b"one")
    other.write_bytes(b"other")
    made = origin_of({"source": str(one), "batch": {"clip_sha256": hashlib.sha256(b"one").hexdigest()}})
    assert not is_of_another(made, str(one))
    assert is_of_another(made, str(other))
    assert is_of_another(made, str(tmp_path / "nowhere.mp4"))
    one.write_bytes(b"edited")  # where it was: the run is made anew
    assert not is_of_another(made, str(one))


def test_a_path_is_the_same_however_it_is_spelt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = origin_of({"source": "in/one.mp4", "batch": {"clip_sha256": "0"}})  # of a folder; lists say ./in/one.mp4
    for same in ("./in/one.mp4", "in/../in//one.mp4", str(tmp_path / "in" / "one.mp4")):
        assert not is_of_another(made, same)  # though its disk is not there now
    assert is_of_another(made, "one.mp4")


def test_a_run_without_a_digest_is_another_clips_while_that_is_there(tmp_path: Path) -> None:
    one, other = tmp_path / "one.mp4", tmp_path / "other.mp4"
    one.write_bytes(b"one")
    other.write_bytes(b"other")
    made = origin_of({"source": str(one)})
    assert is_of_another(made, str(other))
    one.unlink()  # moved, perhaps
    assert not is_of_another(made, str(other))
    assert not is_of_another(origin_of({}), str(other))


def test_the_refusal_names_the_run_the_clip_and_ways_out(tmp_path: Path) -> None:
    one = tmp_path / "one" / "clip.mp4"
    one.parent.mkdir()
    one.write_bytes(b"one")
    clip = Clip(path=str(tmp_path / "clip.mp4"), name="clip")
    place = place_of(tmp_path / "runs")
    there = Stored(name="clip", key="", status="ok", reason="", failure="", limits={}, origin=(str(one), ""))
    require_own(place, [clip], {}, ["clip"])
    with pytest.raises(CinetrajError, match=r"runs/clip is the run of another clip, .*one/clip\.mp4; .*--name"):
        require_own(place, [clip], {"clip": there}, ["clip"])


def test_the_same_relative_path_in_another_folder_is_another_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for project in ("one", "other"):
        clips(tmp_path / project, a=f"ok 0 {project}")
    monkeypatch.chdir(tmp_path / "one")
    mine = [Clip(path="a.clip", name="a")]
    assert run(mine, tmp_path / "runs")["a"].status == "ok"
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(CinetrajError, match=r"runs/a is the run of another clip, .*one/a\.clip"):
        run(mine, tmp_path / "runs")
    monkeypatch.chdir(tmp_path / "one")
    assert run(mine, tmp_path / "runs")["a"].how == "kept"
    (tmp_path / "one" / "a.clip").write_text("ok 0 edited")
    assert run(mine, tmp_path / "runs")["a"].how == "computed"


def test_the_run_of_an_equal_clip_is_told_from_the_same_relative_path_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was copied had begun nowhere, and the next project's clip of that name took its place."""
    clips(tmp_path / "one", a="ok 0 same", b="ok 0 same")
    clips(tmp_path / "other", b="ok 0 other")
    mine = [Clip(path=f"{name}.clip", name=name) for name in "ab"]
    monkeypatch.chdir(tmp_path / "one")
    assert {each.how for each in run(mine, tmp_path / "runs").values()} == {"computed", "copied"}
    monkeypatch.chdir(tmp_path / "other")
    with pytest.raises(CinetrajError, match=r"runs/b is the run of another clip, .*one/b\.clip"):
        run(mine[1:], tmp_path / "runs")
