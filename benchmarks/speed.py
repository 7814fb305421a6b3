"""Where the time goes: by stage, length, device and number of jobs, beside pycolmap's two mappers in the same run.

    python benchmarks/speed.py [--clips 20] [--frames 60,120,300] [--beside colmap-sift,glomap] [--device cpu]
                               [--threads 1] [--jobs 1,2] [--videos FOLDER] [--cache DIR] [--out speed.json]

The clips are the twenty of manifest.json that stand beside COLMAP, and those of FOLDER besides (videos, and folders as
`real_clips.py` takes them); each is read from its file and estimated once, after a first clip that warms the process
up. Clips that went on to the dense backend have a row of their own. Seconds are for 60 frames at 640 pixels: longer and
larger clips count in proportion to their frames.
--frames plays one clip to and fro until it has so many; --jobs runs `cinetraj estimate` over all the clips, each job
with --threads of its own. --out keeps every figure with versions and machine, so that later runs can be compared.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import manifest
import numpy as np
import render
import worker
from real_clips import source_of

from sfm.processes.allocation import keep_freed_memory

FRAMES = 60


def timed(video: Path, backend: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """One clip, from its file to its trajectory."""
    import sfm

    config = sfm.EstimateConfig(
        backend=worker.backend_of(backend),
        split_shots=backend == "auto",
        device=arguments.device,
        threads=arguments.threads,
    )
    begin = time.perf_counter()
    found = sfm.estimate(video, config)
    wall_s = time.perf_counter() - begin
    frames = sum(shot.stop - shot.start for shot in found.shots)
    stages = {name: value for name, value in found.to_json()["seconds"].items() if name != "total"}
    return {
        "clip": video.parent.name if video.stem in ("clip", "video", "frames") else video.name,
        "backend": backend,
        "frames": frames,
        "wall_s": wall_s,
        "status": found.status,
        "dense": any(name.startswith("dense_") for name in stages),
        "stages": stages,
    }


def videos_of(arguments: argparse.Namespace) -> list[Path]:
    entries = manifest.load(which="colmap", limit=arguments.clips)
    found = [render.cached(entry, arguments.cache).video for entry in entries]
    if arguments.videos:
        beside = sorted(Path(arguments.videos).iterdir())
        found += [path for path in beside if path.suffix in (".mp4", ".mov", ".gif")]
        found += [source for path in beside if path.is_dir() and (source := source_of(path)) is not None]
    return found


def per_sixty(row: dict[str, Any]) -> float:
    return row["wall_s"] * FRAMES / row["frames"]


def line(name: str, values: list[float]) -> str:
    if not values:
        return f"  {name:34s} none"
    median, late = np.quantile(values, [0.5, 0.95])
    return f"  {name:34s} {len(values):4d} clips, median {median:6.2f} s, 95 % below {late:6.2f} s"


def of_clips(videos: list[Path], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Our estimator and those beside it on the same clips, one after the other."""
    keep_freed_memory()  # as the command and its workers do
    for backend in ("auto", "dense"):  # imports, machine code, weights
        timed(videos[0], backend, arguments)
    rows: list[dict[str, Any]] = []
    for video in videos:
        for backend in ["auto", *arguments.beside]:
            try:
                rows.append(timed(video, backend, arguments))
                print(
                    f"  {rows[-1]['clip']:40s} {backend:12s} {rows[-1]['status']:10s} {rows[-1]['wall_s']:8.2f} s",
                    flush=True,
                )
            except Exception as problem:  # a clip that one of them cannot read is a row that says so
                print(f"  {video}: {backend}: {problem}", file=sys.stderr)
    ours = [row for row in rows if row["backend"] == "auto"]
    print(f"60 frames, file to trajectory, {arguments.threads} thread(s), {arguments.device}")
    print(line("auto, by tracks alone", [per_sixty(row) for row in ours if not row["dense"]]))
    print(line("auto, where dense was asked", [per_sixty(row) for row in ours if row["dense"]]))
    good = {row["clip"]: row["wall_s"] for row in ours if row["status"] in ("ok", "partial")}
    for backend in arguments.beside:
        theirs = [row for row in rows if row["backend"] == backend]
        both = [row for row in theirs if row["status"] in ("ok", "partial") and row["clip"] in good]
        print(line(backend, [per_sixty(row) for row in theirs]))
        if both:
            ratio = np.median([row["wall_s"] / good[row["clip"]] for row in both])
            print(f"  {'':34s} takes {ratio:.1f} times as long where both succeed ({len(both)} clips)")
    print("By stage, mean seconds of the clips by tracks alone")
    alone = [row for row in ours if not row["dense"]]
    for stage in sorted({name for row in alone for name in row["stages"]}):
        print(f"  {stage:34s} {np.mean([row['stages'].get(stage, 0.0) for row in alone]):6.3f}")
    return rows


def of_lengths(videos: list[Path], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """One clip to and fro, and the exponent of the seconds over the frames."""
    from sfm.synthetic import encode
    from sfm.video import load

    rgb = load(videos[0]).rgb
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for count in arguments.frames:
            longer = Path(folder) / f"{count}.mp4"
            encode(rgb[render.to_and_fro(len(rgb), count)], longer, fps=24.0)
            rows.append(timed(longer, "auto", arguments))
            print(f"  {count:6d} frames {rows[-1]['wall_s']:8.2f} s")
    if len(rows) > 1:
        logs = np.log([[row["frames"], row["wall_s"]] for row in rows])
        print(f"  seconds grow with frames to the power of {np.polyfit(logs[:, 0], logs[:, 1], 1)[0]:.2f}")
    return rows


def of_jobs(videos: list[Path], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The command over a folder of all clips."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "videos"
        place.mkdir()
        for number, video in enumerate(videos):
            copy = shutil.copytree if video.is_dir() else shutil.copy
            copy(video, place / f"{number:03d}{video.suffix}")
        for jobs in arguments.jobs:
            command = [
                sys.executable,
                "-m",
                "compare.cli.entry",
                "estimate",
                str(place),
                "--no-plot",
                "--jobs",
                str(jobs),
            ]
            command += ["--out", str(Path(folder) / f"runs-{jobs}"), "--device", arguments.device]
            command += ["--threads", str(arguments.threads)]
            begin = time.perf_counter()
            subprocess.run(command, check=False, capture_output=True)
            rows.append({"jobs": jobs, "wall_s": time.perf_counter() - begin, "clips": len(videos)})
            times = rows[0]["wall_s"] / rows[-1]["wall_s"]
            print(f"  {jobs:3d} jobs {rows[-1]['wall_s']:8.2f} s, {times:.2f} times as fast as the first")
    return rows


def main() -> None:
    def numbers(text: str) -> list[int]:
        return [int(each) for each in text.split(",") if each]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--frames", type=numbers, default=[])
    parser.add_argument("--beside", type=lambda text: [each for each in text.split(",") if each], default=[])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--jobs", type=numbers, default=[])
    parser.add_argument("--videos")
    parser.add_argument("--cache", type=Path, default=render.CACHE)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    videos = videos_of(arguments)
    result = {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "python": platform.python_version(),
        "device": arguments.device,
        "threads": arguments.threads,
        "clips": of_clips(videos, arguments),
        "lengths": of_lengths(videos, arguments) if arguments.frames else [],
        "jobs": of_jobs(videos, arguments) if arguments.jobs else [],
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
