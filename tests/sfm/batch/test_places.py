"""Where runs lie: what an address means, and which errors are the place's."""

import errno
import os
from pathlib import Path

import pytest
from made_shots import estimate, shot

from sfm.batch.objects import ObjectPlace
from sfm.batch.places import FolderPlace, PlaceError, folder_of, place_of, told
from sfm.runs.folder import write_run
from trajectory.errors import CinetrajError

BATCH = {"batch": {"key": "k", "failure": "", "limits": {}}}


def test_an_address_is_a_store_and_anything_else_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(place_of("memory://bucket/runs/"), ObjectPlace)
    assert place_of("memory://bucket/runs/").address == "memory://bucket/runs"
    assert [folder_of(text) for text in ("s3://b/a", "runs", Path("runs"))] == [None, Path("runs"), Path("runs")]
    assert folder_of("file:///a/b") == Path("/a/b")
    for given in ("runs", Path("runs"), f"file://{tmp_path}/runs", f"local://{tmp_path}/runs"):
        place = place_of(given)
        assert isinstance(place, FolderPlace)
        assert place.address == str(tmp_path / "runs")  # a worker starts elsewhere
    assert place_of("memory://bucket/runs").where("a") == "memory://bucket/runs/a"
    assert place_of("runs").where("a") == "runs/a"


@pytest.mark.parametrize("address", ["runs", "memory://places/runs"])
def test_runs_are_found_again(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = place_of(address)
    assert not place.exists()
    assert (place.stored(), place.stored_one("a"), place.events()) == ({}, None, ([], 0))
    place.put("a", lambda folder: write_run(estimate(shot()), folder, plot=False, extra=BATCH))
    place.put("b", lambda folder: write_run(estimate(shot(status="failed")), folder, plot=False))
    place.copy("a", "c", "other.mp4")
    assert place.exists()
    assert place.names() == ["a", "b", "c"]
    assert {name: run.key for name, run in place.stored().items()} == {"a": "k", "c": "k"}  # b is of no batch
    records = place.records(["c", "absent", "a"])
    assert list(records) == ["c", "a"]
    assert (records["c"]["name"], records["c"]["source"]) == ("c", "other.mp4")
    assert not place.running()


@pytest.mark.parametrize(("number", "theirs"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.ENOENT, False)])
def test_a_full_or_broken_disk_is_no_fault_of_a_clip(number: int, theirs: bool) -> None:
    with pytest.raises(PlaceError if theirs else FileNotFoundError) as caught, told("out"):
        raise OSError(number, os.strerror(number))
    if theirs:
        assert str(caught.value).startswith(f"out cannot be written ({os.strerror(number)}); put that right, then")


def test_a_full_disk_is_no_fault_of_a_clip_whoever_met_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("trajectory.files.os.fsync", full)  # who writes the path says so in an error of its own
    with pytest.raises(
        PlaceError, match=r"out cannot be written \(No space left on device\); put that right, then give"
    ):
        place_of(tmp_path / "out").put("a", lambda folder: write_run(estimate(shot()), folder, plot=False))
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(CinetrajError, match="is no film"), told("out"):
        raise CinetrajError("a.mp4: is no film") from OSError(errno.ENOENT, os.strerror(errno.ENOENT))
