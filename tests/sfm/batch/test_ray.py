"""The engine of a cluster, on a real one of three nodes: what one machine gives, whatever is lost on the way."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from small_batches import clips, run

from sfm import synthetic
from sfm.batch import manifest
from sfm.batch.engines.port import Setup
from sfm.batch.inputs import Clip
from sfm.batch.progress import progress_of
from sfm.config import BatchConfig, EstimateConfig
from trajectory.errors import CinetrajError

SMALL: dict[str, Any] = {"object_store_memory": 80 * 2**20, "num_cpus": 1}
LIMIT: dict[str, Any] = {"memory_limit_gib": 4.0}
"""The same on any engine; it is told in run.json."""
SCRIPT = """
import sys
from small_batches import clips, run
from pathlib import Path
from sfm.batch.inputs import Clip
wanted = [Clip(path=str(p), name=p.stem) for p in sorted(Path(sys.argv[1]).iterdir())]
run(wanted, sys.argv[2], engine="ray", address=sys.argv[3], memory_limit_gib=4.0)
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Generator[Any]:
    pytest.importorskip("ray", reason="no cluster without Ray: pip install 'cinetraj[ray]'")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))  # nodes find our fakes
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made: Any = Cluster(initialize_head=True, head_node_args={**SMALL, "include_dashboard": False})
        for _ in range(2):
            made.add_node(**SMALL, wait=False)
        made.wait_for_nodes()
        yield made
        made.shutdown()


def content(out: Path) -> dict[str, bytes]:
    """All that was computed; run.json without its timings and without the folder it lies in."""
    found: dict[str, bytes] = {}
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.name != manifest.MANIFEST_FILE:
            data = path.read_bytes()
            if path.name == "run.json":
                record = json.loads(data)
                shots = [{k: v for k, v in shot.items() if k != "seconds"} for shot in record["shots"]]
                data = json.dumps({**record, "seconds": {}, "shots": shots}).encode()
            found[str(path.relative_to(out))] = data
    return found


def done(out: Path) -> list[dict[str, Any]]:
    return [event for event in manifest.read_events(out)[0] if event["event"] == "done"]


def failures(out: Path) -> set[str]:
    """Why units of work came back without an answer."""
    return {event["failure"] for event in manifest.read_events(out)[0] if event["event"] == "lost"}


def workers_of(node: Any) -> set[str]:
    """The processes that a node has started, by number."""
    import psutil

    found: set[str] = set()
    for each in node.all_processes["raylet"]:
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {str(child.pid) for child in psutil.Process(each.process.pid).children(recursive=True)}
    return found


def test_a_cluster_gives_what_one_machine_gives_and_computes_nothing_twice(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a script there that is named as one of our modules is not run
    Path("sfm.py").write_text("import bpy")
    wanted = clips(tmp_path / "in", a="ok", b="ok 0 same", c="bad", d="abort", e="blank", f="hang", g="ok 0 same")
    limits = {**LIMIT, "time_limit_s": 1.5}
    here = run(wanted, tmp_path / "here", jobs=2, **limits)
    there = run(wanted, tmp_path / "there", engine="ray", address=cluster.address, **limits)
    assert content(tmp_path / "there") == content(tmp_path / "here")
    verdicts = [{o.name: (o.status, o.reason, o.failure, o.how) for o in found.values()} for found in (here, there)]
    assert verdicts[0] == verdicts[1]
    assert there["f"].failure == "time limit"
    again = run(wanted, tmp_path / "there", engine="ray", address=cluster.address, **limits)
    assert {o.how for o in again.values()} == {"kept"}
    back = run(wanted, tmp_path / "there", **limits)  # one machine goes on where the cluster stopped
    assert {o.how for o in back.values()} == {"kept"}


def test_estimates_of_rendered_clips_are_the_same_to_the_byte(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # nodes know where a relative path begins
    Path("in").mkdir()
    wanted: list[Clip] = []
    for name, move in (("pan", {"pan_deg": 6.0}), ("dolly", {"dolly": 0.2})):
        spec = synthetic.ClipSpec(scene="room", seed=3, move=move, frames=8, image_hw=(90, 120), focal_px=110.0)
        path = Path("in", f"{name}.mp4")
        synthetic.write_video(synthetic.render(spec), path)
        wanted.append(Clip(path=str(path), name=name))
    config = EstimateConfig(threads=1)
    options: dict[str, Any] = {**LIMIT, "work": BatchConfig().work}
    run(wanted, tmp_path / "here", config, **options)
    run(wanted, tmp_path / "there", config, engine="ray", address=cluster.address, **options)
    found = content(tmp_path / "there")
    assert "pan/trajectory.npz" in found
    assert found == content(tmp_path / "here")


def test_with_a_node_and_the_driver_killed_nothing_is_lost_nor_done_twice(cluster: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.mkdir()
    (gate / "open").touch()
    wanted = clips(tmp_path / "in", **{f"c{k:02d}": f"gate {gate} {k}" for k in range(16)})
    run(wanted, tmp_path / "here", jobs=2, **LIMIT)
    for path in gate.iterdir():
        path.unlink()
    out = tmp_path / "there"
    lost = cluster.add_node(**SMALL, wait=True)
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / "in"), str(out), cluster.address])
    wait_for(lambda: any(path.name in workers_of(lost) for path in gate.iterdir()))  # it is in the middle of a clip
    cluster.remove_node(lost, allow_graceful=False)
    wait_for(lambda: failures(out) == {"node"})
    (gate / "open").touch()
    wait_for(lambda: len(done(out)) >= 3)
    assert progress_of(out).running
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(done(out)) < len(wanted)
    found = run(wanted, out, engine="ray", address=cluster.address, **LIMIT)
    assert {o.status for o in found.values()} == {"ok"}
    assert content(out) == content(tmp_path / "here")
    assert sorted(each["name"] for each in done(out)) == [clip.name for clip in wanted]  # each once
    kept = [o for o in found.values() if o.how == "kept"]
    assert len(kept) >= 3
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_what_a_cluster_cannot_do_is_one_line(cluster: Any, tmp_path: Path) -> None:
    wanted = clips(tmp_path / "in", a="ok", b="full")
    out, at = tmp_path / "out", {"engine": "ray", "address": cluster.address}
    with pytest.raises(CinetrajError, match=r"no node of the cluster has 64 CPUs .* the most of a node are 1 CPUs"):
        run(wanted, out, **at, cpus_per_clip=64.0)
    with pytest.raises(CinetrajError, match=r"no node of the cluster has 1 CPUs and 0\.5 GPUs"):
        run(wanted, out, **at, gpus_per_clip=0.5)
    with pytest.raises(CinetrajError, match=r"cannot start .*no_such_module"):
        run(wanted, out, **at, work="no_such_module:work")
    with pytest.raises(CinetrajError, match=r"cannot be written \(No space left on device\)"):
        run(wanted, out, **at)
    (tmp_path / "in" / "b.clip").write_text("ok 0 b")
    assert {o.status for o in run(wanted, out, **at).values()} == {"ok"}


def test_a_cluster_that_was_left_is_not_asked_for_room(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sfm.batch.engines import ray

    setup = Setup(unit="small_batches:work", setting=None)
    engine = ray.RayEngine(setup, address=cluster.address, cpus=1.0, gpus=0.0)
    assert engine.room > 0
    engine.stop()
    monkeypatch.setattr(ray, "LOOK_S", 0.0)
    assert engine.room == 0


def wait_for(condition: Any, limit_s: float = 180.0) -> None:
    until = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
