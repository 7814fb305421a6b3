"""Many clips on a cluster of three nodes on this machine: what kills cost, and what Ray costs beside --jobs.

    python benchmarks/cluster.py [--clips 200] [--frames 12] [--rounds 2] [--folder DIR] [--skip-speed]

Renders clips of 160 x 120 (kept in DIR) and estimates them with `--jobs 2`. Then on a Ray cluster (a head without CPUs,
two nodes with one each, so as many clips at a time): a node is killed at a quarter of the clips and another joins,
and the driver is killed at half of them; the same call goes on. Compares the results byte by byte, counts what was
computed, kept and begun anew, then times both engines undisturbed in turns. Prints a table; exit code 1 where a promise
is broken.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import render

from sfm.batch import manifest
from sfm.synthetic import ClipSpec

NODE: dict[str, Any] = {"object_store_memory": 80 * 2**20}
OVERHEAD = 0.10
MOVES = (
    {"pan_deg": 6.0},
    {"tilt_deg": -4.0},
    {"roll_deg": 8.0},
    {"dolly": 0.2},
    {"pan_deg": -9.0, "tilt_deg": 3.0},
)


def render_one(task: tuple[int, Path, int]) -> None:
    number, path, frames = task
    move = MOVES[number % len(MOVES)]
    spec = ClipSpec(scene="room", seed=number, move=move, frames=frames, image_hw=(120, 160), focal_px=140.0)
    render.written(spec, path)


def rendered(folder: Path, count: int, frames: int) -> Path:
    videos = folder / f"cluster-{count}-{frames}"
    videos.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(render_one, [(k, videos / f"clip{k:04d}.mp4", frames) for k in range(count)]))
    return videos


def command(videos: Path, out: Path, *engine: str) -> list[str]:
    """The command of a user; limits are told in run.json, so they are the same for both engines."""
    fixed = ["--threads", "1", "--clip-memory-limit", "4", "--json"]
    return [sys.executable, "-m", "compare.cli.entry", "estimate", str(videos), "--out", str(out), *fixed, *engine]


def run(*words: str) -> float:
    begin = time.monotonic()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=False)
    return time.monotonic() - begin


def events(out: Path) -> list[dict[str, Any]]:
    return manifest.read_events(out)[0]


def done(out: Path) -> int:
    return sum(event["event"] == "done" for event in events(out))


def content(out: Path) -> dict[str, bytes]:
    """The files of all runs; run.json without timings."""
    found: dict[str, bytes] = {}
    for path in sorted(out.rglob("*")):
        if not path.is_file() or path.name == manifest.MANIFEST_FILE:
            continue
        data = path.read_bytes()
        if path.name == "run.json":
            record = json.loads(data)
            shots = [{k: v for k, v in shot.items() if k != "seconds"} for shot in record["shots"]]
            data = json.dumps({**record, "seconds": {}, "shots": shots}).encode()
        found[str(path.relative_to(out))] = data
    return found


class Nodes:
    """A cluster of this machine."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self.cluster: Any = Cluster(initialize_head=True, head_node_args={**NODE, "num_cpus": 0})
        self.nodes = [self.cluster.add_node(**NODE, num_cpus=1, wait=True) for _ in range(2)]

    def engine(self) -> tuple[str, ...]:
        return "--engine", "ray", "--address", self.cluster.address

    def lose_one(self) -> None:
        self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)
        self.nodes.append(self.cluster.add_node(**NODE, num_cpus=1, wait=False))

    def stop(self) -> None:
        self.cluster.shutdown()


def disturbed(nodes: Nodes, videos: Path, out: Path, count: int) -> dict[str, Any]:
    """The batch with a node and the driver killed on the way."""
    begin = time.monotonic()
    driver = subprocess.Popen(command(videos, out, *nodes.engine()), stdout=subprocess.DEVNULL)
    _until(lambda: done(out) >= count // 4, driver)
    time.sleep(1.0)  # a clip is at work on every node
    nodes.lose_one()
    _until(lambda: done(out) >= count // 2, driver)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    at_kill = done(out)
    run(*command(videos, out, *nodes.engine()))
    seconds = time.monotonic() - begin
    found = events(out)
    names = Counter(event["name"] for event in found if event["event"] == "done")
    last = max(k for k, event in enumerate(found) if event["event"] == "batch")
    return {
        "seconds": round(seconds, 1),
        "done when the driver was killed": at_kill,
        "computed": sum(event["event"] == "done" and not event.get("adopted") for event in found),
        "adopted (run written, not logged)": sum(bool(event.get("adopted")) for event in found),
        "kept by the second call": sum(event["event"] == "kept" for event in found[last:]),
        "begun anew after a lost node": sum(event["event"] == "lost" for event in found),
        "begun in all": sum(event["event"] == "start" for event in found),
        "done twice": sum(number > 1 for number in names.values()),
        "lost": count - len(names),
    }


def _until(condition: Any, driver: "subprocess.Popen[bytes]") -> None:
    while not condition():
        assert driver.poll() is None, "the driver ended too early"
        time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "cinetraj-cluster")
    parser.add_argument("--skip-speed", action="store_true")
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).resolve().parents[1]), *filter(None, sys.path)])
    videos = rendered(given.folder, given.clips, given.frames)
    runs = given.folder / "runs"
    shutil.rmtree(runs, ignore_errors=True)
    local = [run(*command(videos, runs / "local", "--jobs", "2"))]
    nodes = Nodes()
    cluster: list[float] = []
    try:
        told = disturbed(nodes, videos, runs / "killed", given.clips)
        for turn in range(0 if given.skip_speed else given.rounds):
            cluster.append(run(*command(videos, runs / f"ray-{turn}", *nodes.engine())))
            local.append(run(*command(videos, runs / f"local-{turn}", "--jobs", "2")))
            print(f"turn {turn}: ray {cluster[-1]:.1f} s, --jobs 2 {local[-1]:.1f} s", flush=True)
    finally:
        nodes.stop()
    expected, found = content(runs / "local"), content(runs / "killed")
    different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    told |= {"files": len(expected), "files that differ": len(different), "which": different[:5]}
    told |= {"seconds --jobs 2": [round(s, 1) for s in local], "seconds ray": [round(s, 1) for s in cluster]}
    if cluster:
        told["overhead"] = round(min(cluster) / min(local[1:]) - 1, 3)
    print(json.dumps(told, indent=2))
    whole = not different and not told["lost"] and not told["done twice"] and told["begun anew after a lost node"]
    return 0 if whole and told.get("overhead", 0.0) <= OVERHEAD else 1


if __name__ == "__main__":
    sys.exit(main())
