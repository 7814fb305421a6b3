"""The batch runner: nothing lost, nothing computed twice, a failure costs one clip and says why."""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_batches import clips, run

from compare.cli._batch import reasons
from sfm.batch import manifest, runner, work
from sfm.batch.engines import choose, lane
from sfm.batch.engines.port import LOST_NODES, Answer, Setup
from sfm.batch.inputs import Clip
from sfm.config import BatchConfig, DenseConfig, EstimateConfig, VideoConfig
from sfm.runs import folder as runs
from trajectory.errors import CinetrajError
from trajectory.files import printable


def events(out: Path, kind: str) -> list[dict[str, Any]]:
    return [event for event in manifest.read_events(out)[0] if event["event"] == kind]


def content(out: Path) -> dict[str, bytes]:
    """All that was computed; the files of a run hold no timings but run.json, which is read."""
    found: dict[str, bytes] = {}
    for path in sorted(out.rglob("*")):
        if path.name == "run.json":
            record = json.loads(path.read_text())
            found[str(path.relative_to(out))] = json.dumps({k: v for k, v in record.items() if k != "seconds"}).encode()
        elif path.is_file() and path.name != manifest.MANIFEST_FILE:
            found[str(path.relative_to(out))] = path.read_bytes()
    return found


def test_every_clip_gets_its_run_and_a_second_call_computes_nothing(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="ok", c="blank")
    first = run(wanted, tmp_path / "out", jobs=2)
    assert {o.name: (o.status, o.how) for o in first.values()} == {
        "a": ("ok", "computed"),
        "b": ("ok", "computed"),
        "c": ("failed", "computed"),
    }
    assert first["c"].reason == "every frame is blank"
    assert runs.read_run(tmp_path / "out" / "c").status == "failed"
    before = content(tmp_path / "out")
    assert {"a/run.json", "a/trajectory.npz", "a/trajectory_tum.txt", "c/run.json"} <= set(before)
    second = run(wanted, tmp_path / "out", jobs=1)  # another number of jobs changes no result
    assert {o.how for o in second.values()} == {"kept"}
    assert {n: (o.status, o.reason) for n, o in second.items()} == {n: (o.status, o.reason) for n, o in first.items()}
    assert content(tmp_path / "out") == before
    assert len(events(tmp_path / "out", "start")) == 3


def test_names_that_are_no_text_go_through_a_batch_and_can_be_read(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/in \xe9"))
    folder.mkdir()
    wanted: list[Clip] = []
    for name, file in (("a", b"caf\xe9:1.clip"), ("b", b"#\n?.clip"), ("c", b"caf\xe8.clip")):
        path = Path(os.fsdecode(os.fsencode(folder) + b"/" + file))
        path.write_text("ok 0 same" if name != "b" else "ok 0 b")
        wanted.append(Clip(path=str(path), name=name))
    out = Path(os.fsdecode(os.fsencode(tmp_path) + b"/out \xe9"))
    found = run(wanted, out, jobs=1)
    assert {o.name: (o.status, o.how) for o in found.values()} == {
        "a": ("ok", "computed"),
        "b": ("ok", "computed"),
        "c": ("ok", "copied"),
    }
    assert {o.how for o in run(wanted, out).values()} == {"kept"}
    for clip in wanted:
        source = runs.read_run(out / clip.name).record["source"]
        assert source == printable(clip.path)
        source.encode()


def test_a_changed_clip_or_option_recomputes_what_it_touches(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="ok")
    run(wanted, tmp_path / "out")
    (tmp_path / "in" / "b.clip").write_text("ok 0 changed")
    changed = run(wanted, tmp_path / "out")
    assert {o.name: o.how for o in changed.values()} == {"a": "kept", "b": "computed"}
    other = EstimateConfig(threads=1, backend="colmap-sift", video=VideoConfig(long_side=320))
    assert {o.how for o in run(wanted, tmp_path / "out", other).values()} == {"computed"}
    same = EstimateConfig(threads=2, backend="colmap-sift", video=VideoConfig(long_side=320))
    assert {o.how for o in run(wanted, tmp_path / "out", same, time_limit_s=99.0).values()} == {"kept"}
    record = runs.read_run(tmp_path / "out" / "a").record
    assert record["config"] == {"long_side": 320}


def test_equal_clips_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    wanted = clips(tmp_path / "in", a="ok 0.2 same", b="ok 0.2 same", c="ok 0.2 other", d="ok 0.2 same")
    found = run(wanted, tmp_path / "out", jobs=2)
    assert sorted(o.how for o in found.values()) == ["computed", "computed", "copied", "copied"]
    assert len((tmp_path / "log").read_text().splitlines()) == 2
    for name in "abd":
        done = runs.read_run(tmp_path / "out" / name)
        assert (done.record["name"], done.record["source"]) == (name, wanted["abcd".index(name)].path)
        origin = done.trajectories[""].provenance
        assert origin is not None
        assert origin.source == done.record["source"]
    paths = [runs.read_run(tmp_path / "out" / name).trajectories[""].world_from_cam for name in "abcd"]
    np.testing.assert_array_equal(paths[0], paths[1])
    assert not np.array_equal(paths[0], paths[2])
    moved = [Clip(path=wanted[0].path, name="elsewhere")]
    assert run(moved, tmp_path / "out")["elsewhere"].how == "copied"


def test_equal_clips_that_fail_are_told_by_their_own_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = clips(Path("in"), a="bad 0 same", b="bad 0 same", c="bad 0 same")
    for how in ({"computed", "copied"}, {"kept"}):
        found = run(wanted, tmp_path / "out", jobs=2)
        assert {o.how for o in found.values()} == how
        assert {o.reason for o in found.values()} == {f"in/{name}.clip: is no film" for name in "abc"}
        assert reasons(found.values()) == ["  3 x is no film (a, b, c)"]
        for name in "abc":
            record = runs.read_run(tmp_path / "out" / name).record
            assert [record["reason"], record["shots"][0]["reason"]] == [f"in/{name}.clip: is no film"] * 2
    elsewhere = [Clip(path=f"./in/{clip.name}.clip", name=clip.name) for clip in wanted]  # as of a list
    assert reasons(run(elsewhere, tmp_path / "out").values()) == ["  3 x is no film (a, b, c)"]


@pytest.mark.parametrize(
    ("order", "failure", "words"),
    [
        ("abort", "died", ("SIGABRT", "about to abort", "half the size", "the same again")),
        ("raise", "error", ("ZeroDivisionError at batch_fakes.py", "a defect in two lines")),
        ("hang", "time limit", ("2 s", "half the size")),
        ("eat", "memory", ("GiB used", "memory limit")),
        ("bad", "input", ("is no film",)),
    ],
)
def test_a_clip_that_fails_costs_one_clip_and_says_why(
    tmp_path: Path, order: str, failure: str, words: tuple[str, ...]
) -> None:
    wanted = clips(tmp_path / "in", a="ok", z=order, b="ok")
    limits: dict[str, Any] = (
        {"time_limit_s": 2.0} if order == "hang" else {"memory_limit_gib": 0.5} if order == "eat" else {}
    )
    found = run(wanted, tmp_path / "out", **limits)
    assert {o.name: o.status for o in found.values()} == {"a": "ok", "z": "failed", "b": "ok"}
    assert found["z"].failure == failure
    assert all(word in found["z"].reason for word in words), found["z"].reason
    assert "\n" not in found["z"].reason
    record = runs.read_run(tmp_path / "out" / "z").record
    assert (record["status"], record["reason"]) == ("failed", found["z"].reason)
    assert record["batch"]["failure"] == failure
    assert [p.name for p in (tmp_path / "out" / "z").iterdir()] == ["run.json"]
    attempts = [e["attempt"] for e in events(tmp_path / "out", "start") if e["name"] == "z"]
    assert attempts == ([1] if failure == "input" else [1, 2])
    again = run(wanted, tmp_path / "out", **limits)
    assert {o.how for o in again.values()} == {"kept"}  # a failure is a result too
    assert again["z"].reason == found["z"].reason


def test_a_killed_worker_leaves_nothing_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    found = run(clips(tmp_path / "in", z="hang"), tmp_path / "out", time_limit_s=0.5)
    assert found["z"].failure == "time limit"
    assert list(temporary.iterdir()) == []


def test_what_only_fails_at_the_full_size_is_done_at_half_of_it(tmp_path: Path) -> None:
    found = run(clips(tmp_path / "in", a="abort-once"), tmp_path / "out")
    assert found["a"].status == "ok"
    record = runs.read_run(tmp_path / "out" / "a").record
    assert record["batch"]["attempts"] == 2
    assert record["notes"] == ["smaller"]
    assert "SIGABRT" in events(tmp_path / "out", "lost")[0]["reason"]


def test_a_wider_limit_and_an_explicit_wish_try_failures_again(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", slow="ok 1.6 x", bad="bad")
    out = tmp_path / "out"
    assert run(wanted, out, time_limit_s=0.8)["slow"].failure == "time limit"
    assert {o.how for o in run(wanted, out, time_limit_s=0.8).values()} == {"kept"}
    wider = run(wanted, out, time_limit_s=60.0)
    assert (wider["slow"].status, wider["slow"].how) == ("ok", "computed")
    assert wider["bad"].how == "kept"
    retried = run(wanted, out, retry_failed=True)
    assert (retried["slow"].how, retried["bad"].how) == ("kept", "computed")


def test_a_clip_that_is_not_there_fails_and_is_found_once_it_is(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="ok")
    (tmp_path / "in" / "b.clip").rename(tmp_path / "b")
    found = run(wanted, tmp_path / "out")
    assert (found["a"].status, found["b"].status, found["b"].failure) == ("ok", "failed", "input")
    assert "no such file" in found["b"].reason
    (tmp_path / "b").rename(tmp_path / "in" / "b.clip")
    assert run(wanted, tmp_path / "out")["b"].status == "ok"


def test_a_clip_that_cannot_be_read_any_more_costs_no_run_from_before(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="ok")
    run(wanted, tmp_path / "out")
    before = content(tmp_path / "out")
    (tmp_path / "in").rename(tmp_path / "unmounted")
    found = run(wanted, tmp_path / "out")
    assert {(o.status, o.failure, o.how) for o in found.values()} == {("failed", "input", "spared")}
    assert "no such file" in found["a"].reason
    assert content(tmp_path / "out") == before
    (tmp_path / "unmounted").rename(tmp_path / "in")
    assert {o.how for o in run(wanted, tmp_path / "out").values()} == {"kept"}


def test_threads_are_shared_out_among_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose.system, "cores", lambda: 6)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    run(clips(tmp_path / "in", a="ok", b="ok"), tmp_path / "out", EstimateConfig(backend="colmap-sift"), jobs=2)
    assert {tuple(line.split()[1:3]) for line in (tmp_path / "log").read_text().splitlines()} == {("3", "3")}
    assert [choose.threads_of(None, BatchConfig(jobs=jobs)) for jobs in (1, 4, 9)] == [6, 1, 1]
    assert choose.threads_of(5, BatchConfig(jobs=2)) == 5
    assert [choose.threads_of(None, BatchConfig(engine="ray", cpus_per_clip=c)) for c in (0.5, 1.0, 4.0)] == [1, 1, 4]


def test_the_last_clips_take_the_cores_of_those_that_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose.system, "cores", lambda: 6)
    for config, log, expected in (
        (EstimateConfig(), "free", "3 3 3 6"),
        (EstimateConfig(threads=1), "asked", "1 1 1 1"),
        (EstimateConfig(backend="colmap-sift"), "pycolmap", "3 3 3 3"),  # whose answer hangs on their number
    ):
        monkeypatch.setenv("FAKE_LOG", str(tmp_path / log))
        run(clips(tmp_path / log[0], a="ok", b="ok", c="ok", d="ok"), tmp_path / f"out-{log}", config, jobs=2)
        lines = sorted((tmp_path / log).read_text().splitlines())
        assert [line.split()[1] for line in lines] == expected.split()
    assert [choose.threads_at_the_end(1, BatchConfig(jobs=64), behind) for behind in (63, 3, 0)] == [1, 1, 6]  # no more
    monkeypatch.setattr(choose.system, "cores", lambda: 16)
    few = BatchConfig(jobs=8)
    assert [choose.threads_at_the_end(2, few, behind) for behind in (20, 7, 3, 1, 0)] == [2, 2, 4, 8, 16]
    assert choose.threads_at_the_end(2, BatchConfig(engine="ray"), 0) == 2


def test_jobs_share_the_memory_of_a_gpu():
    assert [choose.gpu_share_of(BatchConfig(jobs=jobs), most=4) for jobs in (1, 2, 9)] == [1, 1 / 2, 1 / 4]
    ray = [BatchConfig(engine="ray", gpus_per_clip=gpus) for gpus in (0.0, 0.25, 2.0)]
    assert [choose.gpu_share_of(batch, most=100) for batch in ray] == [1, 0.25, 1]


SCRIPT = """
import sys
from pathlib import Path
from sfm.batch.inputs import Clip
from sfm.batch.runner import BatchConfig, run_batch
from sfm.pipeline import EstimateConfig
config = EstimateConfig(threads=1, backend="colmap-sift")
clips = [Clip(path=str(p), name=p.stem) for p in sorted(Path(sys.argv[1]).iterdir())]
try:
    run_batch(clips, sys.argv[2], config, BatchConfig(jobs=2, plot=False, work="batch_fakes:work"))
except KeyboardInterrupt:
    sys.exit(130)
"""


def in_background(folder: Path, out: Path) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder), str(out)], env=environment)


@pytest.mark.slow
def test_killed_at_ten_instants_and_resumed_is_as_if_never_killed(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", **{f"c{k:02d}": f"ok 0.05 {k}" for k in range(40)})
    wanted += clips(tmp_path / "in", x_bad="bad")
    run(wanted, tmp_path / "undisturbed", jobs=2)
    out = tmp_path / "out"
    rng = np.random.default_rng(3)
    kills = 0
    for _ in range(10):
        before = len(events(out, "done"))
        process = in_background(tmp_path / "in", out)
        until = before + int(rng.integers(1, 4))
        while len(events(out, "done")) < until and process.poll() is None:
            time.sleep(0.005)
        time.sleep(float(rng.uniform(0, 0.08)))
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert kills >= 8
    found = run(wanted, out, jobs=2)
    assert len(found) == 41
    assert content(out) == {
        name: data.replace(b"undisturbed", b"out") for name, data in content(tmp_path / "undisturbed").items()
    }
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    done: set[str] = set()
    for event in manifest.read_events(out)[0]:
        if event["event"] == "start":
            assert event["name"] not in done, "computed again after it was done"
        elif event["event"] == "done":
            assert event["name"] not in done
            done.add(event["name"])
    assert done == {clip.name for clip in wanted}
    assert len(events(out, "start")) <= len(wanted) + 2 * kills


def test_ctrl_c_stops_the_workers_and_the_same_call_goes_on(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="hang", c="ok")
    out = tmp_path / "out"
    process = in_background(tmp_path / "in", out)
    while not events(out, "done"):
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert events(out, "interrupted")
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    (tmp_path / "in" / "b.clip").write_text("ok 0 b")
    again = run(wanted, out)
    assert (again["a"].how, again["b"].how, again["c"].status) == ("kept", "computed", "ok")


def test_a_sigterm_to_all_processes_of_a_job_fails_no_clip(tmp_path: Path) -> None:
    gate, out = tmp_path / "gate", tmp_path / "out"
    gate.mkdir()
    clips(tmp_path / "in", a=f"gate {gate}")
    process = in_background(tmp_path / "in", out)
    while not (begun := list(gate.iterdir())):
        assert process.poll() is None
        time.sleep(0.02)
    os.kill(int(begun[0].name), signal.SIGTERM)
    time.sleep(0.5)  # as much later the one who keeps the books hears of it
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert [event["event"] for event in manifest.read_events(out)[0]] == ["batch", "start", "interrupted"]


def test_a_signal_while_a_worker_is_ended_leaves_nothing_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    one = lane.Lane(Setup(unit="batch_fakes:none", setting=None), memory_bytes=None)
    one.take({})
    assert one.descriptor >= 0
    close = os.close

    def close_and_hear(descriptor: int) -> None:
        close(descriptor)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lane.os, "close", close_and_hear)
        with pytest.raises(KeyboardInterrupt):
            one.stop()
    one.stop()
    assert one.descriptor == -1


def test_workers_end_with_a_killed_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    clips(tmp_path / "in", a="ok", b="hang")
    process = in_background(tmp_path / "in", tmp_path / "out")
    while not (tmp_path / "log").exists():
        assert process.poll() is None
        time.sleep(0.02)
    worker = int((tmp_path / "log").read_text().split()[3])
    process.kill()
    process.wait()
    until = time.monotonic() + 5
    while Path(f"/proc/{worker}").exists() and "Z" not in Path(f"/proc/{worker}/stat").read_text().split()[2]:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_what_a_kill_leaves_behind_is_put_right(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="ok", c="ok")
    out = tmp_path / "out"
    run(wanted, out)
    (out / "a").rename(out / ".a.old-0123abcd")  # killed while the run was being replaced
    (out / ".a.new-0123abcd").mkdir()
    (out / ".b.new-89abcdef").mkdir()
    (out / ".notes.new-89abcdef").mkdir()  # not ours
    (out / "c" / "trajectory.npz").write_bytes(b"")  # the disk lost it
    found = run(wanted, out)
    assert {o.name: o.how for o in found.values()} == {"a": "kept", "b": "kept", "c": "computed"}
    assert sorted(p.name for p in out.iterdir()) == [".notes.new-89abcdef", "a", "b", "c", "manifest.jsonl"]


def test_a_store_in_the_memory_of_this_process_is_refused_as_workers_cannot_reach_it(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="memory of one process, and others estimate the clips; give a folder"):
        run(clips(tmp_path / "in", a="ok"), "memory://runs")


def test_what_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="ok")
    (tmp_path / "out" / "b").mkdir(parents=True)
    (tmp_path / "out" / "b" / "thesis.tex").write_text("years of work")
    with pytest.raises(CinetrajError, match="is no run"):
        run(wanted, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["b"]


def test_the_run_of_another_clip_is_never_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(clips(tmp_path / "one", a="ok"), out)
    before = content(out)
    other = clips(tmp_path / "other", a="blank")
    with pytest.raises(CinetrajError, match=r"a is the run of another clip, .*one/a\.clip; have the runs written to"):
        run(other, out)
    assert content(out) == before
    moved = Clip(path=str(tmp_path / "moved.clip"), name="a")
    os.rename(tmp_path / "one" / "a.clip", moved.path)
    assert run([moved], out)["a"].how == "kept"  # the same bytes, wherever they lie
    clips(tmp_path / "one", a="blank")  # edited where it was
    assert run([Clip(path=str(tmp_path / "one" / "a.clip"), name="a")], out)["a"].how == "computed"


def test_a_worker_that_cannot_start_ends_the_batch(tmp_path: Path) -> None:
    with pytest.raises(CinetrajError, match="cannot start"):
        run(clips(tmp_path / "in", a="ok", b="ok"), tmp_path / "out", work="no_such_module:work")


@pytest.mark.parametrize(
    "options",
    [
        {"jobs": 0},
        {"time_limit_s": 0.0},
        {"memory_limit_gib": float("nan")},
        {"cpus_per_clip": 0.0},
        {"engine": "ray", "gpus_per_clip": -1.0},
        {"engine": "ray", "jobs": 2},
        {"engine": "local", "address": "10.0.0.1:6379"},
    ],
)
def test_senseless_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(CinetrajError, match="expected"):
        BatchConfig(**options)


def test_an_output_that_cannot_be_written_is_said_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = clips(tmp_path / "in", a="ok")
    with monkeypatch.context() as patch:
        patch.setattr(runs.os, "access", lambda *_: False)  # root may write anywhere
        with pytest.raises(CinetrajError, match="cannot be written"):
            run(wanted, tmp_path / "out")
    assert not (tmp_path / "out").exists()

    def full_disk(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(manifest.os, "open", full_disk)
    expected = pytest.raises(CinetrajError, match=r"manifest\.jsonl cannot be written \(Read-only file system\)")
    with expected, manifest.open_manifest(tmp_path / "out"):
        pass


class Losing:
    """An engine whose machines are lost so often for each clip; then it has its run, or had written it already."""

    def __init__(self, setup: Setup, losses: dict[str, int], *, wrote: bool) -> None:
        self.setup, self.losses, self.wrote, self.jobs = setup, losses, wrote, list[tuple[str, Any]]()
        self.memory_bytes, self.room, self.handed = 2**30, 1, list[Any]()

    def take(self, name: str, job: Any) -> None:
        self.jobs.append((name, job))
        self.handed.append(job)
        self.room = 0

    def answers(self) -> list[tuple[str, Answer]]:
        self.room = 1
        found: list[tuple[str, Answer]] = []
        while self.jobs:
            name, job = self.jobs.pop()
            self.losses[name] = self.losses.get(name, 0) - 1
            if self.losses[name] < 0 or self.wrote:
                values = work.estimate_run(job, self.setup.setting)
            lost = self.losses[name] >= 0
            found.append((name, Answer(failure="node", problem="gone") if lost else Answer(values=values)))
        return found

    def stop(self) -> None: ...


@pytest.mark.parametrize("wrote", [False, True])
def test_a_clip_whose_machine_is_lost_is_begun_anew_and_found_where_it_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrote: bool
) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="ok", c="ok")
    made: list[Losing] = []

    def engine(batch: BatchConfig, setup: Setup, *, most: int) -> Losing:
        made.append(Losing(setup, {"a": 1, "b": LOST_NODES + 1}, wrote=wrote))
        return made[0]

    with monkeypatch.context() as patch:
        patch.setattr(runner, "engine_of", engine)
        found = run(wanted, tmp_path / "out")
    assert [(o.status, o.failure, o.retried) for o in found.values()] == [
        ("ok", "", 1),
        ("failed", "node", LOST_NODES),
        ("ok", "", 0),
    ]
    assert found["b"].reason == "gone"
    assert [job["name"] for job in made[0].handed if job.get("again")] == ["a", *["b"] * LOST_NODES]
    assert [e["name"] for e in events(tmp_path / "out", "lost")] == ["a", *["b"] * LOST_NODES]
    adopted = [e["name"] for e in events(tmp_path / "out", "done") if e.get("adopted")]
    assert adopted == (["a"] if wrote else [])
    again = run(wanted, tmp_path / "out")  # what a lost machine has cost is tried again by the next call
    assert {o.name: (o.status, o.how) for o in again.values()} == {
        "a": ("ok", "kept"),
        "b": ("ok", "computed"),
        "c": ("ok", "kept"),
    }


def test_a_full_disk_ends_the_batch_with_one_line_and_the_same_call_goes_on(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="full", c="ok")
    expected = r"out cannot be written \(No space left on device\); put that right, then give the same command"
    with pytest.raises(CinetrajError, match=expected):
        run(wanted, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "manifest.jsonl"]
    (tmp_path / "in" / "b.clip").write_text("ok 0 b")
    again = run(wanted, tmp_path / "out")
    assert {o.name: (o.status, o.how) for o in again.values()} == {
        "a": ("ok", "kept"),
        "b": ("ok", "computed"),
        "c": ("ok", "computed"),
    }

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch, manifest.open_manifest(tmp_path / "log") as log:
        patch.setattr(manifest.os, "write", full)
        with pytest.raises(CinetrajError, match=r"manifest\.jsonl cannot be written \(No space left on device\)"):
            log.append("start", name="a")


def test_each_clip_has_the_mask_of_its_name_and_a_changed_one_computes_it_anew(tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="ok", c="ok")
    (tmp_path / "masks").mkdir()
    for name in "ab":
        (tmp_path / "masks" / f"{name}.mp4").write_bytes(name.encode())
    config = EstimateConfig(threads=1, backend="colmap-sift", mask=str(tmp_path / "masks"))
    first = run(wanted, tmp_path / "out", config)
    assert {name: one.status for name, one in first.items()} == {"a": "ok", "b": "ok", "c": "failed"}
    assert "holds no mask of c" in first["c"].reason
    (tmp_path / "masks" / "a.mp4").write_bytes(b"changed")
    assert {name: one.how for name, one in run(wanted[:2], tmp_path / "out", config).items()} == {
        "a": "computed",
        "b": "kept",
    }
    one = EstimateConfig(threads=1, backend="colmap-sift", mask=str(tmp_path / "masks" / "a.mp4"))
    with pytest.raises(CinetrajError, match="is the mask of one clip"):
        run(wanted, tmp_path / "elsewhere", one)


@pytest.mark.parametrize(("prior", "said"), [("maps.npz", "depths of one clip"), ("none/maps", "no such file or fold")])
def test_a_depth_prior_that_fits_no_clip_is_said_before_any_run_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prior: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "maps.npz").write_bytes(b"maps")
    (tmp_path / "none").mkdir()
    config = EstimateConfig(threads=1, backend=DenseConfig(depth_prior=prior))
    with pytest.raises(CinetrajError, match=said):
        run(clips(tmp_path / "in", a="ok", b="ok"), tmp_path / "out", config)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "address", ["nowhere.invalid:1", "127.0.0.1:1", "ray://127.0.0.1:1", "nowhere", "[::1]:1", "h:x"]
)
def test_where_no_cluster_answers_it_is_said_at_once_and_nothing_is_written(tmp_path: Path, address: str) -> None:
    pytest.importorskip("ray", reason="no cluster without Ray: pip install 'cinetraj[ray]'")
    wanted, began = clips(tmp_path / "in", a="ok"), time.monotonic()
    with pytest.raises(CinetrajError, match=r"no Ray cluster answers at .*; start one with `ray start --head`"):
        run(wanted, tmp_path / "out", engine="ray", address=address)
    assert time.monotonic() - began < 15
    assert not (tmp_path / "out").exists()


def test_only_hosts_are_knocked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    from sfm.batch.engines import ray

    asked: list[tuple[str, int]] = []

    def connected(place: tuple[str, int], timeout: float) -> io.BytesIO:
        asked.append(place)
        return io.BytesIO()

    monkeypatch.setattr(ray.socket, "create_connection", connected)
    for address in ("auto", "local", "provider://cluster", "head:6379", "ray://head:10001/space"):
        ray._knock(address)
    assert asked == [("head", 6379), ("head", 10001)]
