"""Runs in an object store: whole or not there, the same bytes as in a folder, resumed like one."""

import json
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from made_shots import estimate, shot
from s3_server import s3_server
from small_batches import clips, run

from sfm.batch import object_log
from sfm.batch.objects import ObjectPlace
from sfm.batch.places import PlaceError, place_of
from sfm.batch.progress import progress_of
from sfm.runs.folder import write_run
from trajectory.errors import CinetrajError

BATCH = {"batch": {"key": "k", "failure": "", "limits": {"time_limit_s": 9.0}}}


@pytest.fixture(scope="module")
def bucket() -> Generator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def memory() -> Generator[tuple[ObjectPlace, Any]]:
    fs: Any = fsspec.core.url_to_fs("memory://bucket", use_listings_cache=False)[0]  # the one that the place has
    fs.store.clear()
    place = place_of("memory://bucket/runs/")
    assert isinstance(place, ObjectPlace)
    yield place, fs
    fs.store.clear()


def objects(address: str) -> dict[str, bytes]:
    """All that was computed, below an address; run.json without its timings, as JSON."""
    fs, root = fsspec.core.url_to_fs(address, use_listings_cache=False)
    found: dict[str, bytes] = {}
    for path in fs.find(root):
        name = str(path).removeprefix(f"{root}/")
        if not name.startswith("manifest.jsonl"):
            found[name] = fs.cat_file(path)
            if name.endswith("run.json"):
                record = json.loads(found[name])
                found[name] = json.dumps({k: v for k, v in record.items() if k != "seconds"}).encode()
    return found


def test_a_batch_in_a_bucket_is_that_in_a_folder(bucket: str, tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok 0 same", b="ok 0 same", c="ok", d="blank", e="bad")
    run(wanted, tmp_path / "out", jobs=2)
    first = run(wanted, f"{bucket}/a", jobs=2)
    assert {o.name: o.how for o in first.values()} == {
        "a": "computed",
        "b": "copied",
        "c": "computed",
        "d": "computed",
        "e": "computed",
    }
    assert objects(f"{bucket}/a") == objects(str(tmp_path / "out"))
    assert {o.how for o in run(wanted, f"{bucket}/a").values()} == {"kept"}
    found = progress_of(f"{bucket}/a")
    assert (found.clips, len(found.done), found.remaining, found.running) == (5, 5, (), False)
    assert sorted(done.name for done in found.failed) == ["d", "e"]
    fs, root = fsspec.core.url_to_fs(bucket, use_listings_cache=False)
    fs.rm_file(f"{root}/a/c/run.json")  # as if killed before the last object of it was sent
    assert [d.name for d in progress_of(f"{bucket}/a").done] == ["a", "b", "d", "e"]
    assert {o.name for o in run(wanted, f"{bucket}/a", jobs=2).values() if o.how == "computed"} == {"c"}
    assert objects(f"{bucket}/a") == objects(str(tmp_path / "out"))


def test_a_run_is_replaced_whole_and_nothing_else_is_touched(memory: tuple[ObjectPlace, Any]) -> None:
    place, fs = memory
    fs.pipe_file("/bucket/runs/a/notes.txt", b"years of work")
    place.put("a", lambda folder: write_run(estimate(shot()), folder, plot=False, extra=BATCH))
    assert fs.exists("/bucket/runs/a/notes.txt")  # there was no run
    fs.rm_file("/bucket/runs/a/notes.txt")
    place.put("a", lambda folder: write_run(estimate(shot(), shot(5)), folder, plot=False, extra=BATCH))
    assert sorted(p.removeprefix("/bucket/runs/a/") for p in fs.find("/bucket/runs/a")) == [
        "run.json",
        *(f"shot-00{n}/{file}" for n in "01" for file in ("run.json", "trajectory.npz", "trajectory_tum.txt")),
    ]
    there = place.stored_one("a")
    assert there is not None
    assert (there.key, there.status) == ("k", "ok")
    assert place.stored() == {"a": there}
    with place.fetched("a") as folder:
        assert (folder / "shot-001" / "trajectory.npz").stat().st_size > 0


def test_the_last_object_of_a_run_is_its_record(memory: tuple[ObjectPlace, Any]) -> None:
    place, fs = memory
    sent: list[str] = []
    pipe, put = fs.pipe_file, fs.put_file
    fs.pipe_file = lambda path, data, **more: (sent.append(path), pipe(path, data, **more))
    fs.put_file = lambda file, path, **more: (sent.append(path), put(file, path, **more))
    try:
        place.put("a", lambda folder: write_run(estimate(shot(), shot(5)), folder, plot=False, extra=BATCH))
    finally:
        del fs.pipe_file, fs.put_file
    assert [path.endswith("/a/run.json") for path in sent] == [False] * (len(sent) - 1) + [True]


def test_one_batch_at_a_time_and_a_silent_one_is_taken_over(
    memory: tuple[ObjectPlace, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, fs = memory
    monkeypatch.setattr(object_log, "BEAT_S", 0.05)
    monkeypatch.setattr(object_log, "SILENT_S", 0.5)
    with place.log() as log:
        log.append("batch", names=["a"])
        assert place.running()
        with pytest.raises(CinetrajError, match=r"in use by another batch on .*; wait for it"), place.log():
            pass
    assert not place.running()
    fs.pipe_file("/bucket/runs/manifest.jsonl/running.json", b'{"token": "x", "host": "dead", "time": 0}')
    assert not place.running()
    with place.log() as log:  # it was silent
        log.append("end")
    assert [event["event"] for event in place.events()[0]] == ["batch", "end"]


def _work_for_seconds(place: ObjectPlace, meanwhile: Callable[[], None]) -> None:
    with place.log() as log:
        meanwhile()
        until = time.monotonic() + 10
        while time.monotonic() < until:
            log.append("start", name="a")
            time.sleep(0.02)


def test_a_batch_that_was_held_up_and_taken_over_ends_and_leaves_the_log_to_the_other(
    memory: tuple[ObjectPlace, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, fs = memory
    monkeypatch.setattr(object_log, "BEAT_S", 0.05)
    beat = "/bucket/runs/manifest.jsonl/running.json"
    other = b'{"token": "x", "host": "other", "time": 0}'
    with pytest.raises(CinetrajError, match=r"taken over by another batch on other .*goes on after it"):
        _work_for_seconds(place, lambda: fs.pipe_file(beat, other))  # as if it had been suspended meanwhile
    assert json.loads(fs.cat_file(beat))["token"] == "x"


def test_names_that_look_like_patterns_are_names(memory: tuple[ObjectPlace, Any]) -> None:
    place, _ = memory
    names = ["a*", "film 1", "film [1080p]", "what?"]
    for name in names:
        place.put(name, lambda folder: write_run(estimate(shot()), folder, plot=False, extra=BATCH))
    assert place.names() == names
    assert list(place.records(["film [1080p]"])) == ["film [1080p]"]
    assert {name: run.name for name, run in place.stored().items()} == {name: name for name in names}


def test_a_long_log_goes_on_in_parts(memory: tuple[ObjectPlace, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    place, fs = memory
    monkeypatch.setattr(object_log, "LINES", 3)
    with place.log() as log:
        for number in range(8):
            log.append("start", name=str(number))
    assert len([path for path in fs.find("/bucket/runs/manifest.jsonl") if path.endswith(".jsonl")]) == 3
    assert [event["name"] for event in place.events()[0]] == [str(number) for number in range(8)]


def test_a_store_that_is_lost_on_the_way_ends_the_log_with_one_line(
    memory: tuple[ObjectPlace, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, fs = memory
    monkeypatch.setattr(object_log, "BEAT_S", 0.02)

    def lost(*_: object, **__: object) -> None:
        raise ConnectionError("no route\nto host")

    with place.log() as log:
        fs.pipe_file = lost
        log.append("batch", names=[])
        time.sleep(0.1)
        with pytest.raises(PlaceError, match=r"cannot be reached \(ConnectionError: no route to host\).*goes on"):
            log.append("start", name="a")
        del fs.pipe_file
    assert place.events()[0][0]["event"] == "batch"


def test_what_is_no_address_or_cannot_be_reached_is_one_line(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CinetrajError, match="is no address"):
        place_of("nosuch://bucket/a")
    with pytest.raises(PlaceError, match=r"cannot be reached .*check address"):
        run(clips(tmp_path / "in", a="ok"), f"{bucket}-absent/a")
    assert place_of(f"file://{tmp_path}").address == str(tmp_path)
